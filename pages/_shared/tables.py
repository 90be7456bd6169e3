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
        self._begun = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Show how far it is. A visitor's click on anything stops the work here."""
        if done < total:
            left = (time.monotonic() - self._begun) / done * (total - done)
            text = f"{self._what}: {done:,} of {total:,}, about {left:.0f} s left"
            self._slot.progress(done / total, text=text)
        else:
            self._slot.empty()
