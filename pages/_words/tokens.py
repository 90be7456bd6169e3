"""One sentence's tokens: how far each piece moves from layer to layer."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.embeddings.layers import TokenLayers, token_layers
from bert_core.views import layer_figures
from bert_core.views.embedding_files import figures_html, token_layers_csv
from bert_core.views.embedding_snippets import token_snippet
from bert_core.views.records import to_json
from pages._shared.answers import kept
from pages._shared.link import address
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import shown_errors
from pages._shared.toolbar import Download, toolbar
from pages._words import state
from pages._words.charts import chart

FIGURES = {
    "What is left of the start": (
        layer_figures.to_start,
        "How much of each piece's first vector is left. Full colour: it still says what it said "
        "before any context; faint: the sentence has changed it.",
    ),
    "Pieces beside it": (
        layer_figures.to_neighbours,
        "How alike a piece and the ones beside it are. What belongs together grows alike.",
    ),
    "Paths": (
        layer_figures.paths,
        "Each piece from the embeddings to the last layer (the large dot), all in one plane.",
    ),
    "All pieces": (
        layer_figures.together,
        "How alike any two pieces of the sentence are. With the common mean taken off it stays "
        "near 0; leave it on to see how much all pieces share.",
    ),
}


def page(choice: ModelChoice) -> TokenLayers:
    """The sentence, and one of four figures."""
    values = st.session_state
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    left.text_input("Sentence", key="wc_sentence", persist_state="session")
    right.toggle("Take the common mean off", key="wc_take_mean", persist_state="session",
                 help="The mean over the pieces, at each layer.")  # fmt: skip
    encoder = encoder_with_progress(choice)
    result = kept(
        ("token layers", choice, values["wc_sentence"], values["wc_take_mean"]),
        lambda: token_layers(encoder, values["wc_sentence"], centre=values["wc_take_mean"]),
    )
    view = st.segmented_control("View", state.TOKEN_VIEWS, key="wc_token_view", required=True,
                                persist_state="session",
                                label_visibility="collapsed")  # fmt: skip
    draw, words = FIGURES[view]
    st.caption(words)
    chart(draw(result), key="wc_tokens")
    return result


def exports(choice: ModelChoice, result: TokenLayers) -> None:
    """The toolbar."""
    with shown_errors():
        values, _ = state.carried()
        link = address(state.LINKED, values)
        text = result.tokens.text
        snippet = token_snippet(choice, text, centre=result.centre)
        downloads = (
            Download("Numbers (CSV)", "tokens.csv", "text/csv", lambda: token_layers_csv(result)),
            Download("All numbers (JSON)", "tokens.json", "application/json",
                     lambda: to_json(result)),
            Download("Figures (HTML, opens offline)", "tokens.html", "text/html",
                     lambda: figures_html(text, [(words, draw(result))
                                                 for draw, words in FIGURES.values()],
                                          link=link, snippet=snippet)),
        )  # fmt: skip
        toolbar(link, downloads, snippet, key="wc_token_export")
