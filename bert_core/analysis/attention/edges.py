"""The strongest edges of one head, few enough to be drawn as lines."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.checks import whole_number
from bert_core.errors import InputError
from bert_core.model.trace import Floats

MOST_EDGES = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Some weights of one head, strongest first. Weights of 0 are no edges.

    Attributes:
        rows: shape (E,), where each edge begins: a row of the weights.
        columns: shape (E,), where it ends.
        weights: shape (E,).
        hidden: number of edges that are not among them.
        hidden_mass: their share of the sum of all (absolute) weights, in [0, 1].
        capped: how many of the hidden ones passed the share and fell to the cap.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    weights: Floats
    hidden: int
    hidden_mass: float
    capped: int


def strongest_edges(weights: Floats, *, share: float = 0.9, most: int = MOST_EDGES) -> Edges:
    """Keep in each row the fewest edges that reach a share of its sum, then cap their number.

    Args:
        weights: shape (N, M); negative ones count by their size.
        share: of each row's sum, 0.5 to 1; 1 keeps every weight that is not 0.
        most: cap on all rows together, 1 to 2,000; the strongest stay.

    Raises:
        InputError: share or cap is out of range.

    Example:
        >>> found = strongest_edges(np.array([[0.6, 0.3, 0.1], [0.0, 1.0, 0.0]]), share=0.8)
        >>> found.rows.tolist(), found.columns.tolist(), found.hidden
        ([1, 0, 0], [1, 0, 1], 1)
    """
    if not 0.5 <= share <= 1:
        raise InputError(f"The share is {share}; 0.5 to 1 is expected.", field="share")
    whole_number("The cap on edges", most, MOST_EDGES, field="most")
    size = np.abs(weights.astype(np.float64))
    order = np.argsort(-size, axis=-1, kind="stable")
    ranked = np.take_along_axis(size, order, axis=-1)
    before = np.cumsum(ranked, axis=-1) - ranked
    # An edge is needed as long as those before it do not reach the share by themselves.
    wanted = before < share * size.sum(axis=-1, keepdims=True) if share < 1 else ranked > 0
    rows, ranks = np.nonzero(wanted & (ranked > 0))
    columns = order[rows, ranks]
    strongest = np.argsort(-size[rows, columns], kind="stable")[:most]
    total, kept = float(size.sum()), size[rows[strongest], columns[strongest]]
    return Edges(
        rows=rows[strongest],
        columns=columns[strongest],
        weights=weights[rows[strongest], columns[strongest]],
        hidden=int(np.count_nonzero(size)) - len(kept),
        hidden_mass=max(0.0, 1 - float(kept.sum()) / total) if total else 0.0,
        capped=len(rows) - len(kept),
    )
