"""Results as plotly figures. Colours come from the palette, the rest from the page's theme."""

from typing import Any

import plotly.graph_objects as go

from bert_core.analysis.lens import LensResult
from bert_core.analysis.shift import ShiftResult
from bert_core.views.escaping import plotly_text
from bert_core.views.numbers import percent
from bert_core.views.palette import CATEGORIES, SEQUENTIAL


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
            name=plotly_text(word.word),
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


def shift_heads(result: ShiftResult) -> Any:
    """How far each attention head moved, layer by layer; layers and heads counted from 1.

    Args:
        result: from :func:`bert_core.analysis.shift.shift`.
    """
    layers, heads = result.attention.shape
    figure = go.Figure()
    figure.add_heatmap(
        z=result.attention,
        x=[str(head) for head in range(1, heads + 1)],
        y=[str(layer) for layer in range(1, layers + 1)],
        customdata=[[percent(moved) for moved in row] for row in result.attention.tolist()],
        colorscale=SEQUENTIAL,
        zmin=0,
        colorbar={"title": "moved", "tickformat": ".0%"},
        hovertemplate="layer %{y}, head %{x}: %{customdata} of its attention moved<extra></extra>",
    )
    return _grid(figure, rows=layers, across="head")


def shift_pieces(result: ShiftResult) -> Any:
    """How far the hidden state of each piece turned, layer by layer.

    Args:
        result: from :func:`bert_core.analysis.shift.shift`.
    """
    rows, pieces = result.hidden.shape
    figure = go.Figure()
    figure.add_heatmap(
        z=result.hidden,
        x=list(range(pieces)),
        y=["emb.", *(str(layer) for layer in range(1, rows))],
        customdata=[[plotly_text(piece) for piece in result.tokens.pieces]] * rows,
        colorscale=SEQUENTIAL,
        zmin=0,
        colorbar={"title": "1 − cosine"},
        hovertemplate="layer %{y}, %{customdata}: %{z:.3f}<extra></extra>",
    )
    figure.update_xaxes(
        tickvals=list(range(pieces)),
        ticktext=[plotly_text(piece) for piece in result.tokens.pieces],
    )
    return _grid(figure, rows=rows, across="")


def _grid(figure: Any, *, rows: int, across: str) -> Any:
    """A heatmap with one row for each layer, the first at the top."""
    figure.update_yaxes(autorange="reversed", title="layer", type="category")
    figure.update_xaxes(title=across, type="category" if across else None)
    figure.update_layout(height=120 + 26 * rows, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return figure
