"""The question-answering page's state: what a link carries, and which document is open."""

from typing import NamedTuple

import streamlit as st

from bert_core.examples import documents
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.decoders import DECODERS
from bert_core.tasks.spans.features import SpanSettings
from pages._shared import attribution, sidebar
from pages._shared.link import Field, number, one_of, whole, yes_no

EXAMPLES = documents()
FIRST = next(iter(EXAMPLES.values()))
VIEWS = ("Ask", "Evaluate a file")
OWN = "own text"
PANELS = ("Windows", "Question words", "Attribution", "Decoders", "Compare readers", "History")
USUAL, USUAL_CHOICE = SpanSettings(), DecodeSettings()
TELLING = -10.0  # parts the ready questions with an answer, below it, from those without
LOWEST, HIGHEST = -30.0, 30.0  # nats: margins of trained readers lie well within
FIELDS = (
    Field("view", "qa_view", VIEWS[0], one_of(*VIEWS)),
    Field("example", "qa_example", FIRST.name, one_of(OWN, *EXAMPLES)),
    Field("text", "qa_text", ""),
    Field("question", "qa_question", FIRST.questions[0]),
    Field("n_best", "qa_n_best", USUAL_CHOICE.n_best, whole(1, 200)),
    Field("longest", "qa_longest", USUAL_CHOICE.max_answer_length, whole(1, 512)),
    Field("impossible", "qa_impossible", False, yes_no),
    Field("threshold", "qa_threshold", 0.0, number(LOWEST, HIGHEST)),
    Field("decoder", "qa_decoder", DECODERS[0], one_of(*DECODERS)),
    Field("length", "qa_length", USUAL.max_seq_length, whole(8, 512)),
    Field("stride", "qa_stride", USUAL.doc_stride, whole(1, 512)),
    Field("query", "qa_query", USUAL.max_query_length, whole(1, 512)),
    Field("overlap", "qa_overlap", False, yes_no),
    *attribution.fields("qa"),
    Field("show", "qa_panel", None, one_of(*PANELS)),
    Field("other", "qa_other", "reader"),
)
LINKED = (*FIELDS, *sidebar.FIELDS)


IN_LINK = 4_000  # characters of a document that an address can carry through common servers


class OpenDocument(NamedTuple):
    """The document that is asked.

    Attributes:
        name: what it is called.
        text: its text.
        notes: what was found while it was read.
    """

    name: str
    text: str
    notes: tuple[str, ...] = ()


def current() -> OpenDocument:
    """The document that is open: an example, or the visitor's own."""
    values = st.session_state
    ready = EXAMPLES.get(values["qa_example"])
    if ready is not None:
        return OpenDocument(ready.name, ready.text)
    name, notes = values.get("qa_origin", ("your text", ()))
    return OpenDocument(name, values["qa_text"], notes)


def take_example() -> None:
    """Open the chosen example with its first question."""
    example = EXAMPLES.get(st.session_state.get("qa_example_pills") or "")
    if example is not None:
        st.session_state.update(qa_example=example.name, qa_question=example.questions[0],
                                qa_impossible=False, qa_threshold=0.0, qa_window=None)  # fmt: skip


def take_usual() -> None:
    """Decide as usual again: the best span, whatever "no answer" scores."""
    st.session_state.update(qa_impossible=False, qa_threshold=0.0)


def take_text(text: str, name: str = "your text", notes: tuple[str, ...] = ()) -> None:
    """Open a document of the visitor's own, which nothing has been asked yet."""
    st.session_state.update(qa_example=OWN, qa_text=text, qa_origin=(name, notes), qa_question="",
                            qa_window=None)  # fmt: skip


def short(context: str) -> str | None:
    """A document that can stand in an address or in a snippet; None: it is too long."""
    return context if len(context) <= IN_LINK else None


def window(count: int) -> int | None:
    """The window that is looked into, of ``count``; None: all."""
    chosen = st.session_state.get("qa_window")
    return chosen if isinstance(chosen, int) and chosen < count else None


def layout() -> SpanSettings | None:
    """The lengths of windows as chosen; None while they are the usual ones."""
    values = st.session_state
    chosen = SpanSettings(values["qa_length"], values["qa_stride"], values["qa_query"],
                          values["qa_overlap"])  # fmt: skip
    return None if chosen == USUAL else chosen


def settings() -> DecodeSettings:
    """How the answer is chosen."""
    values = st.session_state
    return DecodeSettings(values["qa_n_best"], values["qa_longest"], values["qa_impossible"],
                          values["qa_threshold"])  # fmt: skip
