"""Why this answer: the windows, the pieces of one, and what was rejected by which rule."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.reasons import IN_THE_TEXT
from bert_core.analysis.window_pieces import window_pieces
from bert_core.analysis.windows import Inspection, inspect
from bert_core.views import windows as views
from bert_core.views.snippets import inspect_snippet
from pages._shared.components import bars
from pages._shared.sentences import escaped, show_notes
from pages._shared.tables import show
from pages._shared.toolbar import exports
from pages._squad import state
from pages._squad.reading import Reading

AT_ONCE = 25  # windows in the table
REJECTED = 12  # spans below it


def panel(choice: ModelChoice, reading: Reading) -> None:
    """The window inspector."""
    chosen = state.window(len(reading.trace.features.windows))
    found = inspect(reading.trace, reading.settings, decoder=reading.decoder, window=chosen,
                    rules=IN_THE_TEXT, most=REJECTED)  # fmt: skip
    st.caption(escaped(views.summary(found)))
    show_notes(found.notes)
    best = reading.result.best
    _windows(found, chosen, best.window if best else 0)
    if found.pairs:
        show(views.rejected(found), key="qa_rejected")
        st.caption("Spans of the text only; those that begin at [CLS] or in the question are "
                   "counted below.")  # fmt: skip
        show(views.rules(found), key="qa_rules")
    if chosen is not None:
        show(views.pieces(window_pieces(reading.trace, chosen), chosen), key="qa_pieces")
    result = reading.result
    exports(found, "windows", inspect_snippet(
        choice, result.question, state.short(result.context), reading.settings, reading.decoder,
        state.layout(), chosen, REJECTED))  # fmt: skip


def _windows(found: Inspection, chosen: int | None, answered: int) -> None:
    """All windows, those around the answer first; a click looks into one, a second into all."""
    first, count = 0, len(found.windows)
    if count > AT_ONCE:
        pages, usual = (count - 1) // AT_ONCE + 1, answered // AT_ONCE + 1
        first = AT_ONCE * (st.number_input(f"Windows, page 1 to {pages:,}", 1, pages, usual) - 1)
    table = views.windows(found, first=first, most=AT_ONCE)
    picked = None if chosen is None or not 0 <= chosen - first < AT_ONCE else chosen - first

    def look(row: int) -> None:
        st.session_state["qa_window"] = None if picked == row else first + row

    bars(table.rows, key="qa_windows", columns=table.columns, caption=table.caption,
         badge=table.badge, scale=table.scale, selected=picked, clickable=True,
         on_select=look)  # fmt: skip
    st.caption("A click on a window shows its pieces and its rejected spans, and marks it in the "
               "document.")  # fmt: skip
