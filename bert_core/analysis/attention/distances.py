"""Which heads look alike: Jensen-Shannon distances between heads, and a map of them.

Clark et al. 2019 (arXiv:1906.04341), section 6, add up the Jensen-Shannon divergence of two
heads over tokens. Here the divergence is averaged over rows, so that texts of different length
compare, and the distance is its square root: that is a true distance, the one between points in
space, so a map of it does not have to bend it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats

MOST_ROWS = 128
"""Rows that are compared at most; the time grows with them."""
_BLOCK = 2**20
"""Numbers of a block of mixtures, 8 MiB in float64."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadDistances:
    """How far apart N heads are; head a of layer l (from 1) is number (l - 1) x A + a - 1.

    Attributes:
        distances: shape (N, N), in [0, sqrt(ln 2)]; the square is the mean Jensen-Shannon
            divergence of a row in nats.
        points: shape (N, 2), a map whose distances come nearest to them, see :func:`map_of`.
        explained: part of the spread that the map shows, in [0, 1].
        rows: positions of the pieces whose rows were compared.
        of_rows: number of content pieces they were taken from.
    """

    distances: NDArray[np.float64]
    points: NDArray[np.float64]
    explained: float
    rows: tuple[int, ...]
    of_rows: int


def head_distances(
    weights: Floats,
    tokens: Tokens,
    *,
    most: int = MOST_ROWS,
    on_progress: Callable[[int, int], None] | None = None,
) -> HeadDistances:
    """Compare all heads on one input.

    Args:
        weights: shape (L, A, T, T); every row sums to 1.
        tokens: the T pieces; rows of special pieces are not compared.
        most: number of rows that are compared; of more, evenly spaced ones are taken.
        on_progress: told how many pairs of heads are compared, and of how many; may raise to
            stop.
    """
    content = np.array(tokens.content)
    count = min(most, len(content))
    rows = content[np.linspace(0, len(content) - 1, count).round().astype(int)]
    heads = weights[:, :, rows].reshape(-1, count, weights.shape[-1])
    distances = np.sqrt(jensen_shannon(heads, on_progress=on_progress))
    points, explained = map_of(distances)
    return HeadDistances(
        distances=distances,
        points=points,
        explained=explained,
        rows=tuple(map(int, rows)),
        of_rows=len(content),
    )


def jensen_shannon(
    heads: Floats, *, on_progress: Callable[[int, int], None] | None = None
) -> NDArray[np.float64]:
    """Mean Jensen-Shannon divergence of the rows of all pairs of heads.

    JS(p, q) = H((p + q) / 2) - (H(p) + H(q)) / 2 with the entropy H in nats.

    Args:
        heads: shape (N, R, T): R rows of each of N heads; every row sums to 1.
        on_progress: as for :func:`head_distances`.

    Returns:
        Shape (N, N), symmetric, 0 on the diagonal, in [0, ln 2].

    Example:
        >>> jensen_shannon(np.array([[[1.0, 0.0]], [[0.0, 1.0]]])).round(3).tolist()
        [[0.0, 0.693], [0.693, 0.0]]
    """
    count, rows, width = heads.shape
    own = _entropy(heads.astype(np.float64))
    found = np.zeros((count, count))
    step = max(1, _BLOCK // (rows * width))
    for one in range(count):
        for start in range(one + 1, count, step):
            others = slice(start, min(start + step, count))
            mixed = _entropy((heads[one] + heads[others].astype(np.float64)) / 2)
            found[one, others] = mixed - (own[one] + own[others]) / 2
        if on_progress is not None:
            left = count - one - 1
            on_progress((count * (count - 1) - left * (left - 1)) // 2, count * (count - 1) // 2)
    # Rounding can lead past either end by the last digits.
    return np.clip(found + found.T, 0, np.log(2))


def map_of(distances: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Classical multidimensional scaling (Torgerson 1952) to two dimensions.

    Args:
        distances: shape (N, N), symmetric, 0 on the diagonal.

    Returns:
        Points of shape (N, 2) around 0, the first axis with the larger spread, and the part of
        the spread they show, in [0, 1]. On each axis the point farthest from 0 (the first
        of them) lies on the positive side, so that the map does not flip. Distances that are all
        0 are shown in full.
    """
    squared = distances**2
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1)[:, None] + squared.mean()
    spread, axes = np.linalg.eigh(-0.5 * centred)
    spread, axes = np.maximum(spread[::-1], 0), axes[:, ::-1]
    points = np.zeros((len(distances), 2))
    shown = axes[:, :2] * np.sqrt(spread[:2])
    for axis, column in enumerate(shown.T):
        # The first of those equally far, or rounding would choose the side.
        far = np.abs(column) >= np.abs(column).max() * (1 - 1e-9)
        points[:, axis] = column if column[far.argmax()] >= 0 else -column
    total = float(spread.sum())
    return points, float(spread[:2].sum()) / total if total else 1.0


def _entropy(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean entropy in nats over the rows of (N, R, T), (N,)."""
    logs = np.log(np.maximum(rows, 1e-300))
    mean: NDArray[np.float64] = -np.einsum("nrt,nrt->n", rows, logs) / rows.shape[1]
    return mean
