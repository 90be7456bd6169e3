"""What is asked about when something inside a model is changed: one output of one task head.

Every output is an outcome of one distribution or of two: a word at a mask, yes or no for the
next sentence, the start and the end of an answer. What is followed is the log-probability of the
outcome in nats, of both together for an answer. Unlike a logit it does not move when all logits
of a distribution move together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bert_core.checks import a_choice, a_list, a_text, is_whole, shown
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.model.vocabulary import Vocabulary
from bert_core.tasks.distribution import Logs, allowed, best_ids, log_softmax

TargetHead = Literal["masked_word", "next_sentence", "span"]
LONGEST_ANSWER = 30
"""Word pieces of an answer that the model chooses itself, as in run_squad.py."""
FOLLOWS = ("the second text follows", "the second text does not follow")


@dataclass(frozen=True, slots=True)
class Target:
    """An output to be followed. What is left open is what the model itself would answer.

    Attributes:
        head: the task head.
        position: for a masked word, its mask in word pieces; None: the first mask.
        word: for a masked word, a word of one piece; None: the word that the mask was put over,
            or else the model's best.
        follows: for the next sentence, whether it follows; None: the more probable of the two.
        span: for an answer, its first and last piece, counted from 0; None: the model's best.
    """

    head: TargetHead = "masked_word"
    position: int | None = None
    word: str | None = None
    follows: bool | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """A target on one input, with nothing left open, and what the model says undisturbed.

    Attributes:
        head: the task head.
        positions: the P pieces that go through it.
        outcome: for each of the K distributions, the index that is followed.
        label: the outcome in words.
        before: shape (K, N), log-probabilities in nats, nothing changed.
    """

    head: TargetHead
    positions: tuple[int, ...]
    outcome: tuple[int, ...]
    label: str
    before: Logs

    def logs(self, logits: NDArray[np.float32]) -> Logs:
        """Logits (P, C) of these positions as K log-distributions, (K, N)."""
        return distributions(self.head, logits)

    def value(self, logs: Logs) -> float:
        """Log-probability of the outcome in nats, given (K, N)."""
        return float(logs[range(len(logs)), self.outcome].sum())

    def divergence(self, after: Logs) -> float:
        """Kullback-Leibler divergence KL(before || after) in nats, of K distributions together."""
        # Rounding can lead below 0 by the last digits.
        return max(0.0, float((np.exp(self.before) * (self.before - after)).sum()))

    def values(self, logits: Any) -> Any:
        """As :meth:`value`, from tensors of logits (B, P, C), with gradients: (B,)."""
        rows = logits.mT if self.head == "span" else logits
        which = list(range(len(self.outcome)))
        return rows.log_softmax(dim=-1)[:, which, list(self.outcome)].sum(dim=-1)


def take_aim(encoder: Encoder, tokens: Tokens, target: Target) -> Aim:
    """Check a target against an input and fill in what it leaves open. One forward pass.

    Raises:
        InputError: no such mask, word, or piece of the text; or no second text.
        ModelError: the checkpoint lacks the head.
    """
    _refuse(target)
    encoder.checkpoint.require(target.head)
    positions = _positions(tokens, target)
    (logits,) = encoder.head_logits(target.head, [tokens], [positions])
    before = distributions(target.head, logits)
    outcome: tuple[int, ...]
    match target.head:
        case "masked_word":
            vocabulary = encoder.tokenizer.vocabulary
            outcome = (_word(encoder, tokens, positions[0], target.word, before[0]),)
            label = vocabulary.words[outcome[0]]
        case "next_sentence":
            follows = before[0, 0] >= before[0, 1] if target.follows is None else target.follows
            outcome = (0 if follows else 1,)
            label = FOLLOWS[outcome[0]]
        case "span":
            outcome = _span(tokens, target.span, before)
            label = span_text(tokens, outcome)
    return Aim(target.head, positions, outcome, label, before)


def _refuse(target: Target) -> None:
    """Refuse what is no target, or has something of another kind in one of its fields."""
    if not isinstance(target, Target):
        raise InputError(
            f"The target is {shown(target)}; make one with Target(...).", field="target"
        )
    a_choice("output", target.head, get_args(TargetHead), field="target")
    if target.word is not None:
        a_text("The word that is followed", target.word, field="target")
    if target.follows is not None and not isinstance(target.follows, bool):
        raise InputError(
            f"Whether the second text follows is {shown(target.follows)}; true, false or nothing "
            "is expected.",
            field="target",
        )
    if target.span is not None:
        a_list("The first and the last piece", target.span, field="target")
        if len(target.span) != 2 or not all(is_whole(each, 0, 10**6) for each in target.span):
            raise InputError(
                "An answer is given by its first and its last piece, two whole numbers.",
                field="target",
            )


def distributions(head: TargetHead, logits: NDArray[np.float32]) -> Logs:
    """Logits of shape (P, C) as log-distributions: one over C, or for spans C over P."""
    return log_softmax(logits.T if head == "span" else logits)


def best_spans(tokens: Tokens, logs: Logs, k: int) -> list[tuple[int, int]]:
    """The most probable answers, first and last piece of each, best first.

    An answer stands in the second text, or in the only one, and has at most ``LONGEST_ANSWER``
    pieces.

    Args:
        tokens: T pieces.
        logs: shape (2, T), log-probabilities of starts and ends.
        k: how many.
    """
    place = np.arange(len(tokens))
    inside = np.isin(place, _context(tokens))
    length = place[None, :] - place[:, None]
    legal = inside[:, None] & inside[None, :] & (length >= 0) & (length < LONGEST_ANSWER)
    found = best_ids((logs[0][:, None] + logs[1][None, :]).ravel(), k, legal.ravel())
    return [divmod(each, len(tokens)) for each in found]


def span_text(tokens: Tokens, span: Sequence[int]) -> str:
    """The characters of the text from one piece to another."""
    first, last = (tokens.offsets[position] or (0, 0) for position in span)
    source = tokens.pair if tokens.sequences[span[0]] else tokens.text
    return (source or "")[first[0] : last[1]]


def shown_words(tokens: Tokens, vocabulary: Vocabulary, position: int) -> NDArray[np.bool_]:
    """Which pieces of the vocabulary may be named at a mask, shape (V,)."""
    return allowed(vocabulary, tokens, position, words_only=True)


def _positions(tokens: Tokens, target: Target) -> tuple[int, ...]:
    if target.head == "span":
        return tuple(range(len(tokens)))
    if target.head == "next_sentence":
        if tokens.pair is None:
            raise InputError(
                "Whether a second text follows can only be asked of two: type one.", field="pair"
            )
        return (0,)
    if not tokens.masks:
        raise InputError(
            f"Nothing is masked, so there is no word to follow. Type {tokens.mask_piece} where a "
            "word is missing, or pick a word to mask.",
            field="text",
        )
    position = tokens.masks[0] if target.position is None else target.position
    if not is_whole(position, 0, len(tokens) - 1) or position not in tokens.masks:
        raise InputError(f"Position {shown(position)} is no mask.", field="target")
    return (position,)


def _word(encoder: Encoder, tokens: Tokens, position: int, word: str | None, logs: Logs) -> int:
    vocabulary = encoder.tokenizer.vocabulary
    original = tokens.originals[position]
    if word is None:
        if original is not None:
            return original
        return best_ids(logs, 1, shown_words(tokens, vocabulary, position))[0]
    # A later piece of a word is named as the vocabulary spells it.
    if word.startswith("##") and word in vocabulary.pieces:
        return vocabulary.pieces.index(word)
    ids = encoder.pieces_of(word)
    if len(ids) != 1 or ids[0] == vocabulary.unknown_id:
        known = "unknown to the vocabulary" if len(ids) == 1 else f"{len(ids)} word pieces"
        raise InputError(
            f"'{word[:60]}' is {known}; the word that is followed has to be one piece.",
            field="target",
        )
    return ids[0]


def _context(tokens: Tokens) -> list[int]:
    """Pieces that an answer may consist of."""
    side = 0 if tokens.pair is None else 1
    return [position for position in tokens.content if tokens.sequences[position] == side]


def _span(tokens: Tokens, span: tuple[int, int] | None, logs: Logs) -> tuple[int, int]:
    if span is None:
        return best_spans(tokens, logs, 1)[0]
    first, last = span
    if first > last or not {first, last} <= set(_context(tokens)):
        raise InputError(
            f"An answer from piece {first} to piece {last} is no part of the text that is asked "
            f"({len(tokens)} pieces, counted from 0).",
            field="target",
        )
    return first, last
