"""One question on one document: read once, decided on as often as the visitor likes."""

from typing import NamedTuple

import streamlit as st

from bert_core import ModelChoice
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
)
from pages._shared.answers import is_kept, kept
from pages._shared.models import encoder_with_progress
from pages._shared.tables import ProgressBar
from pages._squad import state

LONG = 30_000  # characters: from here on a question takes long enough for a stop button


class Reading(NamedTuple):
    """What a model read and what was decided.

    Attributes:
        document: the open document.
        trace: what the model said; deciding again needs nothing else.
        settings: how the answer was chosen.
        decoder: by whose rules.
        result: the answer.
    """

    document: state.OpenDocument
    trace: SpanTrace
    settings: DecodeSettings
    decoder: Decoder
    result: AnswerResult


def read(choice: ModelChoice) -> Reading | None:
    """Ask the open document; None after the visitor stopped, until they ask again."""
    values, document = st.session_state, state.current()
    trace = traced(choice, document.text, values["qa_question"], state.layout())
    if trace is None:
        return None
    settings, decoder = state.settings(), values["qa_decoder"]
    result = decide_answer(trace, settings, decoder=decoder)
    return Reading(document, trace, settings, decoder, result)


def traced(
    choice: ModelChoice, text: str, question: str, layout: SpanSettings | None
) -> SpanTrace | None:
    """The forward pass over all windows; a long one shows how far it is and can be stopped."""
    key = ("spans", choice, text, question, layout)
    stop = st.empty()
    if len(text) > LONG and not is_kept(key):
        if st.session_state.get("qa_stopped") == key:
            st.info("Stopped before the whole document was read.", icon=":material/stop_circle:")
            st.button("Ask again", icon=":material/play_arrow:", on_click=_stop, args=(None,))
            return None
        stop.button("Stop", icon=":material/stop:", on_click=_stop, args=(key,))
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
    )
    stop.empty()
    return trace


def _cut(choice: ModelChoice, text: str) -> Document:
    """The document in pieces, kept for the next question on it."""
    return kept(
        ("document", choice, text), lambda: read_document(encoder_with_progress(choice), text)
    )


def _stop(key: tuple[object, ...] | None) -> None:
    st.session_state["qa_stopped"] = key
