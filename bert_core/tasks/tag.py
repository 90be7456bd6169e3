"""Tagging: which tag does each word of a text get, and which words are one entity?

Reference: Devlin et al. 2019 (arXiv:1810.04805), section 5.3: the first piece of a word speaks for
the word.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.tasks.distribution import log_softmax
from bert_core.tasks.words import word_spans

_PREFIXES = frozenset("BIES")


@dataclass(frozen=True, slots=True)
class TaggedWord:
    """One word and its tag.

    Attributes:
        word: as typed.
        start: where it begins in the text, in characters from 0.
        end: where it ends, exclusive.
        tag: the most probable tag, such as ``B-PER``.
        probability: of that tag at the word's first piece, in [0, 1].
    """

    word: str
    start: int
    end: int
    tag: str
    probability: float


@dataclass(frozen=True, slots=True)
class Entity:
    """Words in a row that are one thing.

    Attributes:
        text: as typed.
        kind: what it is, such as ``PER``.
        start: where it begins in the text, in characters from 0.
        end: where it ends, exclusive.
        probability: the lowest of its words' probabilities; no joint probability.
    """

    text: str
    kind: str
    start: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class TagResult:
    """The answer of a tagging head.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the text in pieces.
        words: the words that have a piece, in order.
        entities: what the tags join; () for tags that join nothing (parts of speech).
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    words: tuple[TaggedWord, ...]
    entities: tuple[Entity, ...]
    notes: tuple[str, ...]


def tag(encoder: Encoder, text: str) -> TagResult:
    """Ask a tagging head about every word of a text.

    Args:
        encoder: a model with a tagging head.
        text: the text; a typed ``[MASK]`` or ``[SEP]`` is ordinary text. For how it is cut into
            words see :func:`bert_core.tasks.words.word_spans`.

    Raises:
        InputError: the text is empty or longer than the model reads, or the model answered with
            values that are no numbers.
        ModelError: the checkpoint has no tagging head.
    """
    encoder.checkpoint.require("tagging")
    tokens = encoder.tokenize(text, masks=False)
    spans = _first_pieces(tokens, word_spans(text))
    logs = log_softmax(encoder.head_logits("tagging", [tokens], [tuple(spans.values())])[0])
    labels = encoder.checkpoint.labels
    words = tuple(
        TaggedWord(text[start:end], start, end, labels[best], float(np.exp(row[best])))
        for (start, end), row, best in zip(spans, logs, logs.argmax(axis=1).tolist(), strict=True)
    )
    return TagResult(
        model=encoder.label,
        tokens=tokens,
        words=words,
        entities=join_entities(text, words) if any(map(_joins, labels)) else (),
        notes=text_notes(tokens, encoder.tokenizer.vocabulary),
    )


def _first_pieces(tokens: Tokens, spans: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """For each word the position of the first piece that shares a character with it."""
    found: dict[tuple[int, int], int] = {}
    pieces = [(tokens.offsets[position] or (0, 0), position) for position in tokens.content]
    first = 0
    for start, end in spans:
        while first < len(pieces) and pieces[first][0][1] <= start:
            first += 1
        if first < len(pieces) and pieces[first][0][0] < end:
            found[start, end] = pieces[first][1]
    return found


def _joins(label: str) -> bool:
    return label[:1] in _PREFIXES and label[1:2] == "-"


def join_entities(text: str, words: Sequence[TaggedWord]) -> tuple[Entity, ...]:
    """Join tagged words to entities by the rules of the CoNLL-2003 scorer ``conlleval``.

    ``B-`` and ``S-`` begin an entity, ``I-`` and ``E-`` continue one of the same kind and begin
    one otherwise; ``E-`` and ``S-`` end it.

    Args:
        text: the text.
        words: its words with tags, in order.
    """
    groups: list[list[TaggedWord]] = []
    kind, closed = "", True
    for word in words:
        if not _joins(word.tag):
            closed = True
            continue
        prefix, here = word.tag[0], word.tag[2:]
        if closed or prefix in "BS" or here != kind:
            groups.append([])
        groups[-1].append(word)
        kind, closed = here, prefix in "ES"
    return tuple(
        Entity(
            text=text[group[0].start : group[-1].end],
            kind=group[0].tag[2:],
            start=group[0].start,
            end=group[-1].end,
            probability=min(word.probability for word in group),
        )
        for group in groups
    )
