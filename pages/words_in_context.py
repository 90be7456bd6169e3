"""Words in context: one word, many vectors, and what tells its senses apart."""

import streamlit as st

from pages._shared import link
from pages._shared.presenting import presenting
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.sidebar import chosen_model
from pages._words import exports, inputs, panels, picture, senses, state, tokens
from pages._words.seen import shown_word

problems = link.restore("wc", state.FIELDS)
state.fill_in()
head, tools = st.columns([3, 2], vertical_alignment="center")
head.title("Words in context", anchor=False)
st.markdown("One word, many vectors: BERT reads a word anew in every sentence, from both sides.")
choice = chosen_model()
show_notes(problems)
if inputs.mode() == state.TOKENS:
    with shown_errors():
        pieces = tokens.page(choice)
        with tools:
            tokens.exports(choice, pieces)
    st.stop()
left, right = st.columns([2, 3], gap="large")
with left:
    inputs.ask()
if not presenting():
    inputs.options()
seen = None
with right, shown_errors():
    seen = shown_word(choice)
    found = None if seen is None else senses.panel(choice, seen)
if seen is None:
    st.stop()
with left:
    show_notes(seen.trace.notes)
    inputs.occurrences(seen.trace)
with tools:
    exports.panel(choice, seen, found)
drawing, more = st.columns(2, gap="large")
with drawing, shown_errors():
    picture.panel(seen)
with more, shown_errors():
    panels.panel(choice, seen, found)
