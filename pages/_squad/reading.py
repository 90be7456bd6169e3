"""One question on one document: read once, decided on as often as the visitor likes."""

from dataclasses import replace
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bert_core import ModelChoice
from bert_core.model.costs import CHARACTERS, costly
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.decoders import Decoder
from bert_core.tasks.spans.features import SpanSettings
from bert_core.tasks.spans.trace import SpanTrace
from bert_core.tasks.squad import (
    AnswerResult,
    Document,
    decide_answer,
    read_document,
    trace_answer,
    under_threshold,
)
from pages._shared.answers import is_kept, kept
from pages._shared.components import document as shown
from pages._shared.models import encoder_with_progress
from pages._shared.tables import ProgressBar
from pages._squad import inputs, state

LONG = 30_000  # characters: from here on a question takes long with any model
OVERLAP = 3  # how often a piece is read, as windows overlap


class Reading(NamedTuple):
    """What a model read and what was decided.

    Attributes:
        document: the open document.
        trace: what the model said; deciding again needs nothing else.
        settings: how the answer was chosen.
        decoder: by whose rules.
        result: the answer.
        weighed: the answer if there might be none: with the score and margin of no answer.
    """

    document: state.OpenDocument
    trace: SpanTrace
    settings: DecodeSettings
    decoder: Decoder
    result: AnswerResult
    weighed: AnswerResult


def read(choice: ModelChoice, place: DeltaGenerator) -> Reading | None:
    """Ask the open document; None where nothing is asked, or the visitor stopped.

    A document that is long, or not asked about, is shown in ``place`` as it is.
    """
    values, document, layout = st.session_state, state.current(), state.layout()
    question = values["qa_question"]
    key = _key(choice, document.text, question, layout)
    waits = _long(choice, document.text) and not is_kept(key)
    if waits or not question.strip():
        with place:
            inputs.heading(document)
            shown(document.text, key="qa_unread")
    if not question.strip():
        st.info("Ask a question about this document.", icon=":material/contact_support:")
        return None
    trace = traced(choice, document.text, question, layout, name="first")
    if trace is None:
        return None
    if waits:
        st.rerun()  # the page is drawn anew, with the answer in its place
    settings, decoder = state.settings(), values["qa_decoder"]
    result = decided(key, trace, settings, decoder)
    weighed = decided(key, trace, replace(settings, impossible=True), decoder)
    return Reading(document, trace, settings, decoder, result, weighed)


def decided(
    key: tuple[object, ...], trace: SpanTrace, settings: DecodeSettings, decoder: Decoder
) -> AnswerResult:
    """The answer from a trace: decided on once, and for each threshold told anew."""
    once = replace(settings, null_threshold=0.0)
    result = kept((*key, once, decoder), lambda: decide_answer(trace, once, decoder=decoder))
    return result if decoder == "pipeline" else under_threshold(result, settings.null_threshold)


def _key(
    choice: ModelChoice, text: str, question: str, layout: SpanSettings | None
) -> tuple[object, ...]:
    return "spans", choice, text, question, layout


def traced(
    choice: ModelChoice, text: str, question: str, layout: SpanSettings | None, *, name: str
) -> SpanTrace | None:
    """The forward pass over all windows; a long one shows how far it is and can be stopped.

    ``name`` tells the buttons of two readers on one page apart.
    """
    key = _key(choice, text, question, layout)
    stop, long = st.empty(), _long(choice, text)
    if long and not is_kept(key):
        if st.session_state.get("qa_stopped") == key:
            st.info("Stopped before the whole document was read.", icon=":material/stop_circle:")
            st.button("Ask again", icon=":material/play_arrow:", on_click=_stop, args=(None,),
                      key=f"qa_again_{name}")  # fmt: skip
            return None
        stop.button("Stop", icon=":material/stop:", on_click=_stop, args=(key,),
                    key=f"qa_stop_{name}")  # fmt: skip
    bar = ProgressBar("Windows")
    trace = kept(
        key,
        lambda: trace_answer(
            encoder_with_progress(choice),
            question,
            _cut(choice, text),
            layout=layout,
            on_progress=bar,
        ),
        long=long,
    )
    stop.empty()
    return trace


def _long(choice: ModelChoice, text: str) -> bool:
    """Whether a question on a text takes so long that it is a job, with a button to stop it."""
    encoder = encoder_with_progress(choice)
    return len(text) > LONG or costly(encoder, OVERLAP * len(text) / CHARACTERS)


def _cut(choice: ModelChoice, text: str) -> Document:
    """The document in pieces, kept for the next question on it."""
    return kept(
        ("document", choice, text), lambda: read_document(encoder_with_progress(choice), text)
    )


def _stop(key: tuple[object, ...] | None) -> None:
    st.session_state["qa_stopped"] = key
