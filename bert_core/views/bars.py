"""A table of bars: ranked words with a bar, a probability and further figures.

Plain data on its way to the browser and back. The component that draws it is
``assets/components/bars.js``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["rank", "word", "bar", "number", "text"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a bar table.

    Attributes:
        title: its heading; ``rank`` and ``bar`` columns have it for screen readers only.
        kind: ``word`` is monospace, ``number`` and ``rank`` stand right-aligned, ``bar`` draws
            ``Bar.value``, ``text`` wraps.
        help: words for a tooltip on the heading.
        optional: hidden where the table is narrow.
    """

    title: str
    kind: Kind = "text"
    help: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar table.

    Attributes:
        cells: one string for each column that is not a bar, in column order, as it is shown.
        value: length of the bar in the unit of the table's scale; below 0 it points left.
        emphasis: set in bold.
        note: words for the row's tooltip, also read by screen readers.
    """

    cells: tuple[str, ...]
    value: float = 0.0
    emphasis: bool = False
    note: str = ""


def bars_payload(
    rows: Sequence[Bar], columns: Sequence[Column], scale: float | Literal["max"]
) -> dict[str, object]:
    """What the browser needs to draw the table, ready for JSON.

    Args:
        rows: the rows, in order.
        columns: the columns, in order.
        scale: the absolute value at which a bar is full, or ``"max"`` for the longest bar's.

    Returns:
        Keys ``columns``, ``rows``, ``full`` (> 0) and ``diverging`` (a value is below 0).

    Raises:
        ValueError: a row has another number of cells than the columns ask for, a value is not
            finite, or ``scale`` is not above 0.
    """
    expected = sum(column.kind != "bar" for column in columns)
    for number, row in enumerate(rows):
        if len(row.cells) != expected:
            raise ValueError(f"Row {number} has {len(row.cells)} cells, its table {expected}.")
        if not math.isfinite(row.value):
            raise ValueError(f"Row {number} has the value {row.value!r}; a bar needs a number.")
    longest = max((abs(row.value) for row in rows), default=0.0)
    full = (longest or 1.0) if scale == "max" else scale
    if not full > 0:
        raise ValueError(f"scale must be above 0, not {scale!r}.")
    return {
        "columns": [
            {"title": c.title, "kind": c.kind, "help": c.help, "optional": c.optional}
            for c in columns
        ],
        "rows": [
            {
                "cells": list(row.cells),
                "value": float(row.value),
                "emphasis": row.emphasis,
                "note": row.note,
            }
            for row in rows
        ],
        "full": float(full),
        "diverging": any(row.value < 0 for row in rows),
    }


def picked_row(sent: object, count: int) -> int | None:
    """Read what the browser sent, trusting none of it.

    Args:
        sent: the trigger's value; None when nothing was clicked.
        count: number of rows the visitor saw.

    Returns:
        Index of the row, from 0, or None when ``sent`` names none.
    """
    row = sent.get("row") if isinstance(sent, Mapping) else None
    return row if type(row) is int and 0 <= row < count else None
