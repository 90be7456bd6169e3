"""The sentences as points: at one layer, or at all of them side by side."""

import streamlit as st

from bert_core import InputError
from bert_core.analysis.embeddings.projection import Projection
from bert_core.views import embedding_figures
from bert_core.views.embedding_tables import layer_name, space_words
from bert_core.views.numbers import nats, share
from pages._shared.sentences import show_notes, shown_errors
from pages._words import state
from pages._words.charts import chart
from pages._words.seen import Seen, placed


def panel(seen: Seen) -> None:
    """One point for each sentence; a click opens it among the nearest."""
    values = st.session_state
    st.subheader("One word, many vectors", anchor=False,
                 help="Each point is the word in one sentence, numbered by its line. Near points: "
                 "the model reads the word alike.")  # fmt: skip
    view = st.segmented_control("Layers", state.VIEWS, key="wc_view", required=True,
                                persist_state="session",
                                label_visibility="collapsed")  # fmt: skip
    if view == state.ALL:
        chart(embedding_figures.small_multiples(_all_layers(seen), seen.trace.occurrences,
                                                seen.curve), key="wc_all")  # fmt: skip
        st.caption("Each layer on its own axes. " + _per_cent(seen))
        return
    values["wc_slider"] = seen.layer
    st.slider("Layer", 0, seen.trace.layers, key="wc_slider", on_change=_layer,
              help="0: the embeddings, before any layer has looked at the context.")  # fmt: skip
    with shown_errors():
        chart(embedding_figures.points(placed(seen, seen.layer), seen.trace.occurrences, seen.at),
              key="wc_points", on_point=_open)  # fmt: skip
        show_notes(filter(None, [_layer_words(seen), placed(seen, seen.layer).note]))
    show_notes(space_words(seen.space))


def _layer() -> None:
    st.session_state["wc_layer"] = st.session_state["wc_slider"]


def _open(index: int) -> None:
    st.session_state.update(wc_at=index, wc_panel="Nearest")


def _all_layers(seen: Seen) -> list[Projection | None]:
    found: list[Projection | None] = []
    for layer in range(seen.trace.layers + 1):
        try:
            found.append(placed(seen, layer))
        except InputError as error:
            if error.field != "layer":
                raise
            found.append(None)
    return found


def _layer_words(seen: Seen) -> str:
    if not seen.curve:
        return ""
    score = seen.curve[seen.layer]
    words = (
        f"{layer_name(seen.layer).capitalize()}: {share(score.accuracy)} have a neighbour of the "
    )
    words += f"same sense, silhouette {nats(score.silhouette)}."
    best = max(seen.curve[1:], key=lambda each: (each.accuracy, each.silhouette))
    if best.layer == seen.layer and best.silhouette > 0:
        words += " No layer tells the senses apart better."
    return words


def _per_cent(seen: Seen) -> str:
    return "Per cent: sentences whose neighbour has the same sense." if seen.curve else ""
