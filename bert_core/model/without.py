"""Attention heads switched off.

A head that is off puts out zeros for every piece (zero ablation, as Michel et al. 2019,
arXiv:1905.10650, section 2.3). The library has no mask of heads; what all heads of a layer put
out enters one linear module side by side, so a hook there silences the slices of some.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor

from bert_core.model import batching
from bert_core.model.encoder import Encoder
from bert_core.model.heads import Head
from bert_core.model.lean import LeanLayer
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats
from bert_core.model.tracing import to_numpy
from bert_core.model.walk import levels, onwards, split


def logits_without(
    encoder: Encoder,
    head: Head,
    tokens: Tokens,
    positions: Sequence[int],
    off: Collection[tuple[int, int]],
) -> Floats:
    """What a task head puts out when some attention heads are off.

    Args:
        encoder: the model.
        head: which task head.
        tokens: the input.
        positions: the P pieces that go through the task head.
        off: layer and head of those that are off, both counted from 0.

    Returns:
        Logits of shape (P, C).

    Raises:
        ModelError: the checkpoint lacks the task head.
    """
    encoder.checkpoint.require(head)
    with encoder.computing(1) as body, _switched_off(body.lean.layers, off):
        return to_numpy(body.heads[head](body.run_at([tokens], [positions])))


def logits_without_each(
    encoder: Encoder, head: Head, tokens: Tokens, positions: Sequence[int]
) -> Iterator[tuple[int, Sequence[int], Floats]]:
    """What a task head puts out when one attention head is off, for every one in turn.

    The heads of a layer are switched off in copies of what that layer puts out, and only the
    layers above go on with the copies.

    Args:
        encoder: the model.
        head: which task head.
        tokens: the input, T pieces.
        positions: the P pieces that go through the task head.

    Yields:
        A layer, some of its heads, both counted from 0, and logits of shape (B, P, C), one row
        for each of these heads.

    Raises:
        ModelError: the checkpoint lacks the task head.
    """
    encoder.checkpoint.require(head)
    count = encoder.checkpoint.attention_heads
    size = max(1, batching.BATCH_PIECES // len(tokens))
    for level in levels(encoder, tokens, range(encoder.checkpoint.layers)):
        for first in range(0, count, size):
            off = range(first, min(first + size, count))
            with encoder.computing(len(off)) as body:
                without = split(level.context, count).repeat(len(off), 1, 1, 1)
                without[range(len(off)), :, off] = 0
                logits = onwards(body, head, level, without.flatten(-2), positions)
            yield level.layer, off, to_numpy(logits)


@contextmanager
def _switched_off(layers: Sequence[LeanLayer], off: Collection[tuple[int, int]]) -> Iterator[None]:
    """A block in which some heads are off; the caller holds the encoder all the while."""
    with ExitStack() as hooks:
        for number, layer in enumerate(layers):
            heads = sorted({head for of_layer, head in off if of_layer == number})
            if heads:
                silence = _Silence(layer.parts.heads, heads)
                hooks.callback(layer.parts.mix.register_forward_pre_hook(silence).remove)
        yield


class _Silence:
    """Zeros in place of what some heads of a layer put out."""

    def __init__(self, heads: int, off: list[int]) -> None:
        self._heads = heads
        self._off = off

    def __call__(self, module: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        context = split(inputs[0], self._heads).clone()
        context[..., self._off, :] = 0
        return (context.flatten(-2),)
