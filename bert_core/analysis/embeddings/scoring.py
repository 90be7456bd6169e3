"""How well vectors tell senses apart: nearest neighbours, gap and silhouette, against chance.

The plainest question comes first: is the nearest other sentence one of the same sense? Where
several are equally near, each counts for its share, so that vectors which are all the same get
exactly what guessing gets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.embeddings.geometry import TIE, Doubles, Space
from bert_core.errors import InputError

FEWEST = 2  # sentences of a sense
BLOCK = 64  # shufflings that are counted together


@dataclass(frozen=True, slots=True)
class LayerScore:
    """How well one layer tells senses apart.

    Attributes:
        layer: 0 = embeddings, 1 to L; 0 as well for a table that has no layers.
        accuracy: share of sentences whose nearest neighbour has the same sense.
        silhouette: mean silhouette (Rousseeuw 1987), -1 to 1.
        within: mean cosine (or distance) of sentences of the same sense.
        between: the same of different senses.
        gap: how much closer the same sense is than another, in the unit of the two.
        baseline: the same of random other words; None without any.
    """

    layer: int
    accuracy: float
    silhouette: float
    within: float
    between: float
    gap: float
    baseline: float | None


def usable(labels: Sequence[str]) -> NDArray[np.intp]:
    """The sentences whose sense is known and shared with another one, as indices.

    Raises:
        InputError: there are not two senses with two sentences each.
    """
    counts = {label: labels.count(label) for label in dict.fromkeys(labels) if label}
    enough = [label for label, count in counts.items() if count >= FEWEST]
    if len(enough) < 2:
        raise InputError(
            "To see which senses are told apart, put the sense before each sentence (river | We "
            "sat on the bank.): two senses at least, each with two sentences.",
            field="text",
        )
    return np.array([n for n, label in enumerate(labels) if label in enough])


def chance(labels: Sequence[str]) -> float:
    """Share that a neighbour picked at random would have right.

    Example:
        >>> chance(["river"] * 2 + ["money"] * 2)
        0.3333333333333333
    """
    shares = [(labels.count(label) - 1) / (len(labels) - 1) for label in labels]
    return float(np.mean(shares))


def score(space: Space, labels: Sequence[str], layer: int) -> LayerScore:
    """Score N vectors by their senses.

    Args:
        space: of the N vectors.
        labels: their senses: two at least, each of two sentences at least.
        layer: its number, for the result.
    """
    from sklearn.metrics import silhouette_score

    names = np.asarray(labels)
    same = names[:, None] == names[None]
    others = ~np.eye(len(names), dtype=bool)
    within = float(space.values[same & others].mean())
    between = float(space.values[~same].mean())
    sign = 1.0 if space.geometry.metric == "cosine" else -1.0
    return LayerScore(
        layer=layer,
        accuracy=float(agreement(neighbour_shares(space)[None], same[None])[0, 0]),
        silhouette=float(silhouette_score(space.distances, names, metric="precomputed")),
        within=within,
        between=between,
        gap=sign * (within - between),
        baseline=space.baseline,
    )


def neighbour_shares(space: Space) -> Doubles:
    """Who is the nearest of whom, shape (N, N): each row sums to 1, shared among equals."""
    near = space.closeness.copy()
    np.fill_diagonal(near, -np.inf)
    best = near.max(axis=1, keepdims=True)
    # Relative, since distances can be large.
    tied = near >= best - TIE * np.maximum(1.0, np.abs(best))
    shares: Doubles = tied / tied.sum(axis=1, keepdims=True)
    return shares


def agreement(shares: Doubles, same: NDArray[np.bool_]) -> Doubles:
    """Accuracy of neighbours at K layers for P ways of giving out senses.

    Args:
        shares: shape (K, N, N), from :func:`neighbour_shares`.
        same: shape (P, N, N): whether two sentences have the same sense.

    Returns:
        Shape (K, P).
    """
    layers, count, _ = shares.shape
    flat = same.reshape(len(same), -1).astype(np.float64)
    found: Doubles = shares.reshape(layers, -1) @ flat.T / count
    return found


def by_luck(shares: Doubles, labels: Sequence[str], *, rounds: int, seed: int) -> Doubles:
    """The best accuracy of K layers under shuffled senses, one for each round, shape (rounds,).

    The best layer is chosen in each round anew, as it is for the true senses: whoever picks the
    best of many layers is lucky more often.
    """
    generator = np.random.default_rng(seed)
    names = np.unique(np.asarray(labels), return_inverse=True)[1]
    best: list[float] = []
    for first in range(0, rounds, BLOCK):
        count = min(BLOCK, rounds - first)
        shuffled = np.stack([generator.permutation(names) for _ in range(count)])
        same = shuffled[:, :, None] == shuffled[:, None]
        best += agreement(shares, same).max(axis=0).tolist()
    return np.array(best)
