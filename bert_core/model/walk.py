"""One input through an encoder layer by layer, to change something on the way.

Whatever is changed in a layer leaves everything below as it was, so that is computed once. The
encoder is held for one step at a time, and others get their turn in between.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bert_core.model.body import Body
from bert_core.model.encoder import Encoder
from bert_core.model.heads import Head
from bert_core.model.tokens import Tokens


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One layer at work on one input of T pieces, in float32.

    Attributes:
        layer: counted from 0.
        hidden: its input (1, T, H).
        weights: its attention weights (A, T, T).
        values: its values (A, T, H / A).
        context: what its heads put out, side by side (1, T, H).
    """

    layer: int
    hidden: Tensor
    weights: Tensor
    values: Tensor
    context: Tensor


def levels(encoder: Encoder, tokens: Tokens, layers: Collection[int]) -> Iterator[Level]:
    """The asked-for layers, counted from 0, from below; nothing is held while one is used."""
    highest = max(layers, default=-1)
    with encoder.computing(1, gradients=True) as body, torch.no_grad():
        hidden = body.embed(tokens)
    for number in range(highest + 1):
        with encoder.computing(gradients=True) as body, torch.no_grad():
            layer = body.lean.layers[number]
            weights, values = (each.float() for each in layer.attention(hidden))
            context = (weights @ values).transpose(0, 1).flatten(1)[None]
        if number in layers:
            yield Level(number, hidden, weights, values, context)
        if number < highest:
            with encoder.computing(gradients=True), torch.no_grad():
                hidden = layer.parts.finish(context, hidden)


def onwards(
    body: Body, head: Head, level: Level, context: Tensor, positions: Sequence[int]
) -> Tensor:
    """What a task head puts out when the attention heads of a layer put out something else.

    Args:
        body: of an encoder that is held.
        head: which task head.
        level: the layer.
        context: what its attention heads put out instead, in B versions (B, T, H).
        positions: the P pieces that go through the task head.

    Returns:
        Logits (B, P, C) in float32.
    """
    where = torch.tensor([list(positions)] * len(context), device=context.device)
    states = body.lean.run_on(level.layer, context, level.hidden, where)
    logits: Tensor = body.heads[head](states.flatten(0, 1)).float()
    return logits.reshape(*where.shape, -1)


def split(states: Tensor, heads: int) -> Tensor:
    """The part of each head: (..., H) to (..., A, H / A)."""
    return states.reshape(*states.shape[:-1], heads, -1)
