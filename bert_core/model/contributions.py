"""What attention carries: the length of what is moved, and what an output owes to each weight."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bert_core.model.encoder import Encoder
from bert_core.model.heads import Head
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats
from bert_core.model.tracing import to_numpy
from bert_core.model.walk import levels, onwards, split

GRADIENT_PIECES = 512
"""Word pieces of a batch that is differentiated: all layers above keep what they computed."""


@dataclass(frozen=True, slots=True, eq=False)
class ValueNorms:
    """What the heads of one layer move, by length.

    Attributes:
        layer: counted from 0.
        weights: shape (A, T, T), attention weight times the length of the transformed value.
        joint: shape (T, T), the length of the sum over heads.
    """

    layer: int
    weights: Floats
    joint: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A layer's attention turned up from nothing to what it is.

    Attributes:
        layer: counted from 0.
        attribution: shape (A, T, T), each weight times the mean slope of the value along the way.
        whole: the value with the weights as they are.
        nothing: the value with all weights of the layer at 0.
    """

    layer: int
    attribution: Floats
    whole: float
    nothing: float


def value_norms(encoder: Encoder, tokens: Tokens, layers: Collection[int]) -> Iterator[ValueNorms]:
    """Lengths of what pieces move to others, layer by layer.

    A weight is no vector: it only scales the vector of the piece that is looked at, so the
    vectors of T pieces are enough for T x T pairs.

    Args:
        encoder: the model.
        tokens: the input.
        layers: which, counted from 0.
    """
    for level in levels(encoder, tokens, layers):
        with encoder.computing() as body:
            mix = body.lean.layers[level.layer].parts.mix.weight.float()
            # The slice of a head, (H / A, H), takes its values to what they add to a state.
            moved = level.values @ split(mix, len(level.values)).permute(1, 2, 0)
            found = ValueNorms(
                layer=level.layer,
                weights=to_numpy(level.weights * moved.norm(dim=-1)[:, None, :]),
                joint=to_numpy(_joint(level.weights, moved)),
            )
        yield found


def path_gradients(
    encoder: Encoder,
    head: Head,
    tokens: Tokens,
    positions: Sequence[int],
    value: Callable[[Tensor], Tensor],
    layers: Collection[int],
    *,
    steps: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> Iterator[Path]:
    """Turn the attention of one layer after another up from nothing, and follow a value.

    No gradient is taken with respect to a weight: what a head puts out is weights times values,
    so the slope by a weight is the slope by the output, times the value.

    Args:
        encoder: the model.
        head: the task head that is read.
        tokens: the input, T pieces.
        positions: the P pieces that go through the task head.
        value: from logits of shape (B, P, C) to what is followed, shape (B,).
        layers: which, counted from 0.
        steps: points along the way, those of Gauss and Legendre.
        on_progress: told how many points are done, and of how many; may raise to stop.

    Raises:
        ModelError: the checkpoint lacks the task head.
    """
    encoder.checkpoint.require(head)
    nodes, shares = np.polynomial.legendre.leggauss(steps)
    along, shares = (nodes + 1) / 2, shares / 2
    size = max(1, GRADIENT_PIECES // len(tokens))
    done, total = 0, steps * len(layers)
    for level in levels(encoder, tokens, layers):
        slope = torch.zeros_like(level.context[0])
        for first in range(0, steps, size):
            some = slice(first, first + size)
            points = along[some]
            with encoder.computing(len(points), gradients=True) as body:
                context = _times(points, level.context).requires_grad_()
                reached = value(onwards(body, head, level, context, positions))
                (found,) = torch.autograd.grad(reached.sum(), context)
                slope += _times(shares[some], found).sum(dim=0)
            done += len(found)
            if on_progress is not None:
                on_progress(done, total)
        with encoder.computing(2) as body:
            ends = _times(np.array([1.0, 0.0]), level.context)
            whole, nothing = value(onwards(body, head, level, ends, positions)).tolist()
            by_head = split(slope, len(level.values)).transpose(0, 1)
            attribution = to_numpy(level.weights * (by_head @ level.values.mT))
        yield Path(level.layer, attribution, whole, nothing)


def _times(factors: NDArray[np.float64], states: Tensor) -> Tensor:
    """Each of B factors times states (1 or B, T, H): (B, T, H)."""
    scale = torch.tensor(factors, dtype=states.dtype, device=states.device)
    return scale[:, None, None] * states


def _joint(weights: Tensor, moved: Tensor) -> Tensor:
    """Length of the sum over heads of weight (A, T, T) times vector (A, T, H), as (T, T).

    The square of it is a quadratic form in the A weights of a pair, whose matrix holds the
    inner products of the A vectors of the piece that is looked at.
    """
    # In float64, which not every device has; there is little to compute.
    vectors = moved.cpu().double().transpose(0, 1)
    pairs = weights.cpu().double().permute(2, 1, 0)  # looked at, looking, head
    squared = (pairs @ (vectors @ vectors.mT) * pairs).sum(dim=-1)
    return squared.clamp_min(0).sqrt().mT
