"""Vectors in the plane: principal components, or UMAP where it is installed."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Literal

import numpy as np

from bert_core.analysis.embeddings.geometry import TIE, Doubles, Space, to_unit_length
from bert_core.errors import InputError

Method = Literal["pca", "umap"]
DISTORTED = (
    "UMAP keeps neighbours together but bends distances: how far groups lie apart and how large "
    "they look says nothing. Another seed gives another picture."
)
FEWEST_FOR_UMAP = 5


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """N points.

    Attributes:
        method: how they were placed.
        points: shape (N, 2).
        explained: share of the variance along each axis; None for UMAP, which has none.
        note: what must be known to read the picture; "" if nothing.
    """

    method: Method
    points: Doubles
    explained: tuple[float, float] | None
    note: str = ""


def methods() -> tuple[Method, ...]:
    """The ways that can be had here: UMAP is not a part of this project, but used if present."""
    return ("pca", "umap") if find_spec("umap") else ("pca",)


def project(
    space: Space, labels: Sequence[str] = (), *, method: Method = "pca", seed: int = 0
) -> Projection:
    """Place vectors in the plane.

    For cosines the vectors are brought to length 1 before, so that the picture shows what the
    numbers compare.

    Args:
        space: the N vectors.
        labels: their senses. They do not move a point; they only turn the picture so that the
            sense of the first lies to the right and above, the same way at every layer.
        method: ``"pca"`` is the same whenever it is computed.
        seed: of UMAP.

    Raises:
        InputError: all vectors are the same, or UMAP is asked for and not installed.
    """
    vectors = space.vectors
    if space.geometry.metric == "cosine":
        vectors = to_unit_length(vectors)
    if np.ptp(vectors, axis=0).max() < TIE:
        raise InputError(
            f"All {len(vectors)} vectors are the same here, so there is no direction in which "
            "they differ: nothing has looked at the context yet. Choose a higher layer.",
            field="layer",
        )
    return _pca(vectors, labels) if method == "pca" else _umap(vectors, space, seed)


def _pca(vectors: Doubles, labels: Sequence[str]) -> Projection:
    from sklearn.decomposition import PCA

    found = PCA(n_components=2, svd_solver="full").fit(vectors)
    points = found.transform(vectors)
    first = np.array([label == labels[0] for label in labels]) if labels else [0]
    # The sign of a component is arbitrary; this settles it, and alike at every layer.
    points *= np.where(points[first].sum(axis=0) < 0, -1.0, 1.0)
    shares = found.explained_variance_ratio_
    return Projection("pca", points, (float(shares[0]), float(shares[1])))


def _umap(vectors: Doubles, space: Space, seed: int) -> Projection:
    if "umap" not in methods():
        raise InputError("UMAP is not installed here. Use PCA.", field="method")
    if len(vectors) < FEWEST_FOR_UMAP:
        raise InputError(
            f"UMAP needs {FEWEST_FOR_UMAP} sentences at least. Use PCA.", field="method"
        )
    placed = import_module("umap").UMAP(
        n_neighbors=min(15, len(vectors) - 1),
        metric=space.geometry.metric,
        init="random",
        random_state=seed,
        n_jobs=1,
    )
    return Projection("umap", np.asarray(placed.fit_transform(vectors), float), None, DISTORTED)
