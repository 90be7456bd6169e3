"""What a result says beside published ones, in careful words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bert_core.training.tasks.base import Published

Position = Literal["inside", "below", "above"]
_MILLIONS = {
    "BERT-base": 110,
    "BERT-large": 340,
    "BERT-Tiny": 4,
    "BERT-Mini": 11,
    "BERT-Small": 29,
    "BERT-Medium": 42,
    "Multilingual BERT": 178,
    "Chinese BERT": 102,
    "MiniLM L6-H384": 22,
    "MiniLM L12-H384": 33,
}
"""Millions of weights, by the beginning of a published model's name."""
_ALIKE = 1.5
"""Models whose numbers of weights differ by less than this factor are compared as equals."""
_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Verdict:
    """A result beside one published figure.

    Attributes:
        published: the figure.
        value: our result, in the figure's unit.
        low: lower end of the band.
        high: upper end of the band.
        position: where our result lies.
        sentence: the same in words, with what can and cannot be concluded.
    """

    published: Published
    value: float
    low: float
    high: float
    position: Position
    sentence: str


def band(published: Published) -> tuple[float, float]:
    """The published value ± its spread; without a spread, ± one point.

    Example:
        >>> band(Published("BERT-base", "f1", 88.5, "BERT paper, table 2"))
        (87.5, 89.5)
    """
    point = 100 * _TOLERANCE if published.value > 1 else _TOLERANCE
    width = point if published.spread is None else published.spread
    return round(published.value - width, 6), round(published.value + width, 6)


def verdicts(
    metrics: Mapping[str, float], published: Sequence[Published], parameters: int | None = None
) -> tuple[Verdict, ...]:
    """Compare a result with every published figure of a metric that it has.

    Args:
        metrics: our result, or means over seeds.
        published: figures of the task.
        parameters: number of weights of our model, or None if not known.
    """
    found = []
    for figure in published:
        value = metrics.get(figure.metric)
        if value is None or not math.isfinite(value):
            continue
        low, high = band(figure)
        position: Position = "below" if value < low else "above" if value > high else "inside"
        sentence = f"{_first(figure, value, position)} {_sizes(figure, position, parameters)}"
        found.append(Verdict(figure, value, low, high, position, sentence.strip()))
    return tuple(found)


def _first(figure: Published, value: float, position: Position) -> str:
    """Where our value lies; shares are given times 100, as GLUE does."""
    low, high = band(figure)
    scale = 1 if figure.value > 1 else 100
    why = "" if figure.spread is not None else " (one point each way: no spread was published)"
    return (
        f"{value * scale:.2f} is {position} the band {low * scale:.2f} to {high * scale:.2f} of "
        f"{figure.model}, {figure.metric} {figure.value * scale:.2f}{why}. "
        f"Source: {figure.source}."
    )


def _sizes(figure: Published, position: Position, parameters: int | None) -> str:
    """What the sizes of the two models allow to conclude."""
    millions = next(
        (size for name, size in _MILLIONS.items() if figure.model.startswith(name)), None
    )
    if millions is None or parameters is None:
        return "The sizes of the two models are not compared."
    ratio = parameters / (millions * 1e6)
    if 1 / _ALIKE < ratio < _ALIKE:
        return ""
    sizes = f"It has {millions:,} million weights, this model {parameters / 1e6:.3g} million"
    if ratio < 1:
        return f"{sizes}: {_SMALLER[position]}"
    return f"{sizes}: {_LARGER[position]}"


_SMALLER = {
    "below": "a smaller model is expected below it, so this is no sign of a fault.",
    "inside": "that is much for a smaller model; make sure that the development data are the "
    "official ones and no part of the training data.",
    "above": "a smaller model is not expected above it; make sure that the development data are "
    "the official ones and no part of the training data.",
}
_LARGER = {
    "below": "a larger model is expected to reach it; look at the learning rate and at the loss.",
    "inside": "a larger model is expected there or above it.",
    "above": "a larger model is expected above it.",
}
