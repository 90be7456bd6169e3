"""Clicks on the grid of heads and on the detail of one, read from what the browser sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pick:
    """A head that was clicked, counted from 1; ``head`` is None where a measure joins them."""

    layer: int
    head: int | None


@dataclass(frozen=True, slots=True)
class Lock:
    """A click in the detail: the unit that is kept in focus now, None for none."""

    unit: int | None


def read_pick(sent: object, layers: Sequence[int], heads: Sequence[int]) -> Pick | None:
    """Read what the grid sent, trusting none of it.

    Args:
        sent: one click, ``{"layer": int, "head": int}``, both as positions.
        layers: the layers the visitor saw.
        heads: the heads the visitor saw.

    Returns:
        The head, or None when ``sent`` names none.
    """
    if not isinstance(sent, Mapping):
        return None
    row, column = sent.get("layer"), sent.get("head")
    if type(row) is not int or type(column) is not int:
        return None
    if not (0 <= row < len(layers) and 0 <= column < (len(heads) or 1)):
        return None
    return Pick(layers[row], heads[column] if heads else None)


def read_lock(sent: object, units: int) -> Lock | None:
    """Read what the detail sent, trusting none of it.

    Args:
        sent: one click, ``{"unit": int}`` or ``{"unit": None}``.
        units: number of units the visitor saw.

    Returns:
        What is in focus now, or None when ``sent`` says nothing.
    """
    if not isinstance(sent, Mapping) or "unit" not in sent:
        return None
    unit = sent["unit"]
    if unit is None:
        return Lock(None)
    return Lock(unit) if type(unit) is int and 0 <= unit < units else None
