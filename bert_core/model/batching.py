"""Many inputs of different lengths in few batches with little padding."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

BATCH_PIECES = 2_048
"""Word pieces per batch, padding included: the activations of a small BERT then stay in cache."""

PROJECTED_ROWS = 256
"""Hidden states that go through the vocabulary projection together, at least: its weights are
the largest of a small BERT and are read once for all of them."""


Row = Sequence[int] | NDArray[np.integer[Any]]


class Input(Protocol):
    """What goes through an encoder: T pieces."""

    @property
    def ids(self) -> Row:
        """Vocabulary ids, special pieces included."""

    @property
    def segments(self) -> Row:
        """Segment ids, as many."""


@dataclass(frozen=True, slots=True, eq=False)
class Padded:
    """A batch of B inputs, padded to the longest, T pieces; all int64 of shape (B, T).

    Attributes:
        ids: vocabulary ids; padding is 0 and never looked at.
        segments: segment ids.
        mask: 1 for a piece, 0 for padding.
    """

    ids: NDArray[np.int64]
    segments: NDArray[np.int64]
    mask: NDArray[np.int64]


def plan(lengths: Sequence[int], *, pieces: int = BATCH_PIECES) -> list[list[int]]:
    """Group inputs into batches, longest first, so that memory is at its highest at once.

    Args:
        lengths: word pieces of each input.
        pieces: most pieces per batch, padding included; a single longer input goes alone.

    Returns:
        Indices into ``lengths``, each once.

    Example:
        >>> plan([3, 9, 4], pieces=8)
        [[1], [2, 0]]
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    batches: list[list[int]] = []
    for index in order:
        # Sorted, so the first member of a batch is its longest.
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= pieces:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def pad(ids: Sequence[Row], segments: Sequence[Row]) -> Padded:
    """Lay inputs of different lengths into rectangular arrays."""
    shape = (len(ids), max(len(row) for row in ids))
    padded = Padded(*(np.zeros(shape, dtype=np.int64) for _ in range(3)))
    for index, (row, segment) in enumerate(zip(ids, segments, strict=True)):
        padded.ids[index, : len(row)] = row
        padded.segments[index, : len(row)] = segment
        padded.mask[index, : len(row)] = 1
    return padded
