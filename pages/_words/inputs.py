"""Inputs of the page: a ready set, or the visitor's word and sentences; options."""

import streamlit as st

from bert_core import InputError
from bert_core.analysis.embeddings.geometry import METRICS, MOST_DROPPED
from bert_core.analysis.embeddings.occurrences import Occurrence
from bert_core.analysis.embeddings.projection import methods
from bert_core.analysis.embeddings.vectors import POOLINGS, WordTrace
from pages._shared.sentences import escaped, shown_errors
from pages._shared.uploads import upload
from pages._words import state

POOLING_NAMES = {"mean": "mean of the pieces", "first": "first piece", "last": "last piece"}
METRIC_NAMES = {"cosine": "cosine", "euclidean": "Euclidean distance"}
METHOD_NAMES = {"pca": "PCA", "umap": "UMAP"}


def mode() -> str:
    """The word, or one sentence."""
    chosen: str = st.segmented_control("What to follow", state.MODES, key="wc_mode", required=True,
                                       persist_state="session",
                                       label_visibility="collapsed")  # fmt: skip
    return chosen


def ask() -> None:
    """Ready sets, the word, its sentences."""
    values = st.session_state
    values["wc_pills"] = values["wc_set"] if values["wc_set"] in state.SETS else None
    st.pills("Ready sets", list(state.SETS), key="wc_pills", on_change=state.take_set,
             label_visibility="collapsed")  # fmt: skip
    st.text_input("Word", key="wc_word", on_change=state.edited, persist_state="session",
                  help="Whole words only. Capitals count where they do for the model.")  # fmt: skip
    st.text_area("Sentences, one a line", key="wc_text", on_change=state.edited, height=390,
                 persist_state="session",
                 help="2 to 100. Where the sense is known, put it first: river | We sat on the "
                 "bank. A tab does as well as the bar. In the ready sets about half of the words "
                 "that decide stand left of the word, half right.")  # fmt: skip
    with st.popover("From a file", icon=":material/upload_file:", type="tertiary"):
        upload("A table with the columns sentence and, if you have it, label",
               ["csv", "tsv", "jsonl", "json"], key="wc_file",
               on_change=state.take_file)  # fmt: skip
    problem = values.get("wc_file_problem")
    if problem:
        with shown_errors():
            raise InputError(problem, field="file")


def options() -> None:
    """How vectors are made, compared and drawn; the defaults are fine for most."""
    with st.expander("Options", icon=":material/tune:"):
        first, second, third = st.columns(3)
        first.selectbox("Compared by", METRICS, key="wc_metric", persist_state="session",
                        format_func=METRIC_NAMES.__getitem__)  # fmt: skip
        first.selectbox("Several pieces", POOLINGS, key="wc_pooling", persist_state="session",
                        format_func=POOLING_NAMES.__getitem__,
                        help="What stands for a word that is cut into several pieces.")  # fmt: skip
        second.toggle("Take the common mean off", key="wc_centre", persist_state="session",
                      help="The mean of the other words of the sentences: what every word "
                      "shares at a layer.")  # fmt: skip
        second.slider("Dominating dimensions to drop", 0, MOST_DROPPED, key="wc_drop",
                      persist_state="session",
                      help="A few dimensions can be large for every word and decide every "
                      "cosine. Those that go are named below the picture.")  # fmt: skip
        if len(methods()) > 1 or st.session_state["wc_method"] not in methods():
            third.selectbox("Picture by", METHOD_NAMES, key="wc_method", persist_state="session",
                            format_func=METHOD_NAMES.__getitem__)  # fmt: skip
            third.number_input("Seed of UMAP", 0, 9_999, key="wc_seed", persist_state="session")


def occurrences(trace: WordTrace) -> None:
    """Which occurrence is taken, for lines that have the word more than once."""
    several = [each for each in trace.occurrences if each.count > 1]
    if not several:
        return
    with st.expander("Lines that have the word more than once", icon=":material/content_copy:"):
        for each in several:
            _which(each)


def _which(each: Occurrence) -> None:
    line = each.sentence.line
    key = f"wc_which_{line}"
    st.session_state[key] = each.number

    def chosen() -> None:
        state.choose_occurrence(line, st.session_state[key])

    st.segmented_control(escaped(f"{line}: {each.sentence.text}"), range(1, each.count + 1),
                         key=key, required=True, on_change=chosen,
                         format_func=lambda number: f"number {number}")  # fmt: skip
