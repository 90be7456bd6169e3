"""Queries and keys: what the attention weights of a head are made of.

A head looks from piece i to piece j with the weight softmax_j(q_i . k_j / sqrt(d)) (Vaswani et al.
2017, arXiv:1706.03762, equation 1). Here the vectors are kept that the weights come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_core.analysis.attention.values import chosen_layers
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats
from bert_core.tasks.distribution import refuse_no_numbers


@dataclass(frozen=True, slots=True, eq=False)
class QueryKeyResult:
    """Queries, keys and the weights that come of them, by every head of some layers.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the input, T pieces.
        layers: the layers, counted from 1.
        queries: float32 of shape (layers, A, T, d), d being the width of a head.
        keys: the same shape.
        weights: float32 of shape (layers, A, T, T); a row is the piece that looks.
    """

    model: str
    tokens: Tokens
    layers: tuple[int, ...]
    queries: Floats
    keys: Floats
    weights: Floats


def queries_and_keys(
    encoder: Encoder, tokens: Tokens, *, layers: Sequence[int] | None = None
) -> QueryKeyResult:
    """Keep the queries and keys of every head. One forward pass.

    Args:
        encoder: any model; weights need not be handed out by its attention kernel.
        tokens: the input.
        layers: which layers, counted from 1; None: all.

    Raises:
        InputError: no such layer, or the model answered with numbers that are no numbers.
    """
    from bert_core.model.tracing import to_numpy
    from bert_core.model.walk import levels, split

    chosen = chosen_layers(encoder, layers)
    queries: list[Floats] = []
    keys: list[Floats] = []
    weights: list[Floats] = []
    for level in levels(encoder, tokens, [layer - 1 for layer in chosen]):
        with encoder.computing() as body:  # no pass: that of the walk is counted there
            parts = body.lean.layers[level.layer].parts
            hidden = level.hidden[0].to(parts.query.weight.dtype)
            for module, found in ((parts.query, queries), (parts.key, keys)):
                found.append(to_numpy(split(module(hidden), parts.heads).transpose(0, 1)))
            weights.append(to_numpy(level.weights))
    refuse_no_numbers(np.stack(weights))
    return QueryKeyResult(
        model=encoder.label,
        tokens=tokens,
        layers=chosen,
        queries=np.stack(queries),
        keys=np.stack(keys),
        weights=np.stack(weights),
    )
