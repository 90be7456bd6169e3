"""Link, downloads and snippet of a word in its sentences."""

import streamlit as st

from bert_core import InputError, ModelChoice
from bert_core.analysis.embeddings.projection import Method, project
from bert_core.analysis.embeddings.senses import SensesResult
from bert_core.views import embedding_figures, embedding_files
from bert_core.views.embedding_snippets import word_snippet
from bert_core.views.embedding_tables import layer_name, verdict
from pages._shared.link import address
from pages._shared.toolbar import Download, toolbar
from pages._words import state
from pages._words.seen import Seen

How = tuple[Method, int]
TOO_LONG = "The sentences are too long for an address: the link has the settings only."


def panel(choice: ModelChoice, seen: Seen, result: SensesResult | None) -> None:
    """The toolbar of the page; files are written when they are asked for."""
    values, (carried, fits) = st.session_state, state.carried()
    link = address(state.LINKED, carried)
    own = values["wc_set"] not in state.SETS
    snippet = word_snippet(choice, seen.trace.word, values["wc_text"] if own else None,
                           seen.geometry, layer=seen.layer, pooling=seen.trace.pooling,
                           which=state.which(), senses=result is not None)  # fmt: skip
    trace, name = seen.trace, "words-in-context"
    here, how = layer_name(seen.layer), (values["wc_method"], values["wc_seed"])
    downloads = (
        Download(f"Vectors, {here} (CSV)", f"{name}-vectors.csv", "text/csv",
                 lambda: embedding_files.vectors_csv(trace, seen.layer)),
        Download("Vectors, all layers (NPZ)", f"{name}.npz", "application/octet-stream",
                 lambda: embedding_files.vectors_npz(trace)),
        Download(f"Similarities, {here} (CSV)", f"{name}-similarities.csv", "text/csv",
                 lambda: embedding_files.similarity_csv(trace, seen.space)),
        Download("All but the vectors (JSON)", f"{name}.json", "application/json",
                 lambda: embedding_files.word_json(trace, seen.layer, seen.space, result, link)),
        Download("Figures (HTML, opens offline)", f"{name}.html", "text/html",
                 lambda: _html(seen, result, how, link, snippet)),
    )  # fmt: skip
    toolbar(link, downloads, snippet, key="wc_export", note="" if fits else TOO_LONG)


def _html(seen: Seen, result: SensesResult | None, how: How, link: str, snippet: str) -> str:
    """Written after the run, so nothing of the session's state is asked here."""
    trace, here, why = seen.trace, layer_name(seen.layer), ""
    figures = []
    try:
        points = project(seen.space, trace.labels, method=how[0], seed=how[1])
        figures.append((f"The sentences at {here}. {points.note}",
                        embedding_figures.points(points, trace.occurrences)))  # fmt: skip
    except InputError as error:
        why = str(error)
    figures.append((f"How close they are at {here}; fuller colour is closer. {why}",
                    embedding_figures.matrix(seen.space, trace.occurrences)))  # fmt: skip
    if result is not None:
        figures.insert(0, (verdict(result), embedding_figures.readings(result)))
        lines = embedding_figures.sense_lines(seen.curve, seen.geometry.metric)
        figures.append(("Same sense and different senses by layer.", lines))
    title = f"{trace.word}: one word, many vectors"
    return embedding_files.figures_html(title, figures, link=link, snippet=snippet)
