"""Two tokenizers on one text: a second checkpoint's, or the first with one thing changed.

A change shows what a part of the tokenizer is good for, and needs no further model at hand:
capitals kept before a vocabulary that has none is the classic mistake of loading a checkpoint, and
a shorter vocabulary says what the whole one saves.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Literal, NamedTuple

from tokenizers import Tokenizer as Backend
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer

from bert_core.analysis.tokenization.spans import Span, together
from bert_core.errors import InputError, ModelError
from bert_core.model.tokenizer import Tokenizer, check_text

Change = Literal["other case", "first 10,000 pieces", "first 3,000 pieces"]
SHORTER: dict[Change, int] = {"first 10,000 pieces": 10_000, "first 3,000 pieces": 3_000}


@dataclass(frozen=True, slots=True, eq=False)
class Cutter:
    """A way to cut texts into pieces.

    Attributes:
        name: what it is called.
        pieces: the vocabulary by id, as it is shown; "" where there is no piece.
        unknown_id: id of what cannot be spelled, or None.
        backend: does the work.
    """

    name: str
    pieces: tuple[str, ...]
    unknown_id: int | None
    backend: Backend = field(repr=False)

    @property
    def size(self) -> int:
        """Number of pieces in the vocabulary."""
        return sum(bool(piece) for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Cutting:
    """What one tokenizer makes of the text.

    Attributes:
        name: of the tokenizer.
        vocabulary: number of its pieces.
        pieces: number of pieces of the text, special ones left out.
        unknown: how many of them are unknown.
        per_word: pieces for each word between two spaces.
    """

    name: str
    vocabulary: int
    pieces: int
    unknown: int
    per_word: float


@dataclass(frozen=True, slots=True)
class Place:
    """The smallest stretch of the text at whose ends both have a boundary between words.

    Attributes:
        start: its first character.
        end: the character after the last.
        characters: what was typed there.
        first: the pieces of the first tokenizer.
        second: those of the second; both may be none, for what is dropped.
    """

    start: int
    end: int
    characters: str
    first: tuple[str, ...]
    second: tuple[str, ...]

    @property
    def alike(self) -> bool:
        """Whether both give the same pieces."""
        return self.first == self.second


@dataclass(frozen=True, slots=True)
class TokenizerComparison:
    """Two tokenizers on one text.

    Attributes:
        text: the text.
        first: the first tokenizer's.
        second: the second's.
        shared: number of pieces that both vocabularies have.
        places: the whole text, in order.
    """

    text: str
    first: Cutting
    second: Cutting
    shared: int
    places: tuple[Place, ...]


def own_cutter(tokenizer: Tokenizer) -> Cutter:
    """A checkpoint's tokenizer as it is. Special tokens and masks in a text are text."""
    vocabulary = tokenizer.vocabulary
    known = isinstance(tokenizer.backend.model, WordPiece)
    return Cutter(
        tokenizer.source,
        vocabulary.pieces if known else vocabulary.words,
        vocabulary.unknown_id,
        tokenizer.backend,
    )


def changed_cutter(tokenizer: Tokenizer, change: Change) -> Cutter:
    """A checkpoint's tokenizer with one thing changed.

    Args:
        tokenizer: of a WordPiece checkpoint.
        change: ``"other case"`` keeps capitals and accents where the checkpoint drops them, and
            the other way round. ``"first N pieces"`` leaves the vocabulary its first N, where
            BERT's has the common words first, and all that are one letter long.

    Raises:
        ModelError: the tokenizer is of another kind.
    """
    whole = tokenizer.backend
    if not isinstance(whole.model, WordPiece) or not isinstance(whole.normalizer, BertNormalizer):
        raise ModelError(
            f"{tokenizer.source} has no WordPiece tokenizer of BERT's kind, so '{change}' cannot "
            "be tried on it. Name a second model.",
            field="other",
        )
    own, description = own_cutter(tokenizer), json.loads(whole.to_str())
    if change == "other case":
        description["normalizer"] |= {"lowercase": not tokenizer.lower, "strip_accents": None}
        kept = "capitals and accents kept" if tokenizer.lower else "lower-cased, without accents"
        name, pieces = f"{own.name}, {kept}", own.pieces
    else:
        first = SHORTER[change]
        stays = partial(_stays, first=first, special=tokenizer.vocabulary.special.tolist())
        pieces = tuple(piece if stays(id_, piece) else "" for id_, piece in enumerate(own.pieces))
        left = {piece: id_ for id_, piece in enumerate(pieces) if piece}
        description["model"]["vocab"] = left
        name = f"{own.name}, {change}"
    return Cutter(name, pieces, own.unknown_id, Backend.from_str(json.dumps(description)))


def _stays(id_: int, piece: str, *, first: int, special: Sequence[bool]) -> bool:
    return id_ < first or special[id_] or len(piece.removeprefix("##")) == 1


def compare_tokenizers(first: Cutter, second: Cutter, text: str) -> TokenizerComparison:
    """Cut one text in two ways.

    Args:
        first: see :func:`own_cutter` and :func:`changed_cutter`.
        second: the same.
        text: the text; it may be longer than the models read.

    Raises:
        InputError: an empty text, or one in which neither sees anything.
    """
    check_text(text, "text")
    mine, theirs = _words(first, text), _words(second, text)
    if not mine and not theirs:
        raise InputError("Neither tokenizer sees anything in this text.", field="text")
    places = []
    for ours, others in together([word.span for word in mine], [word.span for word in theirs]):
        here, there = [mine[n] for n in ours], [theirs[n] for n in others]
        start = min(word.span[0] for word in (*here, *there))
        end = max(word.span[1] for word in (*here, *there))
        places.append(
            Place(start, end, text[start:end], _spelled(first, here), _spelled(second, there))
        )
    return TokenizerComparison(
        text=text,
        first=_summed(first, mine, text),
        second=_summed(second, theirs, text),
        shared=len({p for p in first.pieces if p} & {p for p in second.pieces if p}),
        places=tuple(places),
    )


class _Word(NamedTuple):
    ids: list[int]
    span: Span


def _words(cutter: Cutter, text: str) -> list[_Word]:
    encoding = cutter.backend.encode(text, add_special_tokens=False)
    found: list[_Word] = []
    pieces = zip(encoding.word_ids, encoding.ids, encoding.offsets, strict=True)
    for _, run in groupby(pieces, key=itemgetter(0)):
        _, ids, spans = zip(*run, strict=True)
        found.append(_Word(list(ids), _visible(text, (spans[0][0], spans[-1][1]))))
    return found


def _spelled(cutter: Cutter, words: Sequence[_Word]) -> tuple[str, ...]:
    return tuple(cutter.pieces[id_] for word in words for id_ in word.ids)


def _visible(text: str, span: Span) -> Span:
    """A range without the space before a word that some tokenizers count in."""
    start, end = span
    while start < end - 1 and text[start].isspace():
        start += 1
    return start, end


def _summed(cutter: Cutter, words: Sequence[_Word], text: str) -> Cutting:
    ids = [id_ for word in words for id_ in word.ids]
    return Cutting(
        name=cutter.name,
        vocabulary=cutter.size,
        pieces=len(ids),
        unknown=ids.count(-1 if cutter.unknown_id is None else cutter.unknown_id),
        per_word=len(ids) / len(text.split()),
    )
