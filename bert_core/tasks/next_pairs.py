"""Next sentence for many pairs in batches: lists of pairs, and candidates for one text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bert_core.checks import a_list, a_text, shown
from bert_core.errors import InputError
from bert_core.model import batching
from bert_core.model.encoder import Encoder
from bert_core.model.tokenizer import check_text
from bert_core.settings import read_settings
from bert_core.tasks.next_sentence import MEANING, NextScore, score_rows

BLOCK = 1_024
"""Pairs that are cut into pieces and sorted by length together."""
MOST_CANDIDATES = 1_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Follower:
    """A text that may follow another.

    Attributes:
        index: its place in the list as given, from 0.
        text: the text.
        score: whether it follows.
    """

    index: int
    text: str
    score: NextScore


@dataclass(frozen=True, slots=True)
class FollowerRanking:
    """Candidates for what follows a text.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        text: the first text of every pair.
        ranked: the candidates, by the difference of their logits, the likeliest first.
        notes: what a reader should know, in sentences.
    """

    model: str
    text: str
    ranked: tuple[Follower, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """The pieces of a pair as an encoder takes them."""

    ids: tuple[int, ...]
    segments: tuple[int, ...]


def score_pairs(
    encoder: Encoder, pairs: Sequence[tuple[str, str]], *, on_progress: Progress | None = None
) -> list[NextScore]:
    """Score many pairs; the first that cannot be scored is refused by its row.

    Args:
        encoder: a model with a next-sentence head.
        pairs: N times a first and a second text.
        on_progress: told how many pairs are done, and N; may raise to stop.

    Returns:
        N scores, in the order of the pairs.

    Raises:
        InputError: a text is empty, a pair is longer than the model reads, or the model answered
            with values that are no numbers.
        ModelError: the checkpoint has no next-sentence head.
    """
    found: list[NextScore] = []
    for block in score_blocks(encoder, pairs, on_progress=on_progress):
        for score in block:
            if isinstance(score, str):
                raise InputError(f"Row {len(found) + 1:,}: {score}", field="pairs")
            found.append(score)
    return found


def score_blocks(
    encoder: Encoder, pairs: Sequence[tuple[str, str]], *, on_progress: Progress | None = None
) -> Iterator[list[NextScore | str]]:
    """Score many pairs block by block, so that a file can be written while it goes on.

    Args:
        encoder: a model with a next-sentence head.
        pairs: N times a first and a second text.
        on_progress: told how many pairs are done, and N; may raise to stop.

    Yields:
        For each pair of a block, in order, its score, or a sentence that says why it has none.

    Raises:
        InputError: the model answered with values that are no numbers.
        ModelError: the checkpoint has no next-sentence head.
    """
    encoder.checkpoint.require("next_sentence")
    a_list("The pairs", pairs, field="pairs")
    limit = read_settings().characters
    for first in range(0, len(pairs), BLOCK):
        block = pairs[first : first + BLOCK]
        faults = [_fault(each, limit) for each in block]
        sound = [each for each, fault in zip(block, faults, strict=True) if fault is None]
        pieces = encoder.cut_many([text for each in sound for text in each])
        cut = iter(zip(pieces[::2], pieces[1::2], strict=True))
        inputs = [_laid_out(encoder, *next(cut)) if fault is None else fault for fault in faults]
        yield _scored(encoder, inputs, first, len(pairs), on_progress)


def rank_candidates(
    encoder: Encoder,
    text: str,
    candidates: Sequence[str],
    *,
    on_progress: Progress | None = None,
) -> FollowerRanking:
    """Rank texts by how likely each follows a first one.

    Args:
        encoder: a model with a next-sentence head.
        text: the first text.
        candidates: 1 to 1,000 second texts, each judged by itself.
        on_progress: told how many candidates are done, and of how many; may raise to stop.

    Raises:
        InputError: too few or too many candidates, or one that cannot be scored; it is named.
        ModelError: the checkpoint has no next-sentence head.
    """
    encoder.checkpoint.require("next_sentence")
    check_text(text, "text")
    a_list("The candidates", candidates, field="candidates")
    if not 1 <= len(candidates) <= MOST_CANDIDATES:
        raise InputError(
            f"There are {len(candidates):,} candidates; 1 to {MOST_CANDIDATES:,} are expected.",
            field="candidates",
        )
    pairs = [(text, candidate) for candidate in candidates]
    scores = [
        each for block in score_blocks(encoder, pairs, on_progress=on_progress) for each in block
    ]
    found = []
    for index, (candidate, score) in enumerate(zip(candidates, scores, strict=True)):
        if isinstance(score, str):
            raise InputError(f"Candidate {index + 1:,}: {score}", field="candidates")
        found.append(Follower(index, candidate, score))
    notes = (MEANING, "Each candidate is judged by itself: the probabilities do not add up to 1.")
    return FollowerRanking(encoder.label, text, tuple(sorted(found, key=_unlikely)), notes)


def lay_out(encoder: Encoder, first: Sequence[int], second: Sequence[int]) -> batching.Input:
    """Two texts in pieces as one input: ``[CLS]`` A ``[SEP]`` as segment 0, B ``[SEP]`` as 1."""
    cls, sep = encoder.tokenizer.cls_id, encoder.tokenizer.sep_id
    return _Pair(
        ids=(cls, *first, sep, *second, sep),
        segments=(0,) * (len(first) + 2) + (1,) * (len(second) + 1),
    )


def too_long(encoder: Encoder, pieces: int) -> str | None:
    """A sentence on a pair of too many pieces, special ones included; None for one that fits."""
    limit = encoder.tokenizer.max_pieces
    if pieces <= limit:
        return None
    return (
        f"The pair has {pieces:,} word pieces, special ones included; the model reads {limit:,}. "
        "Shorten it."
    )


def _unlikely(each: Follower) -> float:
    """Probabilities of 1 tie where logits do not."""
    return each.score.logit_not_next - each.score.logit_is_next


def _fault(given: object, limit: int) -> str | None:
    """What is wrong with a pair before it is cut, in a sentence; ``limit`` is in characters."""
    if not isinstance(given, list | tuple) or len(given) != 2:
        return f"A pair is expected, two texts; this is {shown(given)}."
    try:
        for value, name, field in zip(
            given, ("text", "second text"), ("text", "pair"), strict=True
        ):
            a_text(f"The {name}", value, field=field)
            check_text(value, field, limit=limit)
    except InputError as error:
        return str(error)
    return None


def _laid_out(
    encoder: Encoder, first: Sequence[int], second: Sequence[int]
) -> batching.Input | str:
    """The input of a pair, or why there is none."""
    if not first or not second:
        name = "second text" if first else "text"
        return f"The {name} has no character that the model can see. Type some words."
    made = lay_out(encoder, first, second)
    return too_long(encoder, len(made.ids)) or made


def _scored(
    encoder: Encoder,
    inputs: Sequence[batching.Input | str],
    done: int,
    total: int,
    on_progress: Progress | None,
) -> list[NextScore | str]:
    """Scores of one block; ``done`` pairs of ``total`` came before it."""
    sound = [each for each in inputs if not isinstance(each, str)]
    bad = len(inputs) - len(sound)

    def tell(passed: int, _: int) -> None:
        if on_progress is not None:
            on_progress(done + bad + passed, total)

    scores = iter(score_rows(encoder.head_logits("next_sentence", sound, on_progress=tell)))
    if not sound:
        tell(0, 0)
    return [each if isinstance(each, str) else next(scores) for each in inputs]
