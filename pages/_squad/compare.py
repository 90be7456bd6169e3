"""Compare readers: the same question to a second model, side by side."""

from dataclasses import replace

import streamlit as st

from bert_core import ModelChoice
from bert_core.model.allowed import kinds_allowed
from bert_core.model.choice import READER
from bert_core.tasks.squad import AnswerResult, decide_answer
from bert_core.views.span_answers import spans
from pages._shared.sentences import escaped, show_notes, shown_errors
from pages._shared.sidebar import models_here
from pages._shared.tables import show
from pages._squad import state
from pages._squad.reading import Reading, traced


def panel(choice: ModelChoice, reading: Reading) -> None:
    """A second reader, and both answers."""
    names = list(dict.fromkeys([*models_here("span"), st.session_state["qa_other"]]))
    st.selectbox(
        "Second reader",
        names,
        key="qa_other",
        accept_new_options=bool(kinds_allowed()),
        persist_state="session",
        help="reader, run:ID, a hub id, or a model folder.",
    )
    other = replace(choice, source=st.session_state["qa_other"].strip(), revision=None)
    if other == choice:
        how = "Only one reader is here so far: train" if names == [READER] else "Choose or train"
        st.info(f"This reader was asked already. {how} another (page Fine-tune), or name one of "
                "the hub.", icon=":material/info:")  # fmt: skip
        return
    left, right = st.columns(2, gap="large")
    with left:
        _side(reading.result, "first")
    with right, shown_errors():
        trace = traced(other, reading.document.text, reading.result.question, state.layout(),
                       name="second")  # fmt: skip
        if trace is not None:
            _side(decide_answer(trace, reading.settings, decoder=reading.decoder), "second")


def _side(result: AnswerResult, side: str) -> None:
    st.caption(escaped(result.model))
    st.markdown(f"**{escaped(result.text) or 'No answer'}**")
    show(spans(result, brief=True), key=f"qa_{side}_spans")
    show_notes(result.notes)
