"""Pictures of attention as SVG: one head as a heat map or as lines, and the grid of all heads.

A picture holds no script and loads nothing, its names are text, and pointing at a cell or a line
shows its exact value. A head of more than ``MOST_CELLS`` weights, and the grid, are one embedded
image of a dot for each weight. The page makes PNG pictures from the same SVG in the browser, which
has letters for every script.
"""

from typing import Any, Literal

import numpy as np

from bert_core.analysis.attention.attend import AttentionResult
from bert_core.analysis.attention.edges import strongest_edges
from bert_core.model.trace import Floats
from bert_core.views import palette
from bert_core.views.attention_levels import ROOT, SIGNED, Scale, quantise
from bert_core.views.attention_payload import about, edge_words, grid_words
from bert_core.views.attention_windows import Window, drawn_levels
from bert_core.views.picture_pixels import colour, grid_image, head_image, ramp
from bert_core.views.picture_words import (
    MARGIN,
    exact,
    fitted,
    gutter,
    isolated,
    names,
    step_of,
    wrapped,
)
from bert_core.views.templates import rendered

MOST_CELLS = 2_500
"""Weights of a heat map that are drawn one by one."""
LONGEST, LARGEST_CELL, SMALLEST_CELL = 1_000, 24, 2
"""Pixels: about the longest side of a heat map, and the sides of a cell."""
APART, NEAREST = 22, 4
"""Pixels from word to word beside the lines, at most and at least."""
LEAST_WIDTH = 520
"""Pixels, so that the words have room."""
TEXT = 240
"""Letters of a text that are quoted below the grid."""
GRID_CELL = 84
"""Pixels, about, on a side of one head in the grid."""


def attention_svg(result: AttentionResult) -> str:
    """A picture of everything that is shown: the heat map of a single head, else the grid."""
    alone = result.weights.shape[:2] == (1, 1)
    return head_svg(result, (0, 0)) if alone else grid_svg(result)


def head_svg(
    result: AttentionResult,
    place: tuple[int, int],
    *,
    view: Literal["map", "lines"] = "map",
    share: float = 0.9,
    full: float | None = None,
    badge: str = "",
) -> str:
    """One head as a standalone SVG picture.

    Args:
        result: what is shown.
        place: which of its layers and which of its heads, from 0.
        view: a heat map, or the strongest weights as lines.
        share: of each row's sum that the lines carry, 0.5 to 1.
        full: the size that gets the full colour; None: the largest there is.
        badge: what the head does, in a few words.

    Raises:
        InputError: the share is out of range.
    """
    layer, head = place
    weights = result.weights[layer, head]
    joined = f", head {result.heads[head]}" if result.heads else ", heads joined"
    words: dict[str, Any] = {"title": f"Layer {result.layers[layer]}{joined}", "badge": badge}
    if view == "lines":
        return _picture("attention-lines.svg.j2", result, **words, **_lines(result, weights, share))
    full = (float(np.abs(weights).max()) if full is None else full) or 1.0
    return _picture("attention-map.svg.j2", result, **words, **_map(result, weights, full))


def grid_svg(
    result: AttentionResult,
    *,
    scale: Scale = "shared",
    largest: Floats | None = None,
    window: Window | None = None,
    notes: tuple[str, ...] = (),
    selected: tuple[int, int] | None = None,
) -> str:
    """All heads as a standalone SVG picture.

    Args:
        result: what is shown.
        scale: see :func:`.attention_levels.quantise`.
        largest: see :func:`.attention_levels.quantise`.
        window: the part of each head that is drawn; None: the whole, in blocks where it is long.
        notes: a sentence for each head, layer by layer; none: their numbers.
        selected: the head with a frame: which of the layers and of the heads, from 0.

    Raises:
        ValueError: as :func:`.attention_payload.grid_payload`.
    """
    levels = quantise(result.weights, scale, signed=_signed(result), largest=largest)
    small, part = drawn_levels(levels, window)
    words = grid_words(levels, scale, layers=result.layers, heads=result.heads, notes=notes)
    layers, heads, rows, columns = small.values.shape
    side = max(rows, columns) * max(1, round(GRID_CELL / max(rows, columns)))
    step = side + 6
    cells = [
        {"x": head * step, "y": layer * step, "note": note, "on": (layer, head) == selected}
        for (layer, head), note in zip(np.ndindex(layers, heads), words["notes"], strict=True)
    ]
    texts = [text for text in (result.tokens.text, result.tokens.pair) if text]
    quoted = [f"Text {name}: {fitted(text, TEXT)}" for name, text in zip("AB", texts, strict=False)]
    return _picture(
        "attention-grid.svg.j2", result, title="All heads", badge=words["axes"],
        width=heads * step + 3 * MARGIN + 24, tall=layers * step + 14,
        heads=words["heads"], layers=words["layers"], side=side, step=step, cells=cells,
        board=(heads * step - 6, layers * step - 6), image=grid_image(small, side, step),
        legend=(words["low"], words["high"]), said=[words["said"], part, *quoted],
    )  # fmt: skip


def _map(result: AttentionResult, weights: Floats, full: float) -> dict[str, Any]:
    """What the template of a heat map asks for."""
    signed = _signed(result)
    rows, columns = weights.shape
    cell = max(SMALLEST_CELL, min(LARGEST_CELL, LONGEST // max(rows, columns)))
    down, across = _texts(result)
    beside, above = names(down, cell), names(across, cell)
    edge = gutter([*beside, *above])
    drawn = weights.size <= MOST_CELLS
    cells = [
        {"x": column * cell, "y": row * cell, "colour": colour(float(weight) / full, signed=signed),
         "note": _note(down[row], across[column], float(weight))}
        for (row, column), weight in np.ndenumerate(weights if drawn else weights[:0])
    ]  # fmt: skip
    low = f"−{exact(full)}" if signed else "0"
    return {
        "width": edge + columns * cell + 2 * MARGIN,
        "tall": edge + rows * cell,
        "edge": edge,
        "cell": cell,
        "size": (columns * cell, rows * cell),
        "down": beside,
        "across": above,
        "cells": cells,
        "image": "" if drawn else head_image(weights, full, signed=signed),
        "legend": (low, exact(full)),
        "said": [f"Down: who looks. Across: what is looked at. {_steps(cell)}",
                 f"{SIGNED} {ROOT}" if signed else ROOT],
    }  # fmt: skip


def _lines(result: AttentionResult, weights: Floats, share: float) -> dict[str, Any]:
    """What the template of lines asks for."""
    signed = _signed(result)
    edges = strongest_edges(weights, share=share)
    pitch = max(NEAREST, min(APART, LONGEST // max(weights.shape)))
    down, across = _texts(result)
    tall = max(weights.shape) * pitch
    # The shorter side stands farther apart, as far as it has room.
    before, after = (min(APART, tall // count) for count in weights.shape)
    left, right = names(down, before), names(across, after)
    side = gutter([*left, *right])
    largest = float(np.abs(edges.weights).max(initial=0)) or 1.0
    places = zip(edges.rows.tolist(), edges.columns.tolist(), edges.weights.tolist(), strict=True)
    lines = [
        {"start": (row + 0.5) * before, "end": (column + 0.5) * after,
         "share": abs(weight) / largest, "colour": colour(1 if weight > 0 else -1, signed=signed),
         "note": _note(down[row], across[column], weight)}
        for row, column, weight in places
    ]  # fmt: skip
    return {
        "width": 2 * side + 2 * MARGIN + 360,
        "tall": tall,
        "side": side,
        "lines": lines,
        "left": left,
        "right": right,
        "legend": (),
        "said": [f"Left: who looks. Right: what is looked at. {_steps(pitch)}", edge_words(edges),
                 f"The widest line is {exact(largest)}. {SIGNED if signed else ''}"],
    }  # fmt: skip


def _picture(
    template: str, result: AttentionResult, *, width: int, said: list[str], **values: Any
) -> str:
    """A template with what all pictures have: size, colours, and words in lines that fit."""
    width = max(LEAST_WIDTH, width)
    return rendered(
        template, palette=palette, width=width, about=wrapped(about(result), width),
        said=[line for sentence in said for line in wrapped(sentence, width)],
        ramp=ramp(signed=_signed(result)), **values,
    )  # fmt: skip


def _signed(result: AttentionResult) -> bool:
    return bool(result.minus) or result.measure == "attribution"


def _texts(result: AttentionResult) -> tuple[list[str], list[str]]:
    """The names of the rows and of the columns."""
    down, across = (
        [result.units[at].text for at in side] for side in (result.rows, result.columns)
    )
    return down, across


def _note(start: str, end: str, weight: float) -> str:
    return f"from '{isolated(start)}' to '{isolated(end)}': {exact(weight)}"


def _steps(cell: int) -> str:
    step = step_of(cell)
    return f"Where there are many, one name in {step} is written." if step > 1 else ""
