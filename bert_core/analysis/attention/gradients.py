"""Attention attributed to an output: what the output owes to each weight.

Hao et al. 2021 (arXiv:2004.11207), equation 3: turn the attention weights A of all heads of one
layer up from nothing to what they are and add up the slopes of the output F on the way,
Attr_h(A) = A_h * integral over a from 0 to 1 of dF(aA) / dA_h. The attributions of a layer sum to
F(A) - F(0), so how far a computed sum is off tells how well the integral was met. The points on
the way are those of Gauss and Legendre, which come closer with as few as the equal steps of the
paper's equation 4.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.attention.targets import Target, take_aim
from bert_core.analysis.attention.values import chosen_layers
from bert_core.checks import whole_number
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats
from bert_core.tasks.distribution import refuse_no_numbers

MAX_STEPS = 200


@dataclass(frozen=True, slots=True, eq=False)
class AttributionResult:
    """What an output owes to every attention weight of some layers.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the input, T pieces.
        target: what was followed.
        label: the followed outcome in words.
        layers: the layers, counted from 1.
        steps: points along the way.
        weights: float32 of shape (layers, A, T, T), in nats; a row is the piece that looks. Below
            0 where a weight speaks against the outcome.
        value: log-probability of the outcome, in nats.
        without: shape (layers,), the same with all attention of that layer at 0.
        error: shape (layers,), completeness error in nats: the sum of a layer's attributions less
            ``value - without``.
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    target: Target
    label: str
    layers: tuple[int, ...]
    steps: int
    weights: Floats
    value: float
    without: NDArray[np.float64]
    error: NDArray[np.float64]
    notes: tuple[str, ...]


def attributed(
    encoder: Encoder,
    tokens: Tokens,
    target: Target | None = None,
    *,
    layers: Sequence[int] | None = None,
    steps: int = 20,
    on_progress: Callable[[int, int], None] | None = None,
) -> AttributionResult:
    """Attribute an output to the attention weights.

    Every layer takes ``steps`` passes forward and back through itself and the layers above.

    Args:
        encoder: a model with the target's task head.
        tokens: the input.
        target: what is followed; None: a masked word.
        layers: which layers, counted from 1; None: all.
        steps: points along the way, 1 to 200.
        on_progress: told how many passes are done, and of how many; may raise to stop.

    Raises:
        InputError: the target does not fit the input, no such layer, ``steps`` out of range, or
            the model answered with numbers that are no numbers.
        ModelError: the checkpoint lacks the task head.
    """
    from bert_core.model.contributions import path_gradients

    whole_number("steps", steps, MAX_STEPS, field="steps")
    chosen = chosen_layers(encoder, layers)
    target = target or Target()
    aim = take_aim(encoder, tokens, target)
    shape = (len(chosen), encoder.checkpoint.attention_heads, len(tokens), len(tokens))
    weights = np.empty(shape, dtype=np.float32)
    without, error = np.empty(len(chosen)), np.empty(len(chosen))
    paths = path_gradients(
        encoder, aim.head, tokens, aim.positions, aim.values, [layer - 1 for layer in chosen],
        steps=steps, on_progress=on_progress,
    )  # fmt: skip
    for row, path in enumerate(paths):
        weights[row], without[row] = path.attribution, path.nothing
        error[row] = path.attribution.sum(dtype=np.float64) - (path.whole - path.nothing)
    refuse_no_numbers(weights)
    return AttributionResult(
        model=encoder.label,
        tokens=tokens,
        target=target,
        label=aim.label,
        layers=chosen,
        steps=steps,
        weights=weights,
        value=aim.value(aim.before),
        without=without,
        error=error,
        notes=text_notes(tokens, encoder.tokenizer.vocabulary),
    )
