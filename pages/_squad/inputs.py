"""Inputs of the question-answering page: the document, the question, options."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bert_core import InputError
from bert_core.data.extraction.extract import LIMIT_MIB, SUFFIXES, extract_text
from bert_core.settings import read_settings
from bert_core.tasks.spans.decoders import DECODERS
from bert_core.views.decoders import DECODER_NAMES
from bert_core.views.numbers import counted
from pages._shared.models import documents, long_job
from pages._shared.presenting import presenting
from pages._shared.sentences import escaped, show_notes, shown_errors
from pages._shared.uploads import offered, upload
from pages._squad import articles, state

SOURCES = ("Paste", "Upload", "SQuAD article")


def choose_document() -> None:
    """Ready documents, or the visitor's own."""
    values = st.session_state
    shown = values["qa_example"]
    values["qa_example_pills"] = shown if shown in state.EXAMPLES else None
    st.pills("Examples", list(state.EXAMPLES), key="qa_example_pills",
             on_change=state.take_example, label_visibility="collapsed")  # fmt: skip
    with st.expander("Use your own document", icon=":material/upload_file:"):
        sources = offered("qa_source", SOURCES)
        source = st.segmented_control("From", sources, key="qa_source", default=SOURCES[0],
                                      required=True, label_visibility="collapsed")  # fmt: skip
        with shown_errors():
            {"Paste": _paste, "Upload": _upload, "SQuAD article": articles.panel}[source]()


def _paste() -> None:
    st.text_area("Document", key="qa_pasted", height=200,
                 max_chars=read_settings().document_characters,
                 placeholder="Paste a text here.", persist_state="session",
                 label_visibility="collapsed")  # fmt: skip
    st.button("Use this text", icon=":material/check:", on_click=_take_pasted)
    if st.session_state.get("qa_pasted_empty"):
        st.caption("There is no text yet. Paste one.")


def _take_pasted() -> None:
    text = st.session_state["qa_pasted"] or ""
    st.session_state["qa_pasted_empty"] = not text.strip()
    if text.strip():
        state.take_text(text)


def _upload() -> None:
    endings = ", ".join(f".{suffix}" for suffix in SUFFIXES)
    sent = upload(f"A file: {endings}", SUFFIXES, key="qa_upload", most_mib=LIMIT_MIB)
    slot, values = st.empty(), st.session_state
    if sent is None:
        return
    if values.get("qa_upload_read") != sent.file_id:
        _read(sent, slot)
        st.rerun()  # the examples above still show the document that was open
    if values["qa_upload_problem"]:
        raise InputError(values["qa_upload_problem"], field="document")


def _read(sent: Any, slot: DeltaGenerator) -> None:
    """Open a sent document, or remember what is wrong with it; one that is sent is read once."""
    values = st.session_state
    with long_job(slot, documents()):
        try:
            found = extract_text(sent.getvalue(), sent.name)
        except InputError as error:
            values.update(qa_upload_read=sent.file_id, qa_upload_problem=str(error))
            return
    values.update(qa_upload_read=sent.file_id, qa_upload_problem=None)
    state.take_text(found.text, found.name, found.notes)


def ready_questions() -> None:
    """Questions to begin with, where the document has some."""
    values = st.session_state
    example = state.EXAMPLES.get(values["qa_example"])
    if example is None:
        return
    ready = [*example.questions, example.missing]
    values["qa_ready"] = values["qa_question"] if values["qa_question"] in ready else None

    def named(question: str) -> str:
        return f"{question} (not in the text)" if question == example.missing else question

    st.pills("Ready questions", ready, key="qa_ready", on_change=_take_ready, wrap=True,
             format_func=named, label_visibility="collapsed")  # fmt: skip


def ask() -> None:
    """The question, and options."""
    st.text_input("Question", key="qa_question", persist_state="session",
                  placeholder="Ask something that the text says.")  # fmt: skip
    if not presenting():
        _options()


def _take_ready() -> None:
    """Ask a ready question; with one that has no answer comes the threshold that shows it."""
    values = st.session_state
    example = state.EXAMPLES.get(values["qa_example"])
    # The browser may still send a click on a document that has just been left.
    if example is None or not values["qa_ready"]:
        return
    values["qa_question"] = values["qa_ready"]
    missing = values["qa_ready"] == example.missing
    values.update(qa_impossible=missing, qa_threshold=state.TELLING if missing else 0.0,
                  qa_window=None)  # fmt: skip


def _options() -> None:
    """Expert controls, folded away: the defaults are run_squad's."""
    with st.expander("Options", icon=":material/tune:"):
        first, second = st.columns(2)
        first.selectbox("Answers chosen as by", DECODERS, key="qa_decoder",
                        format_func=DECODER_NAMES.__getitem__, persist_state="session")  # fmt: skip
        first.slider("Candidates (n-best)", 1, 200, key="qa_n_best", persist_state="session")
        first.slider("Longest answer, in word pieces", 1, 512, key="qa_longest",
                     persist_state="session")  # fmt: skip
        second.number_input("Longest input (max_seq_length)", 8, 512, key="qa_length",
                            persist_state="session")  # fmt: skip
        second.number_input(
            "Step between windows (doc_stride)", 1, 512, key="qa_stride", persist_state="session",
            help="As in BERT's run_squad. In transformers the same number is the overlap.",
        )  # fmt: skip
        second.number_input("Longest question (max_query_length)", 1, 512, key="qa_query",
                            persist_state="session")  # fmt: skip
        second.toggle("The step is an overlap instead, as in transformers", key="qa_overlap",
                      persist_state="session")  # fmt: skip


def heading(document: state.OpenDocument, windows: int | None = None) -> None:
    """Name and size of the document, and what was noted when it was read."""
    size = counted(len(document.text.split()), "word")
    if windows is not None:
        size += f" · {counted(windows, 'window')}"
    st.markdown(f"**{escaped(document.name)}** · {size}")
    show_notes(document.notes)
