"""Inputs of the masked-word page: examples, sentences, options, chips."""

import streamlit as st

from bert_core import ModelChoice, Tokens
from bert_core.views.tables import token_chips
from pages._masked import state
from pages._shared.components import chips
from pages._shared.models import encoder

LONG, LONG_HEIGHT = 120, 280  # chips, and the pixels that more of them scroll in


def ask() -> None:
    """Examples and the two sentences."""
    st.session_state["mw_example"] = state.open_example()
    st.pills("Examples", list(state.EXAMPLES), key="mw_example", on_change=state.take_example,
             label_visibility="collapsed")  # fmt: skip
    left, right = st.columns([3, 2])
    left.text_input(
        "Sentence", key="mw_text", on_change=state.forget_clicks, persist_state="session",
        help="[MASK], [mask], <mask> and ___ are masks; everything else is text.",
    )  # fmt: skip
    right.text_input("Second sentence", key="mw_pair", on_change=state.forget_clicks,
                     placeholder="optional", persist_state="session")  # fmt: skip


def mask_by_click(choice: ModelChoice, tokens: Tokens) -> None:
    """The sentence as chips, with a select box as the sure path."""
    vocabulary = encoder(choice).tokenizer.vocabulary
    shown = token_chips(tokens, vocabulary)
    chips(shown, key="mw_chips", mask_text=tokens.mask_piece, label="Pieces of the sentence",
          height=LONG_HEIGHT if len(shown) > LONG else None,
          on_toggle=lambda event: state.toggle(tokens, event))  # fmt: skip
    st.caption("Click a piece to mask it, again to restore it; with Shift, the whole word. "
               "Arrow keys move, Space masks.")  # fmt: skip


def options(tokens: Tokens) -> None:
    """What is shown, folded away: the defaults are fine for most."""
    with st.expander("Options", icon=":material/tune:"):
        first, second, third = st.columns(3)
        first.slider("Words per mask", 1, 50, key="mw_k", persist_state="session")
        first.toggle("Whole words only", key="mw_words", persist_state="session",
                     help="Leaves out parts of words; probabilities do not change.")  # fmt: skip
        second.selectbox("Several masks are filled", state.STRATEGIES, key="mw_strategy",
                         persist_state="session")  # fmt: skip
        second.slider("Sentences to rank", 1, 10, key="mw_width", persist_state="session")
        third.toggle("A click masks the whole word", key="mw_whole", persist_state="session")
        free = [p for p in tokens.content if tokens.originals[p] is not None
                or p not in tokens.masks]  # fmt: skip
        st.session_state["mw_masked_box"] = list(st.session_state["mw_masked"])
        third.multiselect("Masked pieces", free, key="mw_masked_box", on_change=_from_box,
                          format_func=lambda p: f"{p}: {tokens.surface(p)}")  # fmt: skip


def _from_box() -> None:
    st.session_state.update(mw_masked=tuple(sorted(st.session_state["mw_masked_box"])), mw_mask=0)
