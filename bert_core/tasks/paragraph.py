"""A paragraph, sentence by sentence: which sentence follows which, and does the order show?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.tokenizer import check_text
from bert_core.tasks.next_pairs import lay_out, too_long
from bert_core.tasks.next_sentence import MEANING, NextScore, score_rows

FEWEST, MOST = 3, 40
"""Sentences of a paragraph: below, there is nothing to shuffle; above, over 1,600 pairs."""
SHUFFLES = 1_000
_TOPIC = (
    "BERT was trained to tell a text's own sentences from another document's, so a change of topic "
    "shows better than the order within one."
)
_DRAWN = 8_000
"""Orders that are drawn. More than one in four has no two sentences in their true sequence."""


@dataclass(frozen=True, slots=True)
class OrderedPair:
    """Two sentences of a paragraph in one order.

    Attributes:
        first: index of the first sentence, from 0.
        second: index of the second.
        score: whether the second follows.
    """

    first: int
    second: int
    score: NextScore


@dataclass(frozen=True, slots=True)
class ParagraphResult:
    """All ordered pairs of N sentences, and controls.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        sentences: the sentences in their order.
        pairs: the N x (N - 1) ordered pairs of different sentences, row by row.
        consecutive: mean P(is next) of the N - 1 pairs of neighbours.
        shuffled: mean P(is next) of neighbours over ``orders`` shuffled orders, none of which
            has a sentence before its true successor.
        orders: number of shuffled orders.
        as_good: how many of them score at least as high as the true order.
        auc: probability that a pair of neighbours scores higher than another pair, in [0, 1];
            0.5 is chance.
        best: number of sentences whose true successor scores highest of all others.
        seed: of the shuffling.
        notes: what a reader should know, in sentences.
    """

    model: str
    sentences: tuple[str, ...]
    pairs: tuple[OrderedPair, ...]
    consecutive: float
    shuffled: float
    orders: int
    as_good: int
    auc: float
    best: int
    seed: int
    notes: tuple[str, ...]


def paragraph(
    encoder: Encoder,
    sentences: Sequence[str],
    *,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> ParagraphResult:
    """Score every ordered pair of a paragraph's sentences and hold its order against shuffled ones.

    Args:
        encoder: a model with a next-sentence head.
        sentences: 3 to 40 sentences in their order.
        seed: of the shuffled orders, 0 or more.
        on_progress: told how many pairs are done, and of how many; may raise to stop.

    Raises:
        InputError: too few or too many sentences, one that is empty, two that are longer than
            the model reads, or the model answered with values that are no numbers.
        ModelError: the checkpoint has no next-sentence head.
    """
    encoder.checkpoint.require("next_sentence")
    pieces = _cut(encoder, sentences)
    count = len(sentences)
    places = [(i, j) for i in range(count) for j in range(count) if i != j]
    inputs = []
    for i, j in places:
        inputs.append(lay_out(encoder, pieces[i], pieces[j]))
        if fault := too_long(encoder, len(inputs[-1].ids)):
            raise InputError(f"Sentences {i + 1} and {j + 1}: {fault}", field="paragraph")
    scores = score_rows(encoder.head_logits("next_sentence", inputs, on_progress=on_progress))
    pairs = tuple(OrderedPair(*place, score) for place, score in zip(places, scores, strict=True))
    orders = shuffled_orders(count, seed)
    chances = matrix(pairs, count)
    true = chances[np.arange(count - 1), np.arange(1, count)]
    means = chances[orders[:, :-1], orders[:, 1:]].mean(axis=1)
    margins = matrix(pairs, count, logits=True)
    return ParagraphResult(
        model=encoder.label,
        sentences=tuple(sentences),
        pairs=pairs,
        consecutive=float(true.mean()),
        shuffled=float(means.mean()),
        orders=len(orders),
        as_good=int((means >= true.mean()).sum()),
        auc=_auc(margins),
        best=_best(margins),
        seed=seed,
        notes=(MEANING, _TOPIC),
    )


def matrix(
    pairs: Sequence[OrderedPair], count: int, *, logits: bool = False
) -> NDArray[np.float64]:
    """Scores of ordered pairs, shape (count, count); NaN for a sentence with itself.

    Args:
        pairs: of a :class:`ParagraphResult`.
        count: number of sentences.
        logits: the difference of the logits, in nats, in place of P(is next).
    """
    found = np.full((count, count), np.nan)
    for each in pairs:
        score = each.score
        margin = score.logit_is_next - score.logit_not_next
        found[each.first, each.second] = margin if logits else score.p_is_next
    return found


def shuffled_orders(count: int, seed: int) -> NDArray[np.int64]:
    """Orders of ``count`` sentences in which none stands before its true successor.

    Returns:
        Shape (orders, count), 1,000 orders; the same for the same seed.
    """
    chance = np.random.default_rng(seed)
    drawn = chance.permuted(np.tile(np.arange(count), (_DRAWN, 1)), axis=1)
    apart = (np.diff(drawn, axis=1) != 1).all(axis=1)
    kept: NDArray[np.int64] = drawn[apart][:SHUFFLES]
    return kept


def _cut(encoder: Encoder, sentences: Sequence[str]) -> list[list[int]]:
    """The sentences in pieces; each is cut once, although it stands in many pairs."""
    if not FEWEST <= len(sentences) <= MOST:
        raise InputError(
            f"The paragraph has {len(sentences):,} sentence{'s'[: len(sentences) != 1]}; "
            f"{FEWEST} to {MOST} are expected.",
            field="paragraph",
        )
    for number, sentence in enumerate(sentences, start=1):
        try:
            check_text(sentence, "text")
        except InputError as error:
            raise InputError(f"Sentence {number}: {error}", field="paragraph") from None
    pieces = encoder.cut_many(sentences)
    for number, each in enumerate(pieces, start=1):
        if not each:
            raise InputError(
                f"Sentence {number} has no character that the model can see. Leave it out.",
                field="paragraph",
            )
    return pieces


def _auc(margins: NDArray[np.float64]) -> float:
    """Share of (neighbours, other pair) in which the neighbours score higher; ties count half."""
    true = np.diagonal(margins, offset=1)
    others = ~np.eye(len(margins), dtype=bool) & ~np.eye(len(margins), k=1, dtype=bool)
    away = true[:, None] - margins[others][None, :]
    return float((away > 0).mean() + (away == 0).mean() / 2)


def _best(margins: NDArray[np.float64]) -> int:
    """Number of sentences but the last whose true successor comes first, alone."""
    rows = np.arange(len(margins) - 1)
    others = margins[:-1].copy()
    others[rows, rows + 1] = np.nan
    return int((margins[rows, rows + 1] > np.nanmax(others, axis=1)).sum())
