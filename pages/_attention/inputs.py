"""Inputs of the attention page: examples, two texts, masks by click, what is shown."""

import streamlit as st

from bert_core import InputError, ModelChoice, Tokens
from bert_core.analysis.attention.blocks import BLOCK_NAMES
from bert_core.analysis.attention.measures import MEASURE_NAMES
from bert_core.views.chips import ChipEvent
from bert_core.views.tables import token_chips
from pages._attention import other, state
from pages._shared.answers import tokens_of
from pages._shared.components import chips
from pages._shared.models import encoder_with_progress

LONG, LONG_HEIGHT = 120, 200
NOT_MASKED = "What was masked is no piece of this text: nothing is masked."
NO_PARTS = "Parts need a text B, so everything is shown."


def ask() -> None:
    """Examples and the two texts."""
    st.pills("Examples", list(state.EXAMPLES), key="at_example", on_change=state.take_example,
             label_visibility="collapsed")  # fmt: skip
    left, right = st.columns(2)
    left.text_input("Text A", key="at_text", on_change=state.forget_clicks,
                    persist_state="session")  # fmt: skip
    right.text_input("Text B", key="at_pair", on_change=state.forget_clicks,
                     placeholder="optional", persist_state="session")  # fmt: skip


def mask_by_click(choice: ModelChoice) -> Tokens:
    """The text as chips; a click masks a piece."""
    values = st.session_state
    vocabulary = encoder_with_progress(choice).tokenizer.vocabulary
    text, pair = values["at_text"], values["at_pair"] or None
    with st.container():  # a box, so that what comes and goes in it moves nothing below
        try:
            tokens = tokens_of(choice, text, pair, values["at_masked"])
        except InputError as error:
            if error.field != "masked":
                raise
            values["at_masked"] = ()
            tokens = tokens_of(choice, text, pair, ())
            st.caption(NOT_MASKED)

    def toggle(event: ChipEvent) -> None:
        values["at_masked"] = tuple(sorted(set(values["at_masked"]) ^ {event.position}))

    shown = token_chips(tokens, vocabulary)
    chips(shown, key="at_chips", mask_text=tokens.mask_piece, label="Pieces of the text",
          height=LONG_HEIGHT if len(shown) > LONG else None, on_toggle=toggle)  # fmt: skip
    st.caption("Click a piece to mask it, again to restore it.")
    return tokens


def options(choice: ModelChoice, tokens: Tokens) -> None:
    """Measure, level, the part of the text, and what it is held against."""
    one_layer = st.session_state["at_measure"] in state.ONE_LAYER
    first, *rest = st.columns([3, 1, 2, 2] if one_layer else [3, 2, 3], vertical_alignment="bottom")
    first.selectbox("Measure", state.MEASURES, key="at_measure", persist_state="session",
                    format_func=MEASURE_NAMES.__getitem__)  # fmt: skip
    if one_layer:
        with rest.pop(0):
            _one_layer(encoder_with_progress(choice).checkpoint.layers)
    second, third = rest
    second.segmented_control("Level", state.LEVELS, key="at_level", required=True,
                             persist_state="session", on_change=state.let_go,
                             help="Words: sum over the pieces looked at, mean over those that "
                             "look (Clark et al. 2019).")  # fmt: skip
    blocks = state.BLOCKS if tokens.pair else ("all",)
    without = st.session_state["at_block"] not in blocks
    if without:
        st.session_state["at_block"] = "all"
    third.selectbox("Part", blocks, key="at_block", persist_state="session",
                    format_func=BLOCK_NAMES.__getitem__,
                    help="A→B: text A looking at text B." if tokens.pair else
                    "Parts need a text B.")  # fmt: skip
    with st.container():
        if without:
            st.caption(NO_PARTS)
    with st.container(horizontal=True):
        st.toggle("Hide special pieces", key="at_hide", persist_state="session")
        st.toggle("Rows to 100 %", key="at_renormalise", persist_state="session",
                  disabled=not st.session_state["at_hide"],
                  help="Divides each row by what hiding leaves of it. A part, such as "
                  "A→B, has its share of such a row.")  # fmt: skip
        st.session_state["at_one_scale"] = st.session_state["at_scale"] == "shared"
        st.toggle("One scale for all heads", key="at_one_scale", on_change=_scale,
                  help="Off: every head on its own scale.")  # fmt: skip
    other.ask()


def _one_layer(layers: int) -> None:
    """The layer of a measure that is computed for one at a time."""
    values = st.session_state
    values["at_one_layer"] = min(values["at_layer"], layers)
    st.selectbox("Layer", range(1, layers + 1), key="at_one_layer", on_change=_layer,
                 help="This measure takes minutes for all layers of a long text, so it is "
                 "computed for one.")  # fmt: skip


def _layer() -> None:
    st.session_state["at_layer"] = st.session_state["at_one_layer"]


def _scale() -> None:
    one = st.session_state["at_one_scale"]
    st.session_state["at_scale"] = state.SCALES[0] if one else state.SCALES[1]
