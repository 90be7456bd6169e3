"""Figures of an evaluation: when to give no answer."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from bert_core.evaluation.listing import NullOdds
from bert_core.metrics.thresholds import Curve
from bert_core.views.palette import ACCENT, CATEGORIES

_NAMES = {"exact": "exact match", "f1": "F1", "oracle": "oracle: knows the answers, only ranks"}
_DASHES = {"exact": "solid", "f1": "dash", "oracle": "dot"}
_HEIGHT = 340
_MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}


def precision_recall(curves: Mapping[str, Curve]) -> Any:
    """Precision against recall as more and more doubtful answers are given.

    Args:
        curves: by ``exact``, ``f1`` and ``oracle``, from :class:`Judgement`.
    """
    figure = go.Figure()
    for (name, curve), colour in zip(curves.items(), CATEGORIES, strict=False):
        figure.add_scatter(
            x=curve.recall,
            y=curve.precision,
            name=f"{_NAMES[name]} ({100 * curve.average:.1f})",
            mode="lines",
            line={"color": colour, "width": 2, "dash": _DASHES[name], "shape": "hv"},
            customdata=curve.thresholds,
            hovertemplate="recall %{x:.1%}, precision %{y:.1%} at threshold %{customdata:.2f}"
            "<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(title="recall", tickformat=".0%", range=[0, 1.02])
    figure.update_yaxes(title="precision", tickformat=".0%", range=[0, 1.02])
    figure.update_layout(height=_HEIGHT, margin=_MARGIN, legend={"orientation": "h", "y": -0.25})
    return figure


def null_histogram(odds: NullOdds, threshold: float) -> Any:
    """No-answer scores of questions with and without an answer, and where the line is drawn.

    Args:
        odds: from :func:`bert_core.evaluation.listing.null_odds`.
        threshold: above which no answer is given, in nats.
    """
    figure = go.Figure()
    for name, values, colour, pattern in (
        ("has an answer", odds.has_answer, CATEGORIES[0], ""),
        ("has none", odds.no_answer, CATEGORIES[1], "/"),
    ):
        if len(values):
            figure.add_histogram(
                x=values,
                name=f"{name} ({len(values):,})",
                nbinsx=30,
                bingroup="margins",  # bars of both sorts stand for the same stretch
                marker={"color": colour, "pattern": {"shape": pattern}},
                opacity=0.7,
                hovertemplate="margin %{x}: %{y} questions<extra>%{fullData.name}</extra>",
            )
    figure.add_vline(x=threshold, line={"color": ACCENT, "width": 2}, annotation_text="threshold")
    figure.update_xaxes(title="score of no answer")
    figure.update_yaxes(title="questions")
    figure.update_layout(
        height=_HEIGHT,
        margin={**_MARGIN, "t": 24},
        barmode="overlay",
        legend={"orientation": "h", "y": -0.25},
    )
    return figure
