"""Tokens: a text's way to the ids that BERT reads, step by step."""

import streamlit as st

from bert_core import tokenize
from pages._shared import link
from pages._shared.answers import kept
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.sidebar import chosen_model
from pages._tokens import compare, exports, files, inputs, pieces, state, steps

problems = link.restore("tk", state.FIELDS)
head, tools = st.columns([3, 2], vertical_alignment="center")
head.title("Tokens", anchor=False)
st.markdown("BERT reads no letters: a text becomes word pieces, and every piece a number.")
choice = chosen_model()
inputs.ask()
show_notes(problems)
values = st.session_state
with shown_errors():
    tokenizer = encoder_with_progress(choice).tokenizer
    text, pair, masks = values["tk_text"], values["tk_pair"] or None, values["tk_masks"]
    result = kept(("tokens", choice, text, pair, masks),
                  lambda: tokenize(tokenizer, text, pair, masks=masks))  # fmt: skip
    with tools:
        exports.panel(choice, result)
    pieces.strip(result)
    show_notes(result.notes)
    left, right = st.columns([5, 6], gap="large")
    with left:
        steps.panel(result)
    with right:
        pieces.panel(result)
    pieces.google(result)
more = st.segmented_control("More", state.PANELS, key="tk_panel", persist_state="session",
                            label_visibility="collapsed")  # fmt: skip
if more == "Two tokenizers":
    compare.panel(choice, values["tk_text"])
elif more == "A file":
    files.panel(choice)
