"""What the open text is held against: another model, or another text."""

from dataclasses import replace

import streamlit as st

from bert_core import InputError, ModelChoice, Tokens
from bert_core.analysis.attention.alignment import same_input
from pages._attention import state
from pages._shared.answers import kept, tokens_of
from pages._shared.models import encoder_with_progress

NAMES = {"nothing": "Nothing", "model": "Another model", "text": "Another text"}
SIDE_NAMES = {
    "model": {"difference": "Difference", "this": "This model", "other": "The other"},
    "text": {"difference": "Difference", "this": "This text", "other": "The other"},
}


def ask() -> None:
    """Choose what the text is held against, and which side is shown."""
    left, right = st.columns([1, 1], vertical_alignment="bottom")
    left.segmented_control("Compare with", state.OTHERS, key="at_compare", required=True,
                           persist_state="session", format_func=NAMES.__getitem__,
                           on_change=state.propose)  # fmt: skip
    kind = st.session_state["at_compare"]
    if kind == "nothing":
        return
    right.segmented_control("Show", state.SIDES, key="at_side", required=True,
                            persist_state="session", format_func=SIDE_NAMES[kind].__getitem__,
                            help="Both sides are on one scale: the same weight has the same "
                            "colour.")  # fmt: skip
    if kind == "model":
        st.text_input("Other model", key="at_other_model", persist_state="session",
                      placeholder="reader",
                      help="embedded, reader, a hub id, or a model folder.")  # fmt: skip
        return
    first, second = st.columns(2)
    first.text_input("Other text A", key="at_other_text", persist_state="session",
                     help="The same text with a word or two changed. Type [MASK] for a "
                     "mask.")  # fmt: skip
    second.text_input("Other text B", key="at_other_pair", placeholder="optional",
                      persist_state="session")  # fmt: skip


def asked(choice: ModelChoice, tokens: Tokens) -> tuple[ModelChoice, Tokens] | None:
    """The model and the input of the other side; None while nothing is asked for.

    Raises:
        InputError: there is no other text, or it is the same one.
        CoreError: the other model cannot be opened.
    """
    values = st.session_state
    if values["at_compare"] == "nothing":
        return None
    if values["at_compare"] == "model":
        name = values["at_other_model"].strip()
        if not name:
            raise InputError("Name another model to hold this one against.", field="model")
        named = replace(choice, source=name, revision=None)
        return named, kept(("other input", named, tokens),
                           lambda: same_input(tokens, encoder_with_progress(named)))  # fmt: skip
    text, pair = values["at_other_text"], values["at_other_pair"] or None
    if not text.strip():
        raise InputError("The other text A is empty. Type one to hold this one against.",
                         field="text")  # fmt: skip
    facing = tokens_of(choice, text, pair, ())
    if facing == tokens:
        raise InputError("Both texts are the same. Change a word of the other.", field="text")
    if values["at_measure"] == "attribution" and bool(facing.masks) != bool(tokens.masks):
        raise InputError("What an answer owes to each weight needs the same question in both "
                         "texts: type [MASK] in both or in none.", field="text")  # fmt: skip
    return choice, facing


def about() -> None:
    """Say what the panels speak of while something is held against the text."""
    if st.session_state["at_compare"] != "nothing":
        st.caption("The panels below speak of this text and this model alone.")
