"""Results as plotly figures. Colours come from the palette, the rest from the page's theme."""

from typing import Any

import plotly.graph_objects as go

from bert_core.analysis.lens import LensResult
from bert_core.views.numbers import percent
from bert_core.views.palette import CATEGORIES


def rank_paths(result: LensResult) -> Any:
    """The rank of the final words through the layers, best at the top, on a log scale.

    Args:
        result: from :func:`bert_core.analysis.lens.lens`; at most six words are drawn.
    """
    names = ["emb." if layer.layer == 0 else str(layer.layer) for layer in result.layers]
    figure = go.Figure()
    markers = ("circle", "square", "diamond", "cross", "triangle-up", "x")
    for index, (word, colour) in enumerate(zip(result.words, CATEGORIES, strict=False)):
        figure.add_scatter(
            x=names,
            y=[layer.ranks[index] for layer in result.layers],
            name=_plain(word.word),
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"symbol": markers[index], "size": 8},
            customdata=[percent(layer.probabilities[index]) for layer in result.layers],
            hovertemplate="layer %{x}: rank %{y:,} (%{customdata})<extra>%{fullData.name}</extra>",
        )
    figure.update_yaxes(type="log", autorange="reversed", title="rank", dtick=1)
    figure.update_xaxes(title="layer", type="category")
    figure.update_layout(
        height=260,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.15},
    )
    return figure


def _plain(text: str) -> str:
    """Text that plotly's own small HTML shows letter by letter."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
