"""Core tables on the page: of bars, and of numbers that can be sorted."""

import time
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from bert_core.views.tables import BarTable
from pages._shared.components import bars


def show(table: BarTable, *, key: str) -> None:
    """Draw one table."""
    bars(
        table.rows,
        key=key,
        columns=table.columns,
        caption=table.caption,
        badge=table.badge,
        scale=table.scale,
        slim=table.slim,
    )


def sheet(rows: Sequence[Mapping[str, object]], written: Mapping[str, Callable[[float], str]], *,
          key: str, pinned: Sequence[str], height: int | None = None,
          on_pick: Callable[[int], None] | None = None) -> None:  # fmt: skip
    """Draw rows whose numbers are read in words of ours, and sorted by their exact values.

    Args:
        rows: at least one; all have the same names of columns.
        written: how a number of a column is written.
        key: of the table.
        pinned: columns that stay where they are when the others scroll sideways.
        height: in pixels; None: that of all rows, ten at most.
        on_pick: gets the number of the row in which a cell is clicked.
    """
    from pandas import DataFrame  # the server answers before it is in memory

    def clicked() -> None:
        cells = st.session_state[key]["selection"]["cells"]
        if cells and on_pick:
            on_pick(cells[0][0])

    styled = DataFrame(list(rows)).style.format(dict(written), na_rep="–")
    columns = {name: st.column_config.Column(pinned=True) for name in pinned}
    st.dataframe(styled, key=key, column_config=columns, hide_index=True, placeholder="–",
                 height=height or "auto", selection_mode="single-cell",
                 on_select=clicked if on_pick else "ignore")  # fmt: skip


class ProgressBar:
    """A bar with a count: called with (done, total) while a core function works."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._slot = st.empty()
        self._begun: tuple[int, float] | None = None

    def __call__(self, done: int, total: int) -> None:
        """Show how far it is. A visitor's click on anything stops the work here."""
        # Work that goes on where it was stopped begins with what was done before.
        first, since = self._begun = self._begun or (done, time.monotonic())
        if done < total:
            text = f"{self._what}: {done:,} of {total:,}"
            if done > first:
                left = (time.monotonic() - since) / (done - first) * (total - done)
                text += f", about {left:.0f} s left"
            self._slot.progress(done / total, text=text)
        else:
            self._slot.empty()
