"""Question answering: ask a document, see the answer in its place, and why."""

import streamlit as st

from pages._shared import link
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.sidebar import chosen_model
from pages._squad import (
    answer,
    attribution,
    compare,
    decoders,
    evaluate,
    exports,
    history,
    inputs,
    state,
    why,
    words,
)
from pages._squad.reading import read

PANELS = {"Windows": why.panel, "Question words": words.panel,
          "Attribution": attribution.panel, "Decoders": decoders.panel,
          "Compare readers": compare.panel, "History": history.panel}  # fmt: skip

problems = link.restore("qa", state.FIELDS)
head, tools = st.columns([3, 2], vertical_alignment="center")
head.title("Question answering", anchor=False)
st.markdown("Ask a document. The answer is always a span of its text, or nothing.")
choice = chosen_model()
show_notes(problems)
view = st.segmented_control("View", state.VIEWS, key="qa_view", required=True,
                            persist_state="session", label_visibility="collapsed")  # fmt: skip
if view == "Evaluate a file":
    evaluate.page(choice)
    st.stop()
inputs.choose_document()
inputs.ready_questions()
left, right = st.columns([6, 5], gap="large")
with right:
    inputs.ask()
with shown_errors():
    with right:
        reading = read(choice, left)
    if reading is not None:
        with left:
            answer.document_panel(reading)
        with right:
            answer.panel(reading)
        answer.candidates(reading)
        history.remember(choice, reading)
        with tools:
            exports.panel(choice, reading)
        more = st.segmented_control("More", state.PANELS, key="qa_panel", persist_state="session",
                                    label_visibility="collapsed")  # fmt: skip
        if more:
            PANELS[more](choice, reading)
