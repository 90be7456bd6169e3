"""A core table of bars on the page."""

import time

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
