"""The lengths of a file's lines as a plotly figure."""

from typing import Any

import plotly.graph_objects as go

from bert_core.analysis.tokenization.statistics import LIMITS, TokenStatistics
from bert_core.views.numbers import share
from bert_core.views.palette import ACCENT, CATEGORIES

BINS = 32
"""Bars of the histogram."""


def lengths_figure(result: TokenStatistics) -> Any:
    """How many lines have how many pieces, up to the usual limit that the longest is within.

    The limits are upright lines; what is longer than all of them is one bar behind the last.

    Args:
        result: from :func:`bert_core.analysis.tokenization.statistics.token_statistics`.
    """
    top = next((limit for limit in LIMITS if result.longest <= limit), LIMITS[-1])
    width = top // BINS
    # Each bar ends with the limit's own number: 128 pieces stand left of the line at 128.
    ends = range(width, top + 1, width)
    lines = [int(result.lengths[end - width + 1 : end + 1].sum()) for end in ends]
    names = [f"{end - width + 1} to {end} pieces" for end in ends]
    places, widths = [end - width / 2 for end in ends], [width * 0.9] * BINS
    ticks = {0: "0", **{limit: str(limit) for limit in LIMITS if limit <= top}}
    if beyond := int(result.lengths[top + 1 :].sum()):
        lines, names = [*lines, beyond], [*names, f"over {top} pieces"]
        places, widths = [*places, top + 3 * width], [*widths, 2 * width]
        ticks |= {top + 3 * width: "more"}
    figure = go.Figure()
    figure.add_bar(x=places, y=lines, width=widths, marker_color=ACCENT, customdata=names,
                   hovertemplate="%{customdata}: %{y:,} lines<extra></extra>")  # fmt: skip
    for limit in (limit for limit in LIMITS if limit <= top):
        part = share(result.fitting(limit) / max(1, result.seen))
        figure.add_vline(
            x=limit,
            line={"color": CATEGORIES[1], "dash": "dot", "width": 2},
            annotation={"text": f"{limit}: {part} fit", "textangle": -90, "xanchor": "right",
                        "yanchor": "top", "y": 1, "showarrow": False},
        )  # fmt: skip
    figure.update_xaxes(title="word pieces of a line, special ones included", showgrid=False,
                        tickvals=list(ticks), ticktext=list(ticks.values()),
                        range=[0, top + (5 if beyond else 1) * width])  # fmt: skip
    figure.update_yaxes(title="lines", rangemode="tozero")
    figure.update_layout(height=280, showlegend=False, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return figure
