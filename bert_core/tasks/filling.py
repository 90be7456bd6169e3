"""Several masks at once: four ways to choose words that have to stand together.

BERT predicts each mask on its own, as if the others stayed masked. Filling them one after
another lets later words know of earlier ones, but the scores remain products of single
predictions in one order: no joint probability, whatever the strategy.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bert_core.checks import whole_number
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Trace
from bert_core.model.vocabulary import Vocabulary
from bert_core.settings import read_settings
from bert_core.tasks.distribution import Logs, allowed, best_ids, log_softmax

Strategy = Literal["independent", "left-to-right", "confident-first", "beam"]
MAX_WIDTH = 10
NO_JOINT = (
    "Scores add up single predictions, each made with the remaining masks in place. They rank "
    "fillings of the same sentence; they are no joint probability of its words."
)


@dataclass(frozen=True, slots=True)
class Filling:
    """A sentence with every mask filled.

    Attributes:
        text: the whole sentence, as typed but for the masks.
        words: what was put in, in reading order.
        ids: the same as vocabulary ids.
        probabilities: of each word at the moment it was chosen, in reading order.
        log_score: sum of their logs, in nats.
    """

    text: str
    words: tuple[str, ...]
    ids: tuple[int, ...]
    probabilities: tuple[float, ...]
    log_score: float


@dataclass(frozen=True, slots=True)
class _Branch:
    """A sentence on the way: what has been put in so far."""

    tokens: Tokens
    chosen: tuple[tuple[int, int, float], ...] = ()  # position, id, log-probability

    @property
    def log_score(self) -> float:
        return sum(log for _, _, log in self.chosen)

    def with_word(self, vocabulary: Vocabulary, position: int, id_: int, log: float) -> "_Branch":
        tokens = self.tokens.filled([(position, id_, vocabulary.pieces[id_])])
        return _Branch(tokens, (*self.chosen, (position, id_, log)))


def independent(
    trace: Trace, vocabulary: Vocabulary, *, width: int, words_only: bool
) -> tuple[Filling, ...]:
    """The ``width`` best combinations of words that were predicted each on its own.

    Needs no further forward pass. Combinations are walked best first: from the best word at
    each mask, stepping down one mask at a time.
    """
    whole_number("The width", width, MAX_WIDTH, field="width")
    assert trace.logits is not None  # noqa: S101 - the caller's trace has them
    lists = []
    for position, logs in zip(trace.positions, log_softmax(trace.logits), strict=True):
        keep = allowed(vocabulary, trace.tokens, position, words_only=words_only)
        lists.append([(id_, float(logs[id_])) for id_ in best_ids(logs, width, keep)])
    start = (0,) * len(lists)
    heap, seen = [(-_score(lists, start), start)], {start}
    found: list[Filling] = []
    while heap and len(found) < width:
        _, picks = heapq.heappop(heap)
        chosen = tuple(
            (position, *lists[mask][pick])
            for mask, (position, pick) in enumerate(zip(trace.positions, picks, strict=True))
        )
        found.append(_finish(trace.tokens, vocabulary, chosen))
        for mask, pick in enumerate(picks):
            after = (*picks[:mask], pick + 1, *picks[mask + 1 :])
            if pick + 1 < len(lists[mask]) and after not in seen:
                seen.add(after)
                heapq.heappush(heap, (-_score(lists, after), after))
    return tuple(found)


def fill_all(
    encoder: Encoder, tokens: Tokens, strategy: Strategy, *, width: int, words_only: bool
) -> tuple[Filling, ...]:
    """Fill the masks one after another; every step is one batch of all branches.

    Args:
        encoder: a model with a masked-word head.
        tokens: a sentence with two masks or more.
        strategy: ``"left-to-right"`` and ``"confident-first"`` follow the ``width`` best words
            of their first step, each onwards greedily; ``"beam"`` goes left to right and keeps
            the ``width`` best partial sentences at every step.
        width: number of branches, 1 to 10.
        words_only: leave out parts of words.

    Returns:
        Up to ``width`` sentences, best score first.

    Raises:
        InputError: too many masks, or a width out of range.
    """
    whole_number("The width", width, MAX_WIDTH, field="width")
    masks = tokens.masks
    most = read_settings().masks
    if len(masks) > most:
        raise InputError(
            f"The sentence has {len(masks)} masks; filled one after another are at most "
            f"{most}. Use the strategy 'independent', or mask less.",
            field="text",
        )
    vocabulary = encoder.tokenizer.vocabulary
    branches = [_Branch(tokens)]
    for step in range(len(masks)):
        spread = width if strategy == "beam" or step == 0 else 1
        grown = [
            branch.with_word(vocabulary, position, id_, log)
            for branch, (position, logs) in zip(
                branches, _next_masks(encoder, branches, strategy, words_only), strict=True
            )
            for id_, log in _best(logs, vocabulary, branch.tokens, position, spread, words_only)
        ]
        branches = sorted(grown, key=lambda branch: -branch.log_score)[:width]
    return tuple(_finish(tokens, vocabulary, branch.chosen) for branch in branches)


def _next_masks(
    encoder: Encoder, branches: Sequence[_Branch], strategy: Strategy, words_only: bool
) -> list[tuple[int, Logs]]:
    """For each branch, the mask to fill next and its log-probabilities.

    A mask is as sure as its best piece that may be put in: one that is sure of a part of a word
    is unsure of words.
    """
    vocabulary = encoder.tokenizer.vocabulary
    ask = [
        branch.tokens.masks if strategy == "confident-first" else branch.tokens.masks[:1]
        for branch in branches
    ]
    best: list[tuple[float, int, Logs] | None] = [None] * len(branches)
    for rows, logits in encoder.masked_logits([branch.tokens for branch in branches], ask):
        for (member, position), logs in zip(rows, log_softmax(logits.cpu().numpy()), strict=True):
            held, tokens = best[member], branches[member].tokens
            sure = _best(logs, vocabulary, tokens, position, 1, words_only)[0][1]
            if held is None or sure > held[0]:
                best[member] = (sure, position, logs)
    return [found[1:] for found in best if found is not None]


def _best(
    logs: Logs,
    vocabulary: Vocabulary,
    tokens: Tokens,
    position: int,
    count: int,
    words_only: bool,
) -> list[tuple[int, float]]:
    keep = allowed(vocabulary, tokens, position, words_only=words_only)
    return [(id_, float(logs[id_])) for id_ in best_ids(logs, count, keep)]


def _score(lists: Sequence[Sequence[tuple[int, float]]], picks: Sequence[int]) -> float:
    return sum(entries[pick][1] for entries, pick in zip(lists, picks, strict=True))


def _finish(
    tokens: Tokens, vocabulary: Vocabulary, chosen: Sequence[tuple[int, int, float]]
) -> Filling:
    ordered = sorted(chosen)
    return Filling(
        text=render(tokens, vocabulary, {position: id_ for position, id_, _ in ordered}),
        words=tuple(vocabulary.words[id_] for _, id_, _ in ordered),
        ids=tuple(id_ for _, id_, _ in ordered),
        probabilities=tuple(float(np.exp(log)) for _, _, log in ordered),
        log_score=sum(log for _, _, log in ordered),
    )


def render(tokens: Tokens, vocabulary: Vocabulary, words: dict[int, int]) -> str:
    """The sentence as typed, with the pieces at some positions replaced.

    Args:
        tokens: the sentence; a pair is joined by a space.
        vocabulary: to spell the ids.
        words: vocabulary id by position. A piece that continues a word joins what is before it.
    """
    texts = []
    for sequence, source in enumerate((tokens.text, tokens.pair)):
        parts: list[str] = []
        done = 0
        for position in sorted(words):
            span = tokens.offsets[position]
            if tokens.sequences[position] != sequence or span is None:
                continue
            before = (source or "")[done : span[0]]
            joins = not vocabulary.starts_word[words[position]]
            parts += [before.rstrip() if joins else before, vocabulary.words[words[position]]]
            done = span[1]
        if source is not None:
            texts.append("".join(parts) + source[done:])
    return " ".join(texts)
