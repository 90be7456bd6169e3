"""Norm-weighted attention: how much is read from a piece, not only how often it is looked at.

Kobayashi et al. 2020 (arXiv:2004.10102), equations 2 to 4: a head adds to piece i the vectors
a_ij f(x_j) with f(x) = (x W_V + b_V) W_O of that head. The length of such a vector tells how
much of j reaches i. A weight is a number that is not negative, so the length is a_ij times the
length of f(x_j), and the T vectors f(x_j) of a head are all that is computed; no vector is made
for a pair. The bias of the output belongs to no head and to no pair and is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_core.checks import whole_number
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats
from bert_core.tasks.distribution import refuse_no_numbers


@dataclass(frozen=True, slots=True, eq=False)
class NormResult:
    """How much is read, by every head of some layers.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the input, T pieces.
        layers: the layers, counted from 1.
        weights: float32 of shape (layers, A, T, T), length of a_ij f(x_j); a row is the piece
            that looks. Rows are lengths and do not sum to 1.
        joint: float32 of shape (layers, T, T), length of the sum of a_ij f(x_j) over the heads
            of a layer, which is less than the sum of lengths where heads pull apart.
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    layers: tuple[int, ...]
    weights: Floats
    joint: Floats
    notes: tuple[str, ...]

    def normalised(self) -> Floats:
        """``weights`` with every row divided by its sum; a row of zeros stays as it is."""
        sums = self.weights.sum(axis=-1, keepdims=True)
        shares = np.zeros_like(self.weights)
        np.divide(self.weights, sums, out=shares, where=sums > 0)
        return shares


def norm_weights(
    encoder: Encoder, tokens: Tokens, *, layers: Sequence[int] | None = None
) -> NormResult:
    """Weigh attention by the length of what is read. One forward pass.

    Args:
        encoder: any model; weights need not be handed out by its attention kernel.
        tokens: the input.
        layers: which layers, counted from 1; None: all.

    Raises:
        InputError: no such layer, or the model answered with numbers that are no numbers.
    """
    from bert_core.model.contributions import value_norms

    chosen = chosen_layers(encoder, layers)
    shape = (len(chosen), encoder.checkpoint.attention_heads, len(tokens), len(tokens))
    weights = np.empty(shape, dtype=np.float32)
    joint = np.empty((shape[0], *shape[2:]), dtype=np.float32)
    asked = [layer - 1 for layer in chosen]
    for row, found in enumerate(value_norms(encoder, tokens, asked)):
        weights[row], joint[row] = found.weights, found.joint
    refuse_no_numbers(weights)
    return NormResult(
        model=encoder.label,
        tokens=tokens,
        layers=chosen,
        weights=weights,
        joint=joint,
        notes=text_notes(tokens, encoder.tokenizer.vocabulary),
    )


def chosen_layers(encoder: Encoder, layers: Sequence[int] | None) -> tuple[int, ...]:
    """Layers counted from 1, each once and in order; None: all.

    Raises:
        InputError: no such layer, or none at all.
    """
    last = encoder.checkpoint.layers
    if layers is None:
        return tuple(range(1, last + 1))
    for layer in layers or (0,):
        whole_number("layer", layer, last, field="layers")
    return tuple(sorted(set(layers)))
