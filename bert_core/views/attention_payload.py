"""Attention weights on their way to the browser: as bytes, and what is said of them.

The components that draw them are ``assets/components/grid.js`` (all heads) and
``assets/components/head.js`` (one head). Weights travel as one buffer in a message of their own,
which begins with its fingerprint: it is not sent again when only a label or a choice changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bert_core.analysis.attention.attend import AttentionResult
from bert_core.analysis.attention.blocks import BLOCK_NAMES
from bert_core.analysis.attention.edges import Edges
from bert_core.analysis.attention.measures import MEASURE_NAMES
from bert_core.analysis.attention.table import HeadTable, Pattern
from bert_core.model.trace import Floats
from bert_core.views.attention_levels import (
    ROOT,
    SIGNED,
    Levels,
    Scale,
    fingerprint,
    quantise,
    scale_words,
    stamped,
)
from bert_core.views.attention_windows import Window, drawn_levels
from bert_core.views.numbers import bits, counted, percent

PATTERNS: dict[Pattern, str] = {
    "self": "mostly itself",
    "previous": "mostly previous piece",
    "next": "mostly next piece",
    "[CLS]": "mostly [CLS]",
    "[SEP]": "mostly [SEP]",
    "punctuation": "mostly punctuation",
    "rest of the word": "mostly the rest of the word",
    "broad": "broad",
    "mixed": "no single pattern",
}


@dataclass(frozen=True, slots=True, eq=False)
class GridPayload:
    """All heads, ready for the browser.

    Attributes:
        layers: their numbers, counted from 1.
        heads: their numbers, counted from 1; none where the measure joins them.
        data: ready for JSON.
        buffer: the fingerprint, then uint8 levels of shape (L, A, rows, columns).
    """

    layers: tuple[int, ...]
    heads: tuple[int, ...]
    data: dict[str, object]
    buffer: bytes


@dataclass(frozen=True, slots=True, eq=False)
class HeadPayload:
    """One head, ready for the browser.

    Attributes:
        units: number of units, W.
        data: ready for JSON.
        buffer: the fingerprint, then float32 of shape (N, M), little-endian.
    """

    units: int
    data: dict[str, object]
    buffer: bytes


def head_notes(table: HeadTable) -> tuple[str, ...]:
    """What each head does, layer by layer: "layer 5, head 7: mostly next piece, entropy 2.1 bits".

    Args:
        table: all heads of the model.
    """
    return tuple(
        f"layer {row.layer}, head {row.head}: {PATTERNS[row.pattern]}, entropy {bits(row.entropy)}"
        for row in table.rows
    )


def about(result: AttentionResult) -> str:
    """Measure, level, part and model: "attention weights · words · A→B · model: embedded"."""
    parts = [MEASURE_NAMES[result.measure], f"{result.level}s"]
    parts += [BLOCK_NAMES[result.block]] if result.block != "all" else []
    parts += [f"model: {result.model}"]
    parts += [f"minus {result.minus}"] if result.minus else []
    return " · ".join(parts)


def grid_payload(
    weights: Floats,
    *,
    layers: Sequence[int],
    heads: Sequence[int],
    notes: Sequence[str] = (),
    scale: Scale = "shared",
    difference: bool = False,
    largest: Floats | None = None,
    window: Window | None = None,
) -> GridPayload:
    """What the browser needs to draw all heads.

    Args:
        weights: shape (L, A, N, M); a row is the piece that looks.
        layers: L numbers.
        heads: A numbers; none where the measure joins the heads, and A is 1.
        notes: a sentence for each cell, layer by layer; none: their numbers.
        scale: see :func:`.attention_levels.quantise`.
        difference: the colours diverge around 0; they do anyway where a weight is negative.
        largest: see :func:`.attention_levels.quantise`.
        window: the part that is drawn, on the scale of the whole; None: the whole.

    Raises:
        ValueError: as :func:`.attention_levels.quantise`, or the numbers or notes do not fit
            the shape, or the window is larger than a cell.
    """
    levels = quantise(weights, scale, signed=difference, largest=largest)
    small, part = drawn_levels(levels, window)
    buffer = stamped(small.values.tobytes(), small.values.shape)
    words = grid_words(levels, scale, layers=layers, heads=heads, notes=notes)
    shown = {
        "id": fingerprint(buffer),
        "shape": list(small.values.shape),
        "said": f"{words['said']} {part}".rstrip(),
        "dots": window is not None,
    }
    return GridPayload(tuple(layers), tuple(heads), {**words, **shown}, buffer)


def grid_words(
    levels: Levels,
    scale: Scale,
    *,
    layers: Sequence[int],
    heads: Sequence[int],
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Names, notes and legend of all heads, ready for JSON.

    Args:
        levels: shape (L, A, N, M).
        scale: how they were scaled.
        layers: see :func:`grid_payload`.
        heads: see :func:`grid_payload`.
        notes: see :func:`grid_payload`.

    Raises:
        ValueError: the numbers or notes do not fit the shape.
    """
    rows, columns = levels.values.shape[:2]
    if (rows, columns) != (len(layers), len(heads) or 1):
        raise ValueError(f"{len(layers)} layers, {len(heads)} heads, {rows} × {columns} weights.")
    if len(notes) not in (0, rows * columns):
        raise ValueError(f"{len(notes)} notes for {rows * columns} cells.")
    low, high, said = scale_words(levels, scale)
    return {
        "signed": levels.zero > 0,
        "axes": _axes(layers, heads),
        "layers": [f"{layer}" for layer in layers],
        "heads": [f"{head}" for head in heads] or ["all heads"],
        "notes": list(notes or _numbers(layers, heads)),
        "low": low,
        "high": high,
        "said": said,
    }


def _numbers(layers: Sequence[int], heads: Sequence[int]) -> list[str]:
    columns = [f"head {head}" for head in heads] or ["all heads"]
    return [f"layer {layer}, {column}" for layer in layers for column in columns]


def _axes(layers: Sequence[int], heads: Sequence[int]) -> str:
    named = [("rows", "layer", layers), ("columns", "head", heads)]
    return " · ".join(
        f"{place}: {one} {numbers[0]}"
        if len(numbers) == 1
        else f"{place}: {one}s {numbers[0]}–{numbers[-1]}"
        for place, one, numbers in named
        if numbers
    )


def head_payload(
    weights: Floats,
    *,
    units: Sequence[str],
    rows: Sequence[int],
    columns: Sequence[int],
    edges: Edges,
    full: float | None = None,
    difference: bool = False,
) -> HeadPayload:
    """What the browser needs to draw one head.

    Args:
        weights: shape (N, M), exact; a row is the unit that looks.
        units: texts of all W pieces or words.
        rows: the N units that look, as positions in ``units``.
        columns: the M units looked at.
        edges: those drawn as lines, from the same weights.
        full: the size that gets the full colour; None: the largest there is.
        difference: the colours diverge around 0; they do anyway where a weight is negative.

    Raises:
        ValueError: shapes or positions do not fit, a weight is no number, or ``full`` is not
            above 0.
    """
    if weights.shape != (len(rows), len(columns)) or not weights.size:
        raise ValueError(f"{len(rows)} rows, {len(columns)} columns, weights {weights.shape}.")
    if not all(0 <= position < len(units) for position in (*rows, *columns)):
        raise ValueError(f"A row or column lies outside {len(units)} units.")
    if not np.isfinite(weights).all():
        raise ValueError("A weight is not a finite number.")
    if full is not None and not full > 0:
        raise ValueError(f"full must be above 0, not {full!r}.")
    largest = float(np.abs(weights).max()) if full is None else full
    buffer = stamped(weights.astype("<f4").tobytes(), weights.shape)
    data: dict[str, object] = {
        "id": fingerprint(buffer),
        "units": list(units),
        "rows": [int(row) for row in rows],
        "columns": [int(column) for column in columns],
        **head_words(edges, weights.shape, largest, difference or bool(weights.min() < 0)),
    }
    return HeadPayload(len(units), data, buffer)


def head_words(
    edges: Edges, shape: tuple[int, ...], full: float, signed: bool
) -> dict[str, object]:
    """Lines and legend of one head, ready for JSON.

    Args:
        edges: those drawn as lines.
        shape: of the head's weights, (N, M).
        full: the size that has the full colour.
        signed: the colours diverge around 0.

    Raises:
        ValueError: an edge lies outside the weights.
    """
    return {
        "signed": signed,
        "full": full or 1.0,
        "edges": _places(edges, shape),
        "low": f"−{full:.3g}" if signed else "0",
        "high": f"{full:.3g}",
        "said": f"{SIGNED} {ROOT}" if signed else ROOT,
        "hidden": f"{edge_words(edges)} {SIGNED}" if signed else edge_words(edges),
    }


def _places(edges: Edges, shape: tuple[int, ...]) -> list[int]:
    """Each edge as one number, its place in the weights read row by row."""
    rows, columns = edges.rows, edges.columns
    if len(rows) and not (0 <= rows.min() and rows.max() < shape[0]
                          and 0 <= columns.min() and columns.max() < shape[1]):  # fmt: skip
        raise ValueError(f"An edge lies outside weights of {shape}.")
    return [int(place) for place in rows * shape[1] + columns]


def edge_words(edges: Edges) -> str:
    """How many edges are drawn, and what the others carry."""
    shown = counted(len(edges.rows), "line")
    if not edges.hidden:
        return f"{shown}: every weight that is not 0."
    words = (
        f"{shown}, the strongest; {counted(edges.hidden, 'weaker one')} with "
        f"{percent(edges.hidden_mass)} of the weight not drawn."
    )
    if edges.capped:
        words += f" {edges.capped:,} of these fell to the cap on lines."
    return words
