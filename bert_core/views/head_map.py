"""The map of heads: those that attend alike lie together."""

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from bert_core.analysis.attention.distances import HeadDistances
from bert_core.analysis.attention.table import HeadRow, HeadTable, Pattern
from bert_core.model.choice import ModelChoice
from bert_core.model.tokens import Tokens
from bert_core.views.attention_clicks import Pick, read_pick
from bert_core.views.attention_files import versions
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import counted, percent
from bert_core.views.palette import CATEGORIES, SOFT, layer_shades
from bert_core.views.snippets import WHERE, model_line, tokens_line
from bert_core.views.tables import BarTable

SYMBOLS: dict[Pattern, str] = {
    "self": "star",
    "previous": "triangle-left",
    "next": "triangle-right",
    "[CLS]": "square",
    "[SEP]": "diamond",
    "punctuation": "cross",
    "rest of the word": "hexagon",
    "broad": "pentagon",
    "mixed": "circle",
}
GRID = 0.1
"""Width of a square of the map's grid."""
COLUMNS = ("layer_1", "head_1", "layer_2", "head_2", "distance")
ABOUT = (
    "distances[i][j] is the square root of the mean Jensen-Shannon divergence (nats) of the rows "
    "of heads i and j; x and y are a map of them (classical scaling), and explained is the part "
    "of their spread that it keeps. Layers and heads are counted from 1, rows are positions of "
    "pieces, counted from 0."
)
MEANING = (
    "Heads that divide their attention alike lie close together (Clark et al. 2019, figure 6). "
    "The distance is the square root of the Jensen-Shannon divergence, from 0 for the same to "
    "0.83 for heads that share nothing; the two axes have no meaning of their own."
)


def map_figure(
    found: HeadDistances, table: HeadTable, opened: Pick, *, all_names: bool = False
) -> Any:
    """One point for each head: the shade is its layer, the symbol its pattern, the words its name.

    Args:
        found: of the heads of ``table``.
        table: their patterns.
        opened: the head that is marked.
        all_names: whether every head has its name beside it; otherwise, of heads that lie on
            each other one has.
    """
    figure = go.Figure()
    shades = layer_shades(table.layers)
    first = (opened.layer - 1) * table.heads + (opened.head or 1) - 1
    named = set(range(len(table.rows))) if all_names else apart(found.points, first)
    counts = Counter(row.pattern for row in table.rows)
    for pattern in filter(counts.__contains__, get_args(Pattern)):
        places = [place for place, row in enumerate(table.rows) if row.pattern == pattern]
        rows = [table.rows[place] for place in places]
        marks = [(row.layer, row.head) == (opened.layer, opened.head) for row in rows]
        figure.add_scatter(
            x=found.points[places, 0],
            y=found.points[places, 1],
            mode="markers+text",
            name=f"{pattern} ({counts[pattern]})",
            text=[_name(table.rows[place]) if place in named else "" for place in places],
            textposition="top center",
            textfont={"size": 10},
            # Positions, as the grid sends them.
            customdata=[
                [row.layer - 1, row.head - 1, _name(row), percent(row.share)] for row in rows
            ],
            hovertemplate=f"head %{{customdata[2]}}: {pattern} (%{{customdata[3]}})<extra></extra>",
            marker={
                "symbol": SYMBOLS[pattern],
                "size": [18 if mark else 11 for mark in marks],
                "color": [shades[row.layer - 1] for row in rows],
                "opacity": 1,
                "line": {
                    "color": [CATEGORIES[1] if mark else SOFT for mark in marks],
                    "width": [3 if mark else 1 for mark in marks],
                },
            },
            # A chosen point is marked by its rim; the others stay as they are.
            unselected={"marker": {"opacity": 1}},
        )
    return _laid_out(figure, shades)


def apart(points: NDArray[np.float64], first: int, share: float = 0.06) -> set[int]:
    """Points that lie apart enough for each to have its name beside it.

    Args:
        points: shape (N, 2).
        first: the point that is named in any case.
        share: of the wider side of the map, within which only one has a name.
    """
    near = share * float(np.ptp(points, axis=0).max())
    named = [first]
    for place in range(len(points)):
        if np.hypot(*(points[named] - points[place]).T).min() > near:
            named.append(place)
    return set(named)


def _laid_out(figure: Any, shades: Sequence[str]) -> Any:
    layers = len(shades)
    bar = {"title": {"text": "layer", "side": "top"}, "thickness": 10, "orientation": "h",
           "len": 0.5, "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "outlinewidth": 0,
           "tickvals": sorted({1, (layers + 1) // 2, layers})}  # fmt: skip
    # An empty trace: a legend cannot show the colour of points that have it from a scale.
    figure.add_scatter(
        x=[None], y=[None], mode="markers", showlegend=False, hoverinfo="skip",
        marker={"color": [1], "colorscale": [(0, shades[0]), (1, shades[-1])], "cmin": 1,
                "cmax": max(2, layers), "showscale": True, "colorbar": bar},
    )  # fmt: skip
    # One unit is as long up as across, or the map would bend its distances.
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(showticklabels=False, zeroline=False, showgrid=True, dtick=GRID, tick0=0)
    figure.update_yaxes(scaleanchor="x")
    figure.update_layout(
        height=600,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "itemsizing": "constant"},
    )
    return figure


def picked_head(points: object, table: HeadTable) -> Pick | None:
    """Read what the browser sent of a click on the map, trusting none of it.

    Args:
        points: the selected points.
        table: the heads that the visitor saw.

    Returns:
        The head, or None when none is named.
    """
    first = points[0] if isinstance(points, list) and points else None
    data = first.get("customdata") if isinstance(first, dict) else None
    if not isinstance(data, list) or len(data) < 2:
        return None
    sent = {"layer": data[0], "head": data[1]}
    return read_pick(sent, range(1, table.layers + 1), range(1, table.heads + 1))


def kept_words(found: HeadDistances) -> str:
    """How far the map can be believed, and what was compared, in sentences."""
    words = f"The map keeps {percent(found.explained)} of the spread of the distances"
    words += "." if found.explained > 0.995 else "; the table has them exactly."
    words += f" A square of the grid is {GRID} wide."
    if len(found.rows) < found.of_rows:
        words += f" Compared: {counted(len(found.rows), 'row')} of {found.of_rows:,}."
    return words


def nearest(
    found: HeadDistances, table: HeadTable, opened: Pick, most: int = 10
) -> tuple[BarTable, tuple[HeadRow, ...]]:
    """The heads nearest to one, by the exact distances.

    Args:
        found: of the heads of ``table``; at least two.
        table: their patterns.
        opened: the head that is looked from.
        most: heads that are shown.

    Returns:
        The table, and the head of each of its rows.
    """
    names = [(row.layer, row.head) for row in table.rows]
    gaps = found.distances[names.index((opened.layer, opened.head or 1))]
    order = [place for place in np.argsort(gaps, kind="stable").tolist()
             if names[place] != (opened.layer, opened.head)][:most]  # fmt: skip
    rows = tuple(table.rows[place] for place in order)
    bars = tuple(
        Bar((_name(row), row.pattern, f"{gaps[place]:.3f}"), float(gaps[place]))
        for row, place in zip(rows, order, strict=True)
    )
    columns = (
        Column("head", "word"),
        Column("pattern", "text"),
        Column("Bar", "bar"),
        Column("distance", "number", help="Square root of the Jensen-Shannon divergence in "
               "nats, at most 0.83: shorter is more alike."),
    )  # fmt: skip
    return BarTable(
        columns,
        bars,
        caption=f"Nearest to head {opened.layer}.{opened.head}",
        badge=f"{len(rows)} of {len(names) - 1}",
        scale=float(np.sqrt(np.log(2))),
    ), rows


def distances_csv(found: HeadDistances, heads: int) -> str:
    """One line for each pair of heads, both counted from 1.

    Args:
        found: the distances.
        heads: number of heads in a layer.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one, two in np.argwhere(np.triu(np.ones_like(found.distances), k=1)).tolist():
        names = (one // heads + 1, one % heads + 1, two // heads + 1, two % heads + 1)
        writer.writerow((*names, float(found.distances[one, two])))
    return out.getvalue()


def distances_json(found: HeadDistances, table: HeadTable, model: str) -> str:
    """The heads with their places on the map, and all distances."""
    record = {
        "about": ABOUT,
        "versions": versions(),
        "model": model,
        "heads": [
            {"layer": row.layer, "head": row.head, "pattern": row.pattern, "x": x, "y": y}
            for row, (x, y) in zip(table.rows, found.points.tolist(), strict=True)
        ],
        "distances": found.distances.tolist(),
        "explained": found.explained,
        "rows": list(found.rows),
        "of_rows": found.of_rows,
    }
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def distances_snippet(choice: ModelChoice, tokens: Tokens, masked: tuple[int, ...]) -> str:
    """Lines that print the distances as CSV."""
    return "\n".join(
        [
            WHERE,
            "import bert_core",
            "from bert_core.analysis.attention.distances import head_distances",
            "from bert_core.analysis.attention.measures import trace_attention",
            "from bert_core.views.head_map import distances_csv",
            "",
            model_line("encoder", choice),
            tokens_line(tokens.text, tokens.pair, masked),
            "found = head_distances(trace_attention(encoder, tokens).attention, tokens)",
            "print(distances_csv(found, encoder.checkpoint.attention_heads))",
        ]
    )


def _name(row: HeadRow) -> str:
    return f"{row.layer}.{row.head}"
