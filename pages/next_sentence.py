"""Next sentence: does the second text follow the first?"""

import streamlit as st

from pages._next import attribution, candidates, exports, pair, paragraph, state, table, why
from pages._shared import link
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.sidebar import chosen_model

problems = link.restore("nx", state.FIELDS)
head, tools = st.columns([3, 2], vertical_alignment="center")
head.title("Next sentence", anchor=False)
st.markdown("Does the second text follow the first? BERT was trained to tell a text's own next "
            "sentences from those of another document.")  # fmt: skip
choice = chosen_model()
pair.ask()
show_notes(problems)
with shown_errors():
    encoder_with_progress(choice).checkpoint.require("next_sentence")
    result = None
    with shown_errors():
        result = pair.answer(choice)
        with tools:
            exports.panel(choice, result)
        pair.detail(choice, result)
    more = st.segmented_control("More", state.PANELS, key="nx_panel", persist_state="session",
                                label_visibility="collapsed")  # fmt: skip
    if more == "Why" and result is not None:
        why.panel(choice, result)
    elif more == "Attribution" and result is not None:
        attribution.panel(choice, result)
    elif more == "A paragraph":
        paragraph.panel(choice)
    elif more == "Candidates":
        candidates.panel(choice)
    elif more == "A file of pairs":
        table.panel(choice)
