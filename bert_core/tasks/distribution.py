"""From vocabulary logits to ranked words: the arithmetic that every masked-word answer shares."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.errors import InputError
from bert_core.model.tokens import Tokens
from bert_core.model.vocabulary import Vocabulary

Logs = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One piece of the vocabulary at one mask.

    Attributes:
        rank: its place among all V pieces, 1 = most probable.
        word: spelled for people.
        piece: spelled as in the vocabulary.
        id: its vocabulary id.
        probability: softmax over the whole vocabulary, in [0, 1].
        log_odds: ln(probability / probability of the best piece), at most 0.
        whole_word: False for a piece that continues a word.
    """

    rank: int
    word: str
    piece: str
    id: int
    probability: float
    log_odds: float
    whole_word: bool


def refuse_no_numbers(values: NDArray[np.floating]) -> None:
    """Stop where a model computed infinity or "not a number", which no ranking survives.

    Raises:
        InputError: a value is not finite.
    """
    if not np.isfinite(values).all():
        raise InputError(
            "The model answered with values that are no numbers; its weights or its 16-bit "
            "precision fail on this text. Try the exact precision.",
            field="precision",
        )


def log_softmax(logits: NDArray[np.floating]) -> Logs:
    """Log-probabilities in nats along the last axis, in float64.

    Raises:
        InputError: the model answered with numbers that are no numbers.

    Example:
        >>> np.exp(log_softmax(np.array([0.0, 0.0]))).tolist()
        [0.5, 0.5]
    """
    refuse_no_numbers(logits)
    exact = logits.astype(np.float64)
    shifted = exact - exact.max(axis=-1, keepdims=True)
    normal: Logs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normal


def log_sum_exp(logs: Logs) -> float:
    """Ln of the sum of probabilities that are given as logs."""
    top = logs.max()
    return float(top + np.log(np.exp(logs - top).sum()))


def entropy_bits(logs: Logs) -> float:
    """Shannon entropy of one distribution, in bits: 0 = certain, log2(V) = no idea."""
    probabilities = np.exp(logs)
    return float(-(probabilities * logs).sum() / np.log(2))


def rank_of(logs: Logs, id_: int) -> int:
    """Place of one piece in a distribution, 1 = most probable; equals share the better place."""
    return int((logs > logs[id_]).sum()) + 1


def allowed(
    vocabulary: Vocabulary, tokens: Tokens, position: int, *, words_only: bool
) -> NDArray[np.bool_]:
    """Which pieces may be shown at a mask, as bool of shape (V,).

    Special pieces never. With ``words_only``, a mask that stands for a word shows pieces that
    begin a word; one over a later piece of a word shows pieces that continue one.
    """
    if not words_only:
        return ~vocabulary.special
    inside = tokens.same_word(position)[0] != position
    kept: NDArray[np.bool_] = ~vocabulary.special & (vocabulary.starts_word != inside)
    return kept


def candidate(vocabulary: Vocabulary, logs: Logs, id_: int) -> Candidate:
    """Describe one piece of a distribution of shape (V,)."""
    return Candidate(
        rank=rank_of(logs, id_),
        word=vocabulary.words[id_],
        piece=vocabulary.pieces[id_],
        id=int(id_),
        probability=float(np.exp(logs[id_])),
        log_odds=float(logs[id_] - logs.max()),
        whole_word=bool(vocabulary.starts_word[id_]),
    )


def best_ids(logs: Logs, k: int, keep: NDArray[np.bool_] | None = None) -> list[int]:
    """Ids of the ``k`` most probable pieces, best first, lower ids first among equals."""
    scores = logs if keep is None else np.where(keep, logs, -np.inf)
    k = min(k, len(scores) if keep is None else int(keep.sum()))
    if k == 0:
        return []
    # The k-th best value first, then all that reach it: ties do not depend on the partition.
    bound = np.partition(scores, len(scores) - k)[len(scores) - k]
    reached = np.flatnonzero(scores >= bound)
    return [int(i) for i in reached[np.lexsort((reached, -scores[reached]))][:k]]
