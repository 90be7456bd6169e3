"""One sentence's pieces from layer to layer, as plotly figures."""

from typing import Any

import plotly.graph_objects as go

from bert_core.analysis.embeddings.layers import TokenLayers
from bert_core.views.embedding_tables import layer_name
from bert_core.views.escaping import plotly_text
from bert_core.views.numbers import percent
from bert_core.views.palette import ACCENT, CATEGORIES, SEQUENTIAL

MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}


def to_start(result: TokenLayers) -> Any:
    """How much of each piece's first vector is left at every layer."""
    return _heat(result, result.to_start)


def to_neighbours(result: TokenLayers) -> Any:
    """How alike each piece and the ones beside it are at every layer."""
    return _heat(result, result.to_neighbours)


def paths(result: TokenLayers) -> Any:
    """The way of every piece through the layers, in one plane.

    Args:
        result: from :func:`bert_core.analysis.embeddings.layers.token_layers`.
    """
    figure = go.Figure()
    names = [layer_name(layer) for layer in range(len(result.paths))]
    for position, piece in enumerate(result.tokens.pieces):
        special = result.tokens.words[position] is None
        colour = CATEGORIES[5] if special else CATEGORIES[position % 5]
        way = result.paths[:, position]
        figure.add_scatter(
            x=way[:, 0], y=way[:, 1], mode="lines+markers+text", name=plotly_text(piece),
            line={"color": colour, "width": 1.5, "shape": "spline"},
            marker={"size": [4] * (len(way) - 1) + [10], "color": colour},
            text=[""] * (len(way) - 1) + [plotly_text(piece)], textposition="top center",
            customdata=names, showlegend=False,
            hovertemplate="%{fullData.name}, %{customdata}<extra></extra>",
        )  # fmt: skip
    titles = [
        f"component {n}: {percent(share)} of the variance"
        for n, share in enumerate(result.explained, start=1)
    ]
    figure.update_xaxes(title=titles[0], showticklabels=False, zeroline=False)
    figure.update_yaxes(title=titles[1], showticklabels=False, zeroline=False)
    figure.update_layout(height=520, margin=MARGIN)
    return figure


def together(result: TokenLayers) -> Any:
    """Mean cosine of two pieces of the sentence at every layer."""
    figure, low = go.Figure(), float(result.to_all.min())
    figure.add_scatter(
        x=[layer_name(layer, brief=True) for layer in range(len(result.to_all))],
        y=result.to_all, mode="lines+markers", line={"color": ACCENT, "width": 2.5},
        marker={"size": 8}, hovertemplate="layer %{x}: %{y:.3f}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title="layer", type="category")
    # In full, so that hardly any change looks like that.
    figure.update_yaxes(title="mean cosine of two pieces", range=[min(-0.2, low - 0.05), 1.02])
    figure.update_layout(height=280, margin=MARGIN)
    return figure


def _heat(result: TokenLayers, values: Any) -> Any:
    rows, pieces = values.shape
    names = [plotly_text(piece) for piece in result.tokens.pieces]
    figure = go.Figure()
    figure.add_heatmap(
        z=values,
        x=list(range(pieces)),
        y=[layer_name(layer, brief=True) for layer in range(rows)],
        customdata=[names] * rows,
        colorscale=SEQUENTIAL,
        zmin=min(0.0, float(values.min())),
        zmax=1.0,
        colorbar={"title": "cosine", "thickness": 12},
        hovertemplate="layer %{y}, %{customdata}: %{z:.3f}<extra></extra>",
    )
    figure.update_xaxes(tickvals=list(range(pieces)), ticktext=names, tickangle=-45, showgrid=False)
    figure.update_yaxes(title="layer", type="category", autorange="reversed", showgrid=False)
    figure.update_layout(height=150 + 26 * rows, margin=MARGIN)
    return figure
