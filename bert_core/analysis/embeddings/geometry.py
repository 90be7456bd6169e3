"""What is compared: vectors of one layer as they are, or with what all words share taken off.

Two things make any two vectors of a layer look alike: a mean that all words share, and a few
dimensions that are large for every word (Timkey, van Schijndel 2021, "All Bark and No Bite").
Both can be taken off here, by what *other* words of the same sentences have in common, so that
what the occurrences of one word share stays. How alike random words are after that is given
beside every similarity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.embeddings.vectors import WordTrace
from bert_core.checks import is_whole, shown
from bert_core.errors import InputError
from bert_core.model.trace import Floats

Metric = Literal["cosine", "euclidean"]
METRICS: tuple[Metric, ...] = ("cosine", "euclidean")
Doubles = NDArray[np.float64]
MOST_DROPPED = 32
TIE = 1e-6
"""Values that differ by less are the same: float32 has no more digits to tell them by."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """How vectors are compared.

    Attributes:
        metric: cosine of the angle, or Euclidean distance.
        centre: whether the mean of the other words of the sentences is taken off; of the vectors
            themselves where there are no other words.
        drop: how many dimensions are left out that dominate the same words.
    """

    metric: Metric = "cosine"
    centre: bool = False
    drop: int = 0


@dataclass(frozen=True, slots=True)
class Dropped:
    """A dimension that was left out.

    Attributes:
        dimension: counted from 0.
        share: of the squared length of all other words, on average: of the variance if centred.
    """

    dimension: int
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """N vectors as they are compared.

    Attributes:
        geometry: how.
        vectors: shape (N, H'), after centring and dropping.
        others: shape (M, H'), other words, treated alike.
        dropped: the dimensions that are missing, the largest first.
        values: shape (N, N): cosines (1: the same direction), or distances (0: the same point).
        baseline: mean of the same between random other words of different sentences; None
            where there are no two. The cosines of M words without their own mean come to about
            -1 / (M - 1) where nothing else makes them alike.
        pairs: how many pairs that is the mean of.
    """

    geometry: Geometry
    vectors: Doubles
    others: Doubles
    dropped: tuple[Dropped, ...]
    values: Doubles
    baseline: float | None
    pairs: int

    @property
    def closeness(self) -> Doubles:
        """The same values so that larger is closer, whatever the metric."""
        return self.values if self.geometry.metric == "cosine" else -self.values

    @property
    def distances(self) -> Doubles:
        """The same values as distances: 1 - cosine, or Euclidean."""
        if self.geometry.metric == "euclidean":
            return self.values
        away = 1.0 - self.values
        found: Doubles = np.where(away < TIE, 0.0, away)
        return found


def space(trace: WordTrace, layer: int, geometry: Geometry | None = None) -> Space:
    """The occurrences of a word at one layer, as they are compared.

    Args:
        trace: from :func:`.vectors.word_in_context`.
        layer: 0 = embeddings, 1 to L.
        geometry: how; None: cosines of the vectors as they are.

    Raises:
        InputError: there is no such layer, or too many dimensions are to be dropped.
    """
    if not 0 <= layer <= trace.layers:
        raise InputError(
            f"There is no layer {layer}; the model has 0 (embeddings) to {trace.layers}.",
            field="layer",
        )
    owners = [word.sentence for word in trace.words]
    return space_of(trace.vectors[layer], trace.others[layer], owners, geometry or Geometry())


def space_of(vectors: Floats, others: Floats, owners: Sequence[int], geometry: Geometry) -> Space:
    """As :func:`space` of any vectors.

    Args:
        vectors: shape (N, H).
        others: shape (M, H), other words.
        owners: for each of the M, the sentence it stands in.
        geometry: how they are compared.
    """
    most = min(MOST_DROPPED, vectors.shape[1] - 1)
    if geometry.metric not in METRICS:
        raise InputError(
            f"The metric is {shown(geometry.metric)}: use one of {', '.join(METRICS)}.",
            field="metric",
        )
    if not is_whole(geometry.drop, 0, most):
        raise InputError(
            f"The dimensions to drop are {shown(geometry.drop)}; 0 to {most} can be.",
            field="drop",
        )
    mine, theirs = vectors.astype(np.float64), others.astype(np.float64)
    common = theirs if len(theirs) else mine
    if geometry.centre:
        mean = common.mean(axis=0)
        mine, theirs, common = mine - mean, theirs - mean, common - mean
    dropped = _dominating(common, geometry.drop)
    gone = [each.dimension for each in dropped]
    mine, theirs = np.delete(mine, gone, axis=1), np.delete(theirs, gone, axis=1)
    apart = np.not_equal.outer(np.asarray(owners), np.asarray(owners))
    apart = np.triu(apart, k=1) if len(theirs) else np.zeros((0, 0), dtype=bool)
    pairs = int(apart.sum())
    return Space(
        geometry=geometry,
        vectors=mine,
        others=theirs,
        dropped=dropped,
        values=compare(mine, geometry.metric),
        baseline=float(compare(theirs, geometry.metric)[apart].mean()) if pairs else None,
        pairs=pairs,
    )


def compare(vectors: Doubles, metric: Metric) -> Doubles:
    """All pairs of N vectors, shape (N, N): cosines or Euclidean distances.

    A vector of length 0 has the cosine 0 with every other and 1 with itself.

    Example:
        >>> compare(np.array([[1.0, 0.0], [3.0, 4.0]]), "cosine").round(2).tolist()
        [[1.0, 0.6], [0.6, 1.0]]
    """
    from scipy.spatial.distance import cdist

    if metric == "euclidean":
        away: Doubles = cdist(vectors, vectors)
        return away
    unit = to_unit_length(vectors)
    cosines: Doubles = np.clip(unit @ unit.T, -1.0, 1.0)
    np.fill_diagonal(cosines, 1.0)
    return cosines


def to_unit_length(vectors: Doubles) -> Doubles:
    """Vectors of length 1, shape (N, H); one of length 0 stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Doubles = vectors / np.where(lengths > 0, lengths, 1.0)
    return unit


def _dominating(vectors: Doubles, count: int) -> tuple[Dropped, ...]:
    """The dimensions with the largest squares."""
    squares = np.square(vectors).mean(axis=0)
    total = squares.sum() or 1.0
    order = np.argsort(-squares, kind="stable")[:count]
    return tuple(Dropped(int(n), float(squares[n] / total)) for n in order)
