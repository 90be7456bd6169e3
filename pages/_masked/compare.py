"""Compare models: the same gap, two checkpoints or two precisions."""

from dataclasses import replace

import streamlit as st

from bert_core import ModelChoice, Tokens, compare
from bert_core.views import tables
from bert_core.views.snippets import call_snippet, model_line, tokens_line
from pages._shared.answers import kept
from pages._shared.models import encoder, encoder_with_progress
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.sidebar import devices
from pages._shared.tables import show
from pages._shared.toolbar import exports


def panel(choice: ModelChoice, tokens: Tokens, mask: int) -> None:
    """A second model, and both answers side by side."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    name = left.text_input("Second model", key="mw_other", persist_state="session",
                           help="embedded, a hub id, or a model folder.")  # fmt: skip
    native = any(device.fast for device in devices() if device.name == choice.device)
    fast = right.toggle("Fast precision", key="mw_other_fast", persist_state="session",
                        disabled=not native) and native  # fmt: skip
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
        cut = tokens_line(tokens.text, tokens.pair, st.session_state["mw_masked"])
        call = f"bert_core.compare(encoder, other, tokens, mask={mask})"
        exports(result, "two-models",
                call_snippet(choice, call, model_line("other", other), cut))  # fmt: skip
