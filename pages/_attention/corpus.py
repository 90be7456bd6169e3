"""What heads do over a file of sentences."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.attention.corpus import CorpusResult
from bert_core.views import corpus_views
from bert_core.views.attention_clicks import Pick
from bert_core.views.attention_files import corpus_csv
from bert_core.views.numbers import counted
from pages._attention.parts import HOW, head_rows, opened
from pages._attention.sentences import Sentences, chosen, statistics
from pages._attention.weights import Seen
from pages._shared.charts import CONFIG
from pages._shared.sentences import escaped, shown_errors
from pages._shared.toolbar import Download, files

SHADES = ("Mean", "Spread")


def panel(choice: ModelChoice, seen: Seen) -> None:
    """The sentences, then what every head does over them."""
    with shown_errors():
        given = chosen()
        result = None if given is None else statistics(choice, given)
        if given is None or result is None:
            return
        here = opened(seen)
        _left_out(result)
        st.markdown(escaped(corpus_views.head_words(result, here)))
        left, right = st.columns([5, 6], gap="large")
        with left:
            _figure(result, here)
        with right:
            _table(result)
        _exports(choice, given, result)


def _left_out(result: CorpusResult) -> None:
    if result.bad:
        with st.expander(f"Left out: {counted(len(result.bad), 'row')}", icon=":material/info:"):
            rows = [{"row": each.row, "why": each.reason} for each in result.bad]
            st.dataframe(
                rows,
                hide_index=True,
                key="at_corpus_bad",
                column_config={"row": st.column_config.NumberColumn(width="small")},
            )


def _figure(result: CorpusResult, here: Pick) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Figure", corpus_views.figures_of(result), key="at_corpus_figure",
                            persist_state="session",
                            format_func=corpus_views.TITLES.__getitem__)  # fmt: skip
        shade = st.segmented_control("Shades", SHADES, key="at_corpus_shade", default=SHADES[0],
                                     required=True, label_visibility="collapsed",
                                     disabled=result.sentences < 2)  # fmt: skip
    spread = shade == SHADES[1] and result.sentences > 1
    st.plotly_chart(corpus_views.corpus_figure(result, name, here, spread=spread),
                    key="at_corpus_map", config=CONFIG)  # fmt: skip
    said = "One sentence has no spread." if result.sentences < 2 else (
        "Spread: the standard deviation between sentences, each of which counts the same."
    )  # fmt: skip
    st.caption(said)


def _table(result: CorpusResult) -> None:
    head_rows(corpus_views.corpus_table(result), key="at_corpus_table")
    st.caption(f"{counted(result.sentences, 'sentence')}, {counted(result.pieces, 'piece')}: "
               f"mean and spread (±) of the raw weights. {HOW}")  # fmt: skip


def _exports(choice: ModelChoice, given: Sentences, result: CorpusResult) -> None:
    downloads = (
        Download("CSV", "heads.csv", "text/csv", lambda: corpus_csv(result)),
        Download("JSON", "heads.json", "application/json",
                 lambda: corpus_views.corpus_json(result)),
    )  # fmt: skip
    files(downloads, corpus_views.corpus_snippet(choice, path=given.path, text=given.text))
