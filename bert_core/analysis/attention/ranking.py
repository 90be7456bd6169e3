"""All heads in order of what is lost when each is switched off alone.

One forward pass for every head would compute the layers below it again and again, although a
head changes only what comes after it. Here each layer is computed once as it is, and the layers
above it once for each of its heads, of the last layer only what is read.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.attention.ablation import CAUTION, HeadName
from bert_core.analysis.attention.targets import Target, take_aim
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens


@dataclass(frozen=True, slots=True)
class HeadEffect:
    """What one head does for an answer.

    Attributes:
        name: the head.
        divergence: KL(before || after) of the whole answer in nats when it alone is off.
        change: log-probability of the followed outcome then, less that with all heads on, in
            nats; below 0 where the head spoke for the outcome.
    """

    name: HeadName
    divergence: float
    change: float


@dataclass(frozen=True, slots=True, eq=False)
class RankingResult:
    """All heads of a model on one input.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the input.
        target: what was followed.
        label: the followed outcome in words.
        before: its log-probability with all heads on, in nats.
        divergence: shape (L, A), see :class:`HeadEffect`.
        change: shape (L, A), likewise.
        heads: all heads, the largest divergence first.
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    target: Target
    label: str
    before: float
    divergence: NDArray[np.float64]
    change: NDArray[np.float64]
    heads: tuple[HeadEffect, ...]
    notes: tuple[str, ...]


def rank_heads(
    encoder: Encoder,
    tokens: Tokens,
    target: Target | None = None,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> RankingResult:
    """Switch off every head in turn.

    Args:
        encoder: a model with the target's task head.
        tokens: the input.
        target: what is followed; None: a masked word.
        on_progress: told how many heads are done, and of how many; may raise to stop.

    Raises:
        InputError: the target does not fit the input.
        ModelError: the checkpoint lacks the task head.
    """
    from bert_core.model.without import logits_without_each

    target = target or Target()
    aim = take_aim(encoder, tokens, target)
    before = aim.value(aim.before)
    shape = (encoder.checkpoint.layers, encoder.checkpoint.attention_heads)
    divergence, change = np.zeros(shape), np.zeros(shape)
    for layer, off, logits in logits_without_each(encoder, aim.head, tokens, aim.positions):
        for head, row in zip(off, logits, strict=True):
            after = aim.logs(row)
            divergence[layer, head] = aim.divergence(after)
            change[layer, head] = aim.value(after) - before
        if on_progress is not None:
            on_progress(layer * shape[1] + off[-1] + 1, divergence.size)
    return RankingResult(
        model=encoder.label,
        tokens=tokens,
        target=target,
        label=aim.label,
        before=before,
        divergence=divergence,
        change=change,
        heads=_ranked(divergence, change),
        notes=(*text_notes(tokens, encoder.tokenizer.vocabulary), CAUTION),
    )


def _ranked(divergence: NDArray[np.float64], change: NDArray[np.float64]) -> tuple[HeadEffect, ...]:
    found = [
        HeadEffect(HeadName(layer + 1, head + 1), float(value), float(change[layer, head]))
        for (layer, head), value in np.ndenumerate(divergence)
    ]
    return tuple(sorted(found, key=lambda each: -each.divergence))
