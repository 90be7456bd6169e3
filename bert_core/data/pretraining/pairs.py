"""Next-sentence pairs: which parts of a text stand in one instance.

A document is read in chunks of sentences that just fill an instance. A chunk is split in two at
a random sentence; half of the time, and always when it has one sentence only, its second part is
replaced by sentences from elsewhere, and the replaced ones are read again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bert_core.data.pretraining.corpus import Corpus
from bert_core.data.pretraining.settings import InstanceSettings

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts as ranges of a corpus's pieces.

    Attributes:
        first: the first text.
        second: the second text.
        random_next: the second text is not the one that follows.
        alone: the chunk had one sentence, so that nothing could follow.
        filled: that sentence was long enough to fill the instance.
        same_document: the random text comes from the same document after all.
    """

    first: Range
    second: Range
    random_next: bool
    alone: bool = False
    filled: bool = False
    same_document: bool = False


def pairs_of(
    number: int,
    order: Sequence[int],
    corpus: Corpus,
    settings: InstanceSettings,
    rng: Random,
) -> Iterator[Pair]:
    """The pairs of one document (``create_instances_from_document``).

    The caller draws the masks of a pair from the same random numbers before it asks for the
    next pair, as the reference does.

    Args:
        number: place of the document in ``order``.
        order: the shuffled documents.
        corpus: the text.
        settings: lengths and shares.
        rng: the random numbers.
    """
    room = settings.max_seq_length - 3
    wanted = room
    if rng.random() < settings.short_share:
        wanted = rng.randint(2, room)
    at, stop = corpus.sentences(order[number])
    while at < stop:
        bounds = corpus.chunk(at, stop, wanted)
        sentences = len(bounds) - 1
        alone = sentences == 1
        split = 1 if alone else rng.randint(1, sentences - 1)
        first = bounds[0], bounds[split]
        if alone or rng.random() < 0.5:
            other = _other_document(number, len(order), rng)
            length = wanted - (first[1] - first[0])
            second = _random_text(corpus, order[other], length, rng)
            at += split
            texts = _shortened(first, second, room, rng)
            yield Pair(*texts, True, alone, alone and length <= 0, other == number)
        else:
            second = bounds[split], bounds[-1]
            at += sentences
            yield Pair(*_shortened(first, second, room, rng), False)


def _other_document(number: int, documents: int, rng: Random) -> int:
    """A random document, after ten tries even the same one."""
    for _ in range(10):
        other = rng.randint(0, documents - 1)
        if other != number:
            break
    return other


def _random_text(corpus: Corpus, document: int, wanted: int, rng: Random) -> Range:
    first, stop = corpus.sentences(document)
    bounds = corpus.chunk(rng.randint(first, stop - 1), stop, wanted)
    return bounds[0], bounds[-1]


def _shortened(first: Range, second: Range, room: int, rng: Random) -> tuple[Range, Range]:
    """Both texts without what does not fit (``truncate_seq_pair``).

    One piece at a time goes from the longer text, from its front or its back at random; on equal
    length the second text gives.
    """
    (a, b), (c, d) = first, second
    while b - a + d - c > room:
        from_front = rng.random() < 0.5
        if b - a > d - c:
            a, b = (a + 1, b) if from_front else (a, b - 1)
        else:
            c, d = (c + 1, d) if from_front else (c, d - 1)
    return (a, b), (c, d)
