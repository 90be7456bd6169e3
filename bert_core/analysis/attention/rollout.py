"""Attention through many layers: rollout and flow, of Abnar and Zuidema 2020 (arXiv:2005.00928).

Both join the heads of a layer by their mean and count the residual connection as looking at
oneself: A = 0.5 W + 0.5 I, rows sum to 1 (their equation 1). Neither knows the values that the
weights carry nor the output that is asked about.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bert_core.errors import InputError
from bert_core.model.trace import Floats

MOST_FOR_FLOW = 64
"""Longest input for flow, in pieces: one layer of it takes T x T maximum flows."""
_SCALE = 2**30
"""Capacities are whole numbers of this fraction, the largest power of two that int32 can hold."""


def with_residual(weights: Floats) -> NDArray[np.float64]:
    """Heads joined and the residual connection added.

    Args:
        weights: shape (L, A, T, T).

    Returns:
        Shape (L, T, T); rows sum to 1.
    """
    mean = weights.mean(axis=1, dtype=np.float64)
    joined = 0.5 * mean + 0.5 * np.eye(weights.shape[-1])
    normal: NDArray[np.float64] = joined / joined.sum(axis=-1, keepdims=True)
    return normal


def rollout(weights: Floats) -> Floats:
    """How much of each input piece arrives at each piece of every layer, as a product of layers.

    Args:
        weights: shape (L, A, T, T), attention weights of the layers from the first on.

    Returns:
        float32 of shape (L, T, T); row i of entry l says from which input pieces piece i of
        layer l + 1 is mixed, and sums to 1.

    Example:
        >>> swap = np.array([[[[0, 1], [1, 0]]]], dtype=np.float32)
        >>> rollout(np.concatenate([swap, swap]))[1].tolist()
        [[0.5, 0.5], [0.5, 0.5]]
    """
    layers = with_residual(weights)
    for layer in range(1, len(layers)):
        layers[layer] = layers[layer] @ layers[layer - 1]
    rolled: Floats = layers.astype(np.float32)
    return rolled


def flow(
    weights: Floats,
    layer: int | None = None,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Floats:
    """How much can flow from each piece of one layer down to each input piece.

    Every weight of :func:`with_residual` is the capacity of an edge from a piece to a piece one
    layer below; the value is the maximum flow between the two ends. Rows are then divided by
    their sum, as the authors' code does. Capacities are rounded down to multiples of 2^-30; a
    flow before the division is too small by at most that times the number of edges in its
    narrowest cut, so by less than 5e-5 for 12 layers of 64 pieces.

    Args:
        weights: shape (L, A, T, T), attention weights of the layers from the first on.
        layer: where the flow begins, counted from 1; None: at the last.
        on_progress: told how many of the T rows are done, and T; may raise to stop.

    Returns:
        float32 of shape (T, T); row = the piece that looks; rows sum to 1.

    Raises:
        InputError: the input has more than ``MOST_FOR_FLOW`` pieces.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    pieces = weights.shape[-1]
    refuse_long_flow(pieces)
    graph = with_residual(weights[:layer])
    depth = len(graph)
    above, looking, looked_at = np.nonzero(graph)
    capacities = np.floor(graph[above, looking, looked_at] * _SCALE).astype(np.int32)
    # Node l * T + i is piece i of layer l; layer 0 holds the input pieces.
    ends = ((above + 1) * pieces + looking, above * pieces + looked_at)
    network = csr_array((capacities, ends), shape=((depth + 1) * pieces,) * 2)
    flows = np.zeros((pieces, pieces))
    for piece in range(pieces):
        for source in range(pieces):
            found = maximum_flow(network, depth * pieces + piece, source)
            flows[piece, source] = found.flow_value
        if on_progress is not None:
            on_progress(piece + 1, pieces)
    # No row is 0: half of every piece flows straight down to itself.
    normal: Floats = (flows / flows.sum(axis=-1, keepdims=True)).astype(np.float32)
    return normal


def refuse_long_flow(pieces: int) -> None:
    """Refuse an input whose flow would take minutes.

    Raises:
        InputError: it has more than ``MOST_FOR_FLOW`` pieces.
    """
    if pieces > MOST_FOR_FLOW:
        raise InputError(
            f"Flow is computed for at most {MOST_FOR_FLOW} pieces, special ones included; this "
            f"input has {pieces:,}. Shorten the text, or use rollout.",
            field="measure",
        )
