"""Two states of one model on the same sentence: what training changed inside.

Attention rows are compared by their total-variation distance, half the sum of absolute
differences: the share of a piece's attention that went elsewhere. Hidden states are compared by
the cosine between them, which is blind to length.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.tasks.distribution import refuse_no_numbers

CAUTION = (
    "This says where the two models differ on this sentence, not which difference matters for "
    "the answer."
)


@dataclass(frozen=True, slots=True)
class HeadShift:
    """How far one attention head moved.

    Attributes:
        layer: counted from 1.
        head: counted from 1.
        distance: mean total-variation distance of its T attention rows, in [0, 1].
    """

    layer: int
    head: int
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class ShiftResult:
    """What differs between two models on one sentence.

    Attributes:
        models: names of the two, earlier and later.
        tokens: the sentence in pieces, T of them; the same for both.
        attention: shape (L, A), mean total-variation distance of the attention rows, in [0, 1].
        hidden: shape (L + 1, T), 1 - cosine of the hidden states, in [0, 2]; row 0 is the
            embeddings.
        heads: all heads, the most changed first.
        notes: what a reader should know, in sentences.
    """

    models: tuple[str, str]
    tokens: Tokens
    attention: NDArray[np.float64]
    hidden: NDArray[np.float64]
    heads: tuple[HeadShift, ...]
    notes: tuple[str, ...]


def shift(before: Encoder, after: Encoder, text: str, pair: str | None = None) -> ShiftResult:
    """Pass one sentence through two models and compare what happens inside.

    Args:
        before: the earlier model.
        after: the later one, of the same shape and with the same vocabulary.
        text: the sentence; a typed ``[MASK]`` or ``[SEP]`` is ordinary text.
        pair: an optional second text.

    Raises:
        InputError: the models differ in shape or vocabulary, the text is empty or too long, or a
            model answered with values that are no numbers.
    """
    _refuse_unlike(before, after)
    tokens = before.tokenize(text, pair, masks=False)
    if after.tokenize(text, pair, masks=False).ids != tokens.ids:
        raise InputError(
            f"{before.label} and {after.label} cut this text into different pieces (capitals or "
            "accents are treated differently), so their layers cannot be laid side by side.",
            field="model",
        )
    first, second = (
        encoder.trace(tokens, hidden=True, attention=True) for encoder in (before, after)
    )
    assert first.attention is not None  # noqa: S101 - asked for in the line above
    assert second.attention is not None  # noqa: S101
    assert first.hidden is not None  # noqa: S101
    assert second.hidden is not None  # noqa: S101
    attention = _total_variation(first.attention, second.attention)
    hidden = 1 - _cosine(first.hidden, second.hidden)
    refuse_no_numbers(attention)
    refuse_no_numbers(hidden)
    return ShiftResult(
        models=(before.label, after.label),
        tokens=tokens,
        attention=attention,
        hidden=hidden,
        heads=_ranked(attention),
        notes=(*text_notes(tokens, before.tokenizer.vocabulary), CAUTION),
    )


def _total_variation(
    first: NDArray[np.float32], second: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Attention (L, A, T, T) of both to the mean distance of their rows, (L, A)."""
    rows = np.abs(first.astype(np.float64) - second).sum(axis=-1) / 2
    mean: NDArray[np.float64] = rows.mean(axis=-1)
    return mean


def _cosine(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """Hidden states (L + 1, T, H) of both to their cosines, (L + 1, T)."""
    one, two = first.astype(np.float64), second.astype(np.float64)
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(two, axis=-1)
    # Rounding can lead past either end by the last digits.
    cosine: NDArray[np.float64] = np.clip((one * two).sum(axis=-1) / lengths, -1, 1)
    return cosine


def _ranked(attention: NDArray[np.float64]) -> tuple[HeadShift, ...]:
    found = [
        HeadShift(layer=layer + 1, head=head + 1, distance=float(distance))
        for (layer, head), distance in np.ndenumerate(attention)
    ]
    return tuple(sorted(found, key=lambda each: -each.distance))


def _refuse_unlike(before: Encoder, after: Encoder) -> None:
    for name in ("layers", "attention_heads", "hidden"):
        one, two = (getattr(encoder.checkpoint, name) for encoder in (before, after))
        if one != two:
            raise InputError(
                f"{before.label} has {name.replace('_', ' ')} = {one}, {after.label} {two}: only "
                "models of the same shape can be compared inside. Choose the model that the later "
                "one was trained from.",
                field="model",
            )
    if before.tokenizer.vocabulary.pieces != after.tokenizer.vocabulary.pieces:
        raise InputError(
            f"{before.label} and {after.label} have different vocabularies, so their pieces "
            "cannot be laid side by side. Choose the model that the later one was trained from.",
            field="model",
        )
