"""Attention weights as whole numbers, small enough to be sent all at once.

Plain numpy, bytes and a few words on what the colours mean.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bert_core.model.trace import Floats

Scale = Literal["one", "shared", "head"]

FINGERPRINT = 16
"""Bytes of a buffer's fingerprint, which stands before the weights."""
ROOT = "The tint grows with the square root of the size."
SIGNED = "Blue is above 0, orange below."


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Weights as whole numbers: 0 to ``most``, or around ``zero`` where some are negative.

    Attributes:
        values: uint8 or uint16 of shape (L, A, N, M). A weight is
            ``(value - zero) * full / (most - zero)``, to half a step of 1.
        full: shape (L, A), the size of a weight that has the last level.
        zero: the level of weight 0.
        most: the last level.
    """

    values: NDArray[np.unsignedinteger]
    full: NDArray[np.float64]
    zero: int
    most: int


def quantise(
    weights: Floats,
    scale: Scale = "shared",
    *,
    signed: bool = False,
    largest: Floats | None = None,
    depth: Literal[8, 16] = 8,
) -> Levels:
    """Round weights to 8 or 16 bits.

    Args:
        weights: shape (L, A, N, M).
        scale: the size that gets the last level: ``"one"`` 1, ``"shared"`` the largest of all
            heads, ``"head"`` the largest of each head.
        signed: levels lie on both sides of 0 even where no weight is negative.
        largest: shape (L, A), what counts as the largest size of each head, no less than it is,
            so that two inputs share a scale; None: what is there.
        depth: bits of a level.

    Raises:
        ValueError: the shape is another or empty, a weight is no number, or the scale is
            ``"one"`` and a size lies above 1.

    Example:
        >>> quantise(np.array([[[[0.0, 0.25], [0.5, 1.0]]]]), "one").values.tolist()
        [[[[0, 64], [128, 255]]]]
    """
    if weights.ndim != 4 or not weights.size:
        raise ValueError(f"Weights of shape (L, A, N, M) are expected, not {weights.shape}.")
    highest, lowest = weights.max(axis=(2, 3)), weights.min(axis=(2, 3))
    if not (np.isfinite(highest).all() and np.isfinite(lowest).all()):
        raise ValueError("A weight is not a finite number.")
    most = 2**depth - 1
    zero = (most + 1) // 2 if signed or (lowest < 0).any() else 0
    found = np.maximum(highest, -lowest).astype(np.float64)
    full = scaled(found if largest is None else np.maximum(found, largest), scale)
    values = np.empty(weights.shape, dtype=np.uint8 if depth == 8 else np.uint16)
    steps = ((most - zero) / np.where(full > 0, full, 1)).astype(np.float32)
    # Layer by layer: all heads of a long input take 151 MB, and so would a copy of them.
    for layer, step, level in zip(weights, steps, values, strict=True):
        level[...] = np.rint(np.minimum(layer * step[:, None, None], most - zero)) + zero
    return Levels(values, full, zero, most)


def scaled(largest: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    """The size that gets the full colour in each head, shape (L, A).

    Args:
        largest: shape (L, A), the largest size in each head.
        scale: see :func:`quantise`.

    Raises:
        ValueError: the scale is ``"one"`` and a size lies above 1.
    """
    if scale == "head":
        return largest
    if scale == "one" and largest.max() > 1 + 1e-6:  # softmax in float32 may pass 1
        raise ValueError(f"A weight of size {largest.max()} is above 1.")
    return np.full_like(largest, 1.0 if scale == "one" else largest.max())


def thinned(levels: Levels, most: int) -> Levels:
    """Levels of at most ``most`` rows and columns: each is the largest of a block.

    Blocks differ by one row or column where the number cannot be divided. Of levels around a
    zero the one farthest from it stays.

    Args:
        levels: of shape (L, A, N, M).
        most: rows and columns that are left, >= 1.

    Example:
        >>> thinned(quantise(np.arange(9.0).reshape(1, 1, 3, 3) / 8, "one"), 2).values.tolist()
        [[[[0, 64], [191, 255]]]]
    """
    values = levels.values
    for axis in (-2, -1):
        length = values.shape[axis]
        if length <= most:
            continue
        starts = np.arange(most) * length // most
        lasts = np.append(starts[1:], length) - 1
        kept = values.take(starts, axis=axis)
        # Many times faster than reduceat, which goes through the blocks one by one.
        for step in range(1, int((lasts - starts).max()) + 1):
            other = values.take(np.minimum(starts + step, lasts), axis=axis)
            kept = _farther(kept, other, levels.zero)
        values = kept
    return replace(levels, values=values)


def _farther(
    one: NDArray[np.unsignedinteger], other: NDArray[np.unsignedinteger], zero: int
) -> NDArray[np.unsignedinteger]:
    farther: NDArray[np.unsignedinteger]
    if zero:
        distance, beyond = (np.abs(each.astype(np.int32) - zero) for each in (one, other))
        farther = np.where(beyond > distance, other, one)
    else:
        farther = np.maximum(one, other)
    return farther


def scale_words(levels: Levels, scale: Scale) -> tuple[str, str, str]:
    """Both ends of the legend, and a sentence that explains it.

    Args:
        levels: what is drawn.
        scale: how it was scaled.
    """
    high = "largest of the head" if scale == "head" else f"{levels.full.max():.3g}"
    low = f"−{high}" if levels.zero else "0"
    meaning = {
        "one": "Full colour is a weight of 1.",
        "shared": f"Full colour is {levels.full.max():.3g}, the largest of all heads.",
        "head": "Full colour is the largest of each head: do not compare heads by colour.",
    }[scale]
    return low, high, " ".join([meaning, *([SIGNED] if levels.zero else []), ROOT])


def stamped(content: bytes, shape: Sequence[int]) -> bytes:
    """A buffer: the fingerprint of content and shape, then the content."""
    digest = hashlib.blake2b(f"{tuple(shape)}".encode("ascii"), digest_size=FINGERPRINT)
    digest.update(content)
    return digest.digest() + content


def fingerprint(buffer: bytes) -> str:
    """The fingerprint at the beginning of a buffer, in hexadecimal."""
    return buffer[:FINGERPRINT].hex()
