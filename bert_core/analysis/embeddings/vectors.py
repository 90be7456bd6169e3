"""One word in many sentences: its hidden states at every layer.

Beside the word, some other words of the same sentences are kept, chosen by a seed. How alike two
of these are is what a similarity of the word with itself has to be held against: in BERT's upper
layers any two words are alike to a degree (Ethayarajh 2019, "How Contextual are Contextualized
Word Representations?", section 4.1).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from bert_core.analysis.embeddings.occurrences import LeftOut, Occurrence, find_word
from bert_core.analysis.embeddings.sentences import Sentence, as_sentences
from bert_core.checks import shown, whole_number
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.trace import Floats
from bert_core.tasks.distribution import refuse_no_numbers

if TYPE_CHECKING:
    from bert_core.model.hidden import Pooling

POOLINGS: tuple["Pooling", ...] = ("mean", "first", "last")
LARGEST_SEED = 2**63 - 1
OTHERS = 128
"""Other words whose states are kept, at most."""


@dataclass(frozen=True, slots=True)
class OtherWord:
    """A word that is not the one that is followed.

    Attributes:
        sentence: index of its sentence among the occurrences.
        positions: its pieces.
        text: as it stands in the sentence.
    """

    sentence: int
    positions: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class WordTrace:
    """A word in N sentences through an encoder of L layers of H units.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        word: as it was asked for.
        pooling: what was done with several pieces: their mean, the first or the last.
        occurrences: the N places of the word.
        vectors: shape (L + 1, N, H), its states from the embeddings to the last layer.
        words: the M other words that were chosen.
        others: shape (L + 1, M, H), their states, pooled alike.
        left_out: sentences that were not used.
        notes: what a reader of the numbers should know, in sentences.
    """

    model: str
    word: str
    pooling: "Pooling"
    occurrences: tuple[Occurrence, ...]
    vectors: Floats
    words: tuple[OtherWord, ...]
    others: Floats
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The sense of each occurrence; "" where none was given."""
        return tuple(each.sentence.label for each in self.occurrences)

    @property
    def layers(self) -> int:
        """L, the number of layers above the embeddings."""
        return len(self.vectors) - 1

    @property
    def groups(self) -> list[list[tuple[int, ...]]]:
        """The pieces of every word that is read, sentence by sentence, the word itself first."""
        return _groups(self.occurrences, self.words)

    def parted(self, states: Floats) -> tuple[Floats, Floats]:
        """States of all :attr:`groups`, shape (K, N + M, H), as (K, N, H) and (K, M, H)."""
        return _parted(states, self.groups)


def word_in_context(
    encoder: Encoder,
    sentences: str | Sequence[str | Sentence],
    word: str,
    *,
    which: Mapping[int, int] | None = None,
    pooling: "Pooling" = "mean",
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> WordTrace:
    """Follow one word through all layers in 2 to 100 sentences.

    Args:
        encoder: any model.
        sentences: one string with a sentence a line (``sense | sentence`` or
            ``sense<TAB>sentence`` where the sense is known), or a list.
        word: whole words only; capitals count where they do for the tokenizer.
        which: for lines that have the word more than once, which one, counted from 1; else the
            first.
        pooling: ``"mean"`` of the word's pieces, the ``"first"`` or the ``"last"``.
        seed: chooses the other words.
        on_progress: told how many sentences are done, and of how many; may raise to stop.

    Raises:
        InputError: no word or sentence, over 100 sentences, fewer than two that have the word,
            an unknown pooling, or the model answered with numbers that are no numbers.
    """
    from bert_core.model.hidden import pooled_states

    if pooling not in POOLINGS:
        raise InputError(
            f"The pooling is {shown(pooling)}: use one of {', '.join(POOLINGS)}.", field="pooling"
        )
    whole_number("The seed", seed, LARGEST_SEED, field="seed", least=0)
    given = as_sentences(sentences)
    found, left_out = find_word(encoder, given, word, which)
    _require_two(word.strip(), found, left_out)
    words = _other_words(found, seed)
    groups = _groups(found, words)
    states = pooled_states(
        encoder, [each.tokens for each in found], groups, pooling=pooling, on_progress=on_progress
    )  # fmt: skip
    refuse_no_numbers(states)
    vectors, others = _parted(states, groups)
    return WordTrace(
        model=encoder.label,
        word=word.strip(),
        pooling=pooling,
        occurrences=found,
        vectors=vectors,
        words=words,
        others=others,
        left_out=left_out,
        notes=_notes(found, left_out, pooling),
    )


def _require_two(word: str, found: Sequence[Occurrence], left_out: Sequence[LeftOut]) -> None:
    if len(found) < 2:
        why = f" Line {left_out[0].line}: {left_out[0].reason}" if left_out else ""
        raise InputError(
            f"'{word}' was found in {len(found)} of {len(found) + len(left_out)} sentences; two "
            f"are needed at least.{why}",
            field="text",
        )


def _other_words(found: Sequence[Occurrence], seed: int) -> tuple[OtherWord, ...]:
    """Other words of the sentences, in order; chosen by a seed where there are too many."""
    every = []
    for index, each in enumerate(found):
        tokens, own = each.tokens, set(each.positions)
        for _, members in groupby(tokens.content, key=tokens.words.__getitem__):
            positions = tuple(members)
            text = "".join(tokens.surface(p) for p in positions)
            if own.isdisjoint(positions) and any(c.isalnum() for c in text):
                every.append(OtherWord(index, positions, text))
    chosen = np.random.default_rng(seed).permutation(len(every))[:OTHERS]
    return tuple(every[n] for n in sorted(chosen))


def _groups(found: Sequence[Occurrence], words: Sequence[OtherWord]) -> list[list[tuple[int, ...]]]:
    return [
        [each.positions, *(other.positions for other in words if other.sentence == index)]
        for index, each in enumerate(found)
    ]


def _parted(states: Floats, groups: Sequence[Sequence[object]]) -> tuple[Floats, Floats]:
    firsts = np.cumsum([0, *(len(group) for group in groups[:-1])])
    return states[:, firsts], np.delete(states, firsts, axis=1)


def _notes(
    found: Sequence[Occurrence], left_out: Sequence[LeftOut], pooling: str
) -> tuple[str, ...]:
    notes = []
    for reason in dict.fromkeys(each.reason for each in left_out):
        lines = [str(each.line) for each in left_out if each.reason == reason]
        notes.append(f"{_lines(lines)} left out. {reason}")
    several = [each for each in found if each.count > 1]
    notes += [
        f"Line {each.sentence.line} has the word {each.count} times; number {each.number} is taken."
        for each in several
    ]
    if max(len(each.positions) for each in found) > 1:
        how = {"mean": "the mean of them", "first": "the first", "last": "the last"}[pooling]
        notes.append(f"The word is cut into several pieces; {how} stands for it.")
    return tuple(notes)


def _lines(numbers: Sequence[str]) -> str:
    if len(numbers) == 1:
        return f"Line {numbers[0]} is"
    return f"{len(numbers)} lines ({', '.join(numbers)}) are"
