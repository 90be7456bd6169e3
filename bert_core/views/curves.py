"""A run's figures along its steps: loss raw and smoothed, what was measured, rate and memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from bert_core.views.escaping import plotly_text
from bert_core.views.palette import CATEGORIES
from bert_core.views.run_lines import metric_factor

MOST = 1_000
"""Points of a line that a browser is sent; a screen shows no more."""
SMOOTHING = 0.9
NAMES = {
    "loss": "training loss",
    "learning_rate": "learning rate",
    "grad_norm": "length of the gradient",
    "steps_a_second": "steps per second",
    "memory_mib": "memory, MiB",
}
"""What the figures of training are called on a page; others keep their own names."""
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_MARKS = ("circle", "square", "diamond", "cross", "triangle-up", "x")


@dataclass(frozen=True, slots=True)
class Curve:
    """One figure of one run.

    Attributes:
        run: what the run is called in a legend.
        steps: optimizer steps at which it was recorded, ascending.
        values: what was recorded; of the same length.
    """

    run: str
    steps: tuple[int, ...]
    values: tuple[float, ...]


def train_curve(rows: Iterable[Mapping[str, Any]], name: str, run: str) -> Curve:
    """A figure of training; rows without it, or with one that is not finite, are passed over.

    Args:
        rows: lines of metrics.jsonl, those made void by a resume left out
            (:func:`bert_core.training.folder.current_rows`).
        name: of the figure (``"loss"``).
        run: see :class:`Curve`.
    """
    return _curve(rows, "train", name, run)


def dev_curve(
    rows: Iterable[Mapping[str, Any]], name: str, run: str, *, shares: bool = True
) -> Curve:
    """As :func:`train_curve`, of a dev metric, in the unit of the tables: shares times 100."""
    found = _curve(rows, "dev", name, run)
    factor = metric_factor(name, found.values, shares=shares)
    return Curve(run, found.steps, tuple(value * factor for value in found.values))


def _curve(rows: Iterable[Mapping[str, Any]], kind: str, name: str, run: str) -> Curve:
    found = [
        (int(row["step"]), float(row[name]))
        for row in rows
        if row["kind"] == kind and row.get(name) is not None
    ]
    return Curve(run, tuple(step for step, _ in found), tuple(value for _, value in found))


def recorded(rows: Iterable[Mapping[str, Any]], kind: str) -> tuple[str, ...]:
    """Names of the figures that some rows of a kind have, in the order of their first row."""
    other = {"kind", "step", "time", "epoch"}
    return tuple(
        dict.fromkeys(
            name
            for row in rows
            if row["kind"] == kind
            for name, value in row.items()
            if name not in other and value is not None
        )
    )


def smoothed(values: Sequence[float], weight: float = SMOOTHING) -> tuple[float, ...]:
    """Exponential moving mean, corrected for its start as in Adam (Kingma, Ba 2015, section 3).

    Args:
        values: N of them.
        weight: of the past, in [0, 1).

    Returns:
        N values; the first is the first of ``values``.

    Example:
        >>> smoothed([1.0, 0.0, 1.0], weight=0.5)
        (1.0, 0.3333333333333333, 0.7142857142857143)
    """
    found, mean = [], 0.0
    for count, value in enumerate(values, start=1):
        mean = weight * mean + (1 - weight) * value
        found.append(mean / (1 - weight**count))
    return tuple(found)


def thinned(line: Curve, most: int = MOST) -> Curve:
    """At most about ``most`` points of a curve, evenly; its first and last always."""
    every = -(-len(line.steps) // most)
    if every <= 1:
        return line
    kept = sorted({*range(0, len(line.steps), every), len(line.steps) - 1})
    return Curve(line.run, tuple(line.steps[n] for n in kept), tuple(line.values[n] for n in kept))


def loss_figure(curves: Sequence[Curve]) -> Any:
    """Training loss of one or several runs: raw behind, smoothed before."""
    figure = go.Figure()
    _from_zero(figure, curves)
    for index, line in enumerate(curves):
        smooth = thinned(Curve(line.run, line.steps, smoothed(line.values)))
        raw = thinned(line)
        style = _style(index)
        figure.add_scatter(
            x=raw.steps, y=raw.values, mode="lines", opacity=0.3, hoverinfo="skip",
            line={"color": style["color"], "width": 1}, showlegend=False,
            name=plotly_text(line.run),
        )  # fmt: skip
        figure.add_scatter(
            x=smooth.steps, y=smooth.values, mode=_mode(smooth), line=style,
            name=plotly_text(line.run),
            hovertemplate="step %{x:,}: %{y:.4f}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    return _laid_out(figure, "loss", several=len(curves) > 1)


def line_figure(curves: Sequence[Curve], title: str, *, marks: bool = False) -> Any:
    """One figure of one or several runs.

    Args:
        curves: of the same figure.
        title: what stands beside the axis.
        marks: whether every point gets a mark: for few points, as measurements are.
    """
    figure = go.Figure()
    _from_zero(figure, curves)
    for index, line in enumerate(map(thinned, curves)):
        figure.add_scatter(
            x=line.steps, y=line.values, name=plotly_text(line.run), line=_style(index),
            mode="lines+markers" if marks else _mode(line),
            marker={"symbol": _MARKS[index % len(_MARKS)], "size": 8},
            hovertemplate="step %{x:,}: %{y:.4~g}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    return _laid_out(figure, title, several=len(curves) > 1)


def _from_zero(figure: Any, curves: Sequence[Curve]) -> None:
    """An axis around a single value begins at 0: left alone it would be a hair's breadth."""
    values = {value for line in curves for value in line.values}
    if len(values) == 1 and min(values) > 0:
        figure.update_yaxes(range=[0, 1.5 * max(values)])


def _style(index: int) -> dict[str, Any]:
    """Colour and dashes of a run: it is known by either."""
    return {
        "color": CATEGORIES[index % len(CATEGORIES)],
        "dash": _DASHES[index % len(_DASHES)],
        "width": 2.5,
    }


def _mode(line: Curve) -> str:
    return "lines" if len(line.steps) > 1 else "markers"


def _laid_out(figure: Any, title: str, *, several: bool) -> Any:
    figure.update_xaxes(title="step", rangemode="tozero", tickformat=",d")
    figure.update_yaxes(title=title)
    figure.update_layout(
        height=280,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=several,
        legend={"orientation": "h", "y": 1.2},
        uirevision="kept",  # what a visitor zoomed to stays when new points come
    )
    return figure
