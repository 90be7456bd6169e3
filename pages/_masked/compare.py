"""Compare models: the same gap, two checkpoints or two precisions."""

from dataclasses import replace

import streamlit as st

from bert_core import ModelChoice, Tokens, compare
from bert_core.views import tables
from pages._shared.answers import kept
from pages._shared.models import encoder, encoder_with_progress
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.tables import show


def panel(choice: ModelChoice, tokens: Tokens, mask: int) -> None:
    """A second model, and both answers side by side."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    name = left.text_input("Second model", key="mw_other", persist_state="session",
                           help="embedded, a hub id, or a model folder.")  # fmt: skip
    fast = right.toggle("Fast precision", key="mw_other_fast", persist_state="session")
    with shown_errors():
        other = replace(choice, source=name.strip() or "embedded", revision=None,
                        precision="fast" if fast else "exact")  # fmt: skip
        result = kept(
            ("compare", choice, other, tokens, mask),
            lambda: compare(encoder(choice), encoder_with_progress(other), tokens, mask=mask),
        )
        show(tables.comparison(result), key="mw_comparison")
        st.caption("Bars: blue to the right where B gives more, orange to the left where A does.")
        show_notes(result.notes)
