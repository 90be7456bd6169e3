"""Colours of weights, and weights as the pixels of an embedded image.

Colours are those of the components, on paper: the tint grows with the square root of the size,
from paper to indigo, or to blue above 0 and to orange below.
"""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bert_core.model.trace import Floats
from bert_core.views import palette
from bert_core.views.attention_levels import Levels

STOPS = 17
"""Colours of a legend; between them they run evenly."""


def colour(share: float, *, signed: bool) -> str:
    """The colour of a weight.

    Args:
        share: the weight in parts of the size that has the full colour, -1 to 1.
        signed: whether weights have both signs.

    Example:
        >>> colour(0.0, signed=False), colour(1.0, signed=False), colour(-1.0, signed=True)
        ('#ffffff', '#4f46e5', '#cf6c26')
    """
    end = (palette.BELOW if share < 0 else palette.ABOVE) if signed else palette.ACCENT
    depth = min(1.0, abs(share)) ** 0.5
    paper = np.array(_channels(palette.PAPER))
    mixed = np.rint(paper + (np.array(_channels(end)) - paper) * depth).astype(int)
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def ramp(*, signed: bool) -> list[tuple[float, str]]:
    """The colours of a legend: where each stands, 0 to 1, and what it is."""
    places = np.linspace(-1 if signed else 0, 1, 2 * STOPS - 1 if signed else STOPS)
    return [
        (index / (len(places) - 1), colour(float(share), signed=signed))
        for index, share in enumerate(places)
    ]


def head_image(weights: Floats, full: float, *, signed: bool) -> str:
    """One head as an image of one pixel for each weight, as a data URI.

    Args:
        weights: shape (N, M).
        full: the size that gets the full colour, above 0.
        signed: whether weights have both signs.
    """
    zero, most = (128, 127) if signed else (0, 255)
    levels = np.rint(np.clip(weights / full, -1, 1) * most) + zero
    return _embedded(levels.astype(np.uint8), zero)


def grid_image(levels: Levels, side: int, step: int) -> str:
    """All heads as one image, as a data URI.

    Args:
        levels: 8 bits, shape (L, A, N, M).
        side: pixels of a head, at least N and M.
        step: pixels from one head to the next.
    """
    layers, heads, rows, columns = levels.values.shape
    board = np.full((layers * step, heads * step), levels.zero, dtype=np.uint8)
    down, across = (np.arange(side) * length // side for length in (rows, columns))
    for layer, head in np.ndindex(layers, heads):
        y, x = layer * step, head * step
        board[y : y + side, x : x + side] = levels.values[layer, head][np.ix_(down, across)]
    return _embedded(board[: side - step, : side - step], levels.zero)


def _embedded(levels: NDArray[np.uint8], zero: int) -> str:
    colours = [colour((level - zero) / (255 - zero), signed=zero > 0) for level in range(256)]
    image = Image.fromarray(levels)
    image.putpalette([channel for each in colours for channel in _channels(each)])
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))
