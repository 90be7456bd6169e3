"""A word in many sentences as plotly figures: points, similarities, layers, five readings."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from bert_core.analysis.embeddings.geometry import Space
from bert_core.analysis.embeddings.occurrences import Occurrence
from bert_core.analysis.embeddings.projection import Projection
from bert_core.analysis.embeddings.scoring import LayerScore
from bert_core.analysis.embeddings.senses import SensesResult
from bert_core.views.embedding_tables import NO_SENSE, READING_NAMES, layer_name
from bert_core.views.escaping import plotly_text
from bert_core.views.numbers import percent, share
from bert_core.views.palette import ACCENT, CATEGORIES, FAINT, SEQUENTIAL

SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x")
GREY = "#8b93a3"
"""For what is compared with: it reads on white and on the dark paper alike."""
MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
WIDTH = 56  # characters of a line in a hover box
NEAR = 150  # characters on either side of the word in a hover box
_MARK = "\1"
COLUMNS = 3  # small pictures beside each other


def points(
    projection: Projection, occurrences: Sequence[Occurrence], chosen: int | None = None
) -> Any:
    """One point for each sentence, numbered by its line; its words show on hover.

    Args:
        projection: N points.
        occurrences: the N sentences.
        chosen: index of the one that gets a ring; None: none.
    """
    figure = go.Figure()
    _add_points(figure, projection, occurrences, size=12, numbered=True)
    if chosen is not None:
        place = projection.points[chosen]
        figure.add_scatter(
            x=[place[0]], y=[place[1]], mode="markers", hoverinfo="skip", showlegend=False,
            marker={"symbol": "circle-open", "size": 24, "color": ACCENT, "line": {"width": 2}},
        )  # fmt: skip
    names = ["", ""]
    if projection.explained is not None:
        names = [
            f"component {n}: {percent(part)} of the variance"
            for n, part in enumerate(projection.explained, start=1)
        ]
    figure.update_xaxes(title=names[0], showticklabels=False, zeroline=False)
    figure.update_yaxes(title=names[1], showticklabels=False, zeroline=False)
    # Of few points the outermost, with its number, would lie on the edge.
    low, high = projection.points[:, 1].min(), projection.points[:, 1].max()
    room = 0.12 * (high - low) or 1.0
    figure.update_yaxes(range=[low - room, high + room])
    figure.update_layout(
        height=440, margin=MARGIN, legend={"orientation": "h", "y": 1.1}, clickmode="event+select"
    )
    return figure


def small_multiples(
    projections: Sequence[Projection | None],
    occurrences: Sequence[Occurrence],
    scores: Sequence[LayerScore] = (),
) -> Any:
    """The same points at every layer, side by side.

    Args:
        projections: one for each layer; None where all vectors are the same.
        occurrences: the N sentences.
        scores: of the layers, named above each picture; none without senses.
    """
    rows = -(-len(projections) // COLUMNS)
    titles = [layer_name(layer) for layer in range(len(projections))]
    if scores:
        titles = [
            f"{name} · {each.accuracy:.0%}" for name, each in zip(titles, scores, strict=True)
        ]
    figure = make_subplots(
        rows, COLUMNS, subplot_titles=titles, horizontal_spacing=0.03,
        vertical_spacing=min(0.2, 0.4 / rows),
    )  # fmt: skip
    for index, each in enumerate(projections):
        row, col = index // COLUMNS + 1, index % COLUMNS + 1
        if each is None:
            figure.add_annotation(text="all the same", showarrow=False, x=0, y=0, row=row, col=col)
            figure.update_xaxes(range=[-1, 1], row=row, col=col)
            figure.update_yaxes(range=[-1, 1], row=row, col=col)
        else:
            _add_points(figure, each, occurrences, size=7, place=(row, col),
                        legend=index == len(projections) - 1)  # fmt: skip
        figure.add_shape(
            type="rect", xref="x domain", yref="y domain", x0=0, x1=1, y0=0, y1=1, row=row, col=col,
            line={"color": GREY, "width": 1}, opacity=0.5,
        )  # fmt: skip
    bare = {"showticklabels": False, "zeroline": False, "showgrid": False, "ticks": ""}
    figure.update_xaxes(**bare)
    figure.update_yaxes(**bare)
    figure.update_annotations(font_size=13, yshift=4)
    figure.update_layout(
        height=60 + 200 * rows, margin={"l": 16, "r": 16, "t": 36, "b": 16},
        legend={"orientation": "h", "y": -0.02, "yanchor": "top"},
    )  # fmt: skip
    return figure


def matrix(space: Space, occurrences: Sequence[Occurrence]) -> Any:
    """Every sentence against every other, those of a sense together; fuller colour is closer.

    Args:
        space: of the N vectors.
        occurrences: the N sentences.
    """
    senses = _senses(occurrences)
    order = [n for sense in senses for n, each in enumerate(occurrences) if _sense(each) == sense]
    values = space.values[np.ix_(order, order)].copy()
    np.fill_diagonal(values, np.nan)
    names = [_short(occurrences[n]) for n in order]
    cosine = space.geometry.metric == "cosine"
    figure = go.Figure()
    figure.add_heatmap(
        z=values, x=names, y=names, colorscale=SEQUENTIAL, reversescale=not cosine,
        colorbar={"title": "cosine" if cosine else "distance", "thickness": 12},
        hovertemplate="%{x}<br>%{y}<br><b>%{z:.3f}</b><extra></extra>", hoverongaps=False,
    )  # fmt: skip
    edges = np.cumsum([sum(_sense(each) == sense for each in occurrences) for sense in senses])
    for edge in edges[:-1]:
        figure.add_vline(x=edge - 0.5, line={"color": GREY, "width": 1})
        figure.add_hline(y=edge - 0.5, line={"color": GREY, "width": 1})
    starts = [0, *edges[:-1]]
    middles = [(start + end - 1) / 2 for start, end in zip(starts, edges, strict=True)]
    ticks = {"tickvals": middles, "ticktext": [plotly_text(sense) for sense in senses],
             "showgrid": False}  # fmt: skip
    figure.update_xaxes(**ticks)
    figure.update_yaxes(**ticks, autorange="reversed", tickangle=-90)
    figure.update_layout(height=480, margin=MARGIN)
    return figure


def sense_lines(scores: Sequence[LayerScore], metric: str) -> Any:
    """Same sense, different senses and random words by layer; the gap is the band between.

    Args:
        scores: one for each layer, the embeddings first.
        metric: ``"cosine"`` or ``"euclidean"``.
    """
    names = [layer_name(each.layer, brief=True) for each in scores]
    figure = go.Figure()
    lines = [
        ("different senses", [each.between for each in scores], CATEGORIES[1], "dash", "square"),
        ("same sense", [each.within for each in scores], CATEGORIES[0], "solid", "circle"),
    ]
    for index, (name, values, colour, dash, symbol) in enumerate(lines):
        figure.add_scatter(
            x=names, y=values, name=name, mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2.5},
            marker={"symbol": symbol, "size": 8},
            fill="tonexty" if index else None, fillcolor="rgba(79, 70, 229, 0.15)",
            hovertemplate="%{y:.3f}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    if scores[0].baseline is not None:
        figure.add_scatter(
            x=names, y=[each.baseline for each in scores], name="random words", mode="lines",
            line={"color": GREY, "dash": "dot", "width": 2},
            hovertemplate="%{y:.3f}<extra>random words</extra>",
        )  # fmt: skip
    title = "cosine" if metric == "cosine" else "distance"
    return _by_layer(figure, title, height=340)


def readings(result: SensesResult) -> Any:
    """The five readings, each with its best layer, against what guessing gives."""
    order = list(reversed(result.readings))
    count = sum(result.counts)
    rows = list(range(len(order)))
    deep = [each.reading == "deep" for each in order]
    figure = go.Figure()
    figure.add_bar(
        x=[each.best.accuracy for each in order], y=rows, orientation="h", width=0.42,
        marker={"color": [ACCENT if own else FAINT for own in deep]}, showlegend=False,
        customdata=[[each.best.silhouette, each.luck, each.p] for each in order],
        hovertemplate="%{x:.1%} have a neighbour of the same sense<br>silhouette "
        "%{customdata[0]:.2f}<br>shuffled senses: 95 of 100 stay at or below %{customdata[1]:.0%}"
        "<br>p = %{customdata[2]:.3f}<extra></extra>",
    )  # fmt: skip
    for row, each in zip(rows, order, strict=True):
        layer = "" if each.reading == "table" else f", layer {each.best.layer}"
        words = f"{READING_NAMES[each.reading]} · <b>{share(each.best.accuracy)}</b>{layer}"
        # Above the bar: on it the marks of luck and guessing would cross the figure.
        figure.add_annotation(
            x=0, y=row, text=words, showarrow=False, xanchor="left", yshift=24,
            font={"size": 13},
        )  # fmt: skip
    figure.add_scatter(
        x=[each.luck for each in order], y=rows, mode="markers", name="luck (95 of 100 shuffles)",
        marker={"symbol": "line-ns-open", "size": 18, "color": CATEGORIES[1],
                "line": {"width": 2}},
        hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=[result.chance, result.chance, None] * len(order),
        y=[edge for row in rows for edge in (row - 0.21, row + 0.21, None)],
        mode="lines", hoverinfo="skip", name=f"guessing, {percent(result.chance)}",
        line={"color": GREY, "dash": "dot", "width": 3},
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%", title=f"right, of {count} sentences")
    figure.update_yaxes(visible=False, range=[-0.5, len(order) - 0.2])
    figure.update_layout(
        height=110 + 62 * len(order), margin=MARGIN, legend={"orientation": "h", "y": 1.08}
    )
    return figure


def readings_by_layer(result: SensesResult) -> Any:
    """The share of right neighbours at every layer, for each reading."""
    figure = go.Figure()
    names = [layer_name(each.layer, brief=True) for each in result.readings[-1].layers]
    dashes = ("dot", "dash", "dashdot", "longdash", "solid")
    order = (5, 1, 2, 3, 0)  # the accent for both ways, as in the bars
    for index, each in enumerate(result.readings):
        values = [layer.accuracy for layer in each.layers]
        flat = each.reading == "table"
        figure.add_scatter(
            x=names, y=values * len(names) if flat else values, name=READING_NAMES[each.reading],
            mode="lines" if flat else "lines+markers",
            line={"color": CATEGORIES[order[index]], "dash": dashes[index], "width": 2.5},
            marker={"symbol": SYMBOLS[index], "size": 8},
            hovertemplate="%{y:.1%}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.update_yaxes(tickformat=".0%", range=[0, 1.04])
    return _by_layer(figure, "right neighbours", height=440)


def _by_layer(figure: Any, title: str, *, height: int) -> Any:
    figure.update_xaxes(title="layer", type="category")
    figure.update_yaxes(title=title)
    figure.update_layout(
        height=height,
        margin=MARGIN,
        hovermode="x unified",
        legend={"orientation": "h", "y": -0.22, "yanchor": "top"},
    )
    return figure


def _add_points(
    figure: Any,
    projection: Projection,
    occurrences: Sequence[Occurrence],
    *,
    size: int,
    numbered: bool = False,
    legend: bool = True,
    place: tuple[int, int] | None = None,
) -> None:
    row, col = place or (None, None)
    for number, sense in enumerate(_senses(occurrences)):
        members = [n for n, each in enumerate(occurrences) if _sense(each) == sense]
        colour = GREY if sense == NO_SENSE else CATEGORIES[number % len(CATEGORIES)]
        figure.add_scatter(
            x=projection.points[members, 0], y=projection.points[members, 1],
            mode="markers+text" if numbered else "markers", name=plotly_text(sense),
            text=[str(occurrences[n].sentence.line) for n in members],
            textposition="top center", textfont={"size": 10},
            legendgroup=plotly_text(sense), showlegend=legend,
            marker={"color": colour, "size": size, "symbol": SYMBOLS[number % len(SYMBOLS)]},
            customdata=[[n, _hover(occurrences[n])] for n in members],
            hovertemplate="%{customdata[1]}<extra>%{fullData.name}</extra>",
            row=row, col=col,
        )  # fmt: skip


def _senses(occurrences: Sequence[Occurrence]) -> list[str]:
    return list(dict.fromkeys(map(_sense, occurrences)))


def _sense(occurrence: Occurrence) -> str:
    return occurrence.sentence.label or NO_SENSE


def _hover(occurrence: Occurrence) -> str:
    """The sentence in short lines, the word in bold."""
    start, end = occurrence.start, occurrence.end
    text = occurrence.sentence.text.replace(_MARK, " ")
    near = text[max(0, start - NEAR) : start], text[start:end], text[end : end + NEAR]
    lines = wrap(_MARK.join(near), WIDTH)
    before, word, after = "<br>".join(map(plotly_text, lines)).split(_MARK)
    return f"{occurrence.sentence.line}: {before}<b>{word}</b>{after}"


def _short(occurrence: Occurrence) -> str:
    text = occurrence.sentence.text
    shown = text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
    return f"{occurrence.sentence.line}: {plotly_text(shown)}"
