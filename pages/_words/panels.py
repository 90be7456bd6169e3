"""More about the word: similarities, layer by layer, what lies next to one sentence."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.embeddings.neighbours import (
    VOCABULARY_NOTE,
    nearest_sentences,
    nearest_words,
)
from bert_core.analysis.embeddings.senses import SensesResult
from bert_core.views import embedding_figures, embedding_tables
from bert_core.views.numbers import nats
from pages._shared.answers import kept
from pages._shared.components import bars
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import escaped
from pages._shared.tables import show
from pages._words import state
from pages._words.charts import chart
from pages._words.seen import Seen


def panel(choice: ModelChoice, seen: Seen, result: SensesResult | None) -> None:
    """One of three looks."""
    chosen = st.segmented_control("Look at", state.PANELS, key="wc_panel", required=True,
                                  persist_state="session",
                                  label_visibility="collapsed")  # fmt: skip
    if chosen == "Similarities":
        _similarities(seen)
    elif chosen == "Layer by layer":
        _layers(seen, result)
    else:
        _nearest(choice, seen)


def _similarities(seen: Seen) -> None:
    chart(embedding_figures.matrix(seen.space, seen.trace.occurrences), key="wc_matrix")
    words = f"{embedding_tables.layer_name(seen.layer).capitalize()}; fuller colour is closer; a "
    words += "sentence beside itself is left empty."
    if seen.curve:
        score = seen.curve[seen.layer]
        words += f" Same sense {nats(score.within)} on average, different senses "
        words += f"{nats(score.between)}: a gap of {nats(score.gap)}."
    if seen.space.baseline is not None:
        words += f" Random other words {nats(seen.space.baseline)}."
    st.caption(words)


def _layers(seen: Seen, result: SensesResult | None) -> None:
    if result is None:
        if seen.why_not:
            st.info(escaped(seen.why_not), icon=":material/info:")
        return
    chart(embedding_figures.sense_lines(seen.curve, seen.geometry.metric), key="wc_curve")
    widest = max(seen.curve, key=lambda each: each.gap)
    st.caption(escaped(f"The band is the gap between the same sense and different senses; it is "
                       f"widest at {embedding_tables.layer_name(widest.layer)} "
                       f"({nats(widest.gap)})."))  # fmt: skip
    chart(embedding_figures.readings_by_layer(result), key="wc_by_layer")
    with st.expander("All numbers", icon=":material/table:"):
        narrow = {name: st.column_config.Column(width=65) for name in ("layer", "right")}
        columns = {"reading": st.column_config.Column(width=190, pinned=True), **narrow}
        st.dataframe(embedding_tables.layer_rows(result), hide_index=True, key="wc_numbers",
                     column_config=columns)  # fmt: skip
        st.caption("Right: sentences whose nearest one has the same sense, in per cent.")


def _nearest(choice: ModelChoice, seen: Seen) -> None:
    found, values = seen.trace.occurrences, st.session_state
    values["wc_at"] = seen.at
    st.selectbox("Sentence", range(len(found)), key="wc_at", persist_state="session",
                 format_func=lambda n: f"{found[n].sentence.line}: {found[n].sentence.text}",
                 help="A click on a point of the picture opens it here.")  # fmt: skip
    near = nearest_sentences(seen.space, seen.at)
    table = embedding_tables.near_sentences(seen.trace, seen.space, seen.at, near)
    bars(table.rows, key="wc_near", columns=table.columns, caption=table.caption,
         badge=table.badge, scale=table.scale, clickable=True,
         on_select=lambda row: values.update(wc_at=near[row].index))  # fmt: skip
    encoder = encoder_with_progress(choice)
    words = kept(("near words", *seen.key, seen.layer, seen.at),
                 lambda: nearest_words(encoder, seen.trace, seen.layer, seen.at))  # fmt: skip
    show(embedding_tables.near_words(words), key="wc_near_words")
    st.caption(VOCABULARY_NOTE)
