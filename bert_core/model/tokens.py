"""A text as the model sees it: pieces, ids, words, segments, and where each came from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from bert_core.checks import is_whole, shown
from bert_core.errors import InputError

_PER_PIECE = ("ids", "pieces", "words", "offsets", "sequences", "segments", "originals")


@dataclass(frozen=True, slots=True)
class Cut:
    """What did not fit into the model.

    Attributes:
        pieces: number of word pieces that were left out.
        limit: longest input of the model, in word pieces, special ones included.
        first_word: the first word that was left out, in whole or in part.
        character: where that word begins in its text, counted from 0.
        sequence: 0 if it stands in the text, 1 if in the second text.
    """

    pieces: int
    limit: int
    first_word: str
    character: int
    sequence: int

    def sentence(self) -> str:
        """The cut in words."""
        where = "second text" if self.sequence else "text"
        return (
            f"{self.pieces:,} word pieces did not fit into the model's {self.limit:,}; the first "
            f"word left out is '{self.first_word}' at character {self.character + 1:,} of the "
            f"{where}."
        )


@dataclass(frozen=True, slots=True)
class Tokens:
    """One input of an encoder, T word pieces long. Every tuple has T entries.

    Attributes:
        text: the text as typed.
        pair: the second text as typed, or None.
        ids: vocabulary ids.
        pieces: the pieces as the vocabulary spells them (``##`` continues a word in BERT).
        words: index of the word a piece belongs to, counted through both texts; None for the
            special pieces that the model's template adds.
        offsets: half-open character range in ``text`` or ``pair``; None where ``words`` is.
        sequences: 0 or 1, the text that a piece comes from; None where ``words`` is.
        segments: segment (token type) ids as they are fed to the model.
        mask_id: vocabulary id of the mask token.
        originals: id that stood where a mask was put over a piece; None elsewhere.
        cut: what was left out, or None.
    """

    text: str
    pair: str | None
    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    words: tuple[int | None, ...]
    offsets: tuple[tuple[int, int] | None, ...]
    sequences: tuple[int | None, ...]
    segments: tuple[int, ...]
    mask_id: int
    mask_piece: str
    originals: tuple[int | None, ...]
    cut: Cut | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def masks(self) -> tuple[int, ...]:
        """Positions of all masks, typed and put over pieces, in reading order."""
        return tuple(
            index
            for index, (id_, word) in enumerate(zip(self.ids, self.words, strict=True))
            if id_ == self.mask_id and word is not None
        )

    @property
    def content(self) -> tuple[int, ...]:
        """Positions of all pieces that come from the texts."""
        return tuple(index for index, word in enumerate(self.words) if word is not None)

    def same_word(self, position: int) -> tuple[int, ...]:
        """All positions of the word that the piece at ``position`` belongs to."""
        word = self.words[position]
        return tuple(i for i, other in enumerate(self.words) if other == word and word is not None)

    def moved(self, positions: Iterable[int], other: "Tokens") -> tuple[int, ...]:
        """Where the pieces at ``positions`` are in another model's pieces of the same text.

        Args:
            positions: pieces of this input.
            other: the same text and second text, cut by another tokenizer.

        Returns:
            Positions in ``other`` of all pieces that share a character with them, in order.
        """
        spots = {
            (self.sequences[position], character)
            for position in positions
            for character in range(*(self.offsets[position] or (0, 0)))
        }
        return tuple(
            position
            for position in other.content
            if any(
                (other.sequences[position], character) in spots
                for character in range(*(other.offsets[position] or (0, 0)))
            )
        )

    def surface(self, position: int) -> str:
        """The characters of the text that a piece stands for; '' for a special piece."""
        span = self.offsets[position]
        if span is None:
            return ""
        source = self.pair if self.sequences[position] else self.text
        return (source or "")[span[0] : span[1]]

    def masked(self, positions: Iterable[int]) -> "Tokens":
        """A copy with masks put over the pieces at ``positions``; typed masks stay.

        Raises:
            InputError: a position is no piece of the text.
        """
        ids, pieces, originals = list(self.ids), list(self.pieces), list(self.originals)
        for position in positions:
            if not is_whole(position, 0, len(ids) - 1) or self.words[position] is None:
                raise InputError(
                    f"Position {shown(position)} is no piece of the text that can be masked "
                    f"({len(ids)} pieces, counted from 0).",
                    field="masked",
                )
            if ids[position] != self.mask_id:
                originals[position] = ids[position]
                ids[position], pieces[position] = self.mask_id, self.mask_piece
        return replace(self, ids=tuple(ids), pieces=tuple(pieces), originals=tuple(originals))

    def checked(self, positions: Iterable[int]) -> tuple[int, ...]:
        """Positions of pieces, as they are given.

        Raises:
            InputError: there is no such piece.
        """
        found = tuple(positions)
        for position in found:
            if not is_whole(position, 0, len(self) - 1):
                raise InputError(
                    f"There is no position {shown(position)}: the text has {len(self)} pieces, "
                    "counted from 0.",
                    field="position",
                )
        return found

    def filled(self, fillings: Iterable[tuple[int, int, str]]) -> "Tokens":
        """A copy with pieces put in; each filling is a position, an id and its piece."""
        ids, pieces = list(self.ids), list(self.pieces)
        for position, id_, piece in fillings:
            ids[position], pieces[position] = id_, piece
        return replace(self, ids=tuple(ids), pieces=tuple(pieces))

    def widened(self, position: int, count: int) -> "Tokens":
        """A copy with ``count`` masks in place of the one piece at ``position``.

        All of them stand for the same characters and the same word.
        """
        at_mask = self.masked((position,))
        widened: dict[str, Any] = {}
        for name in _PER_PIECE:
            row = getattr(at_mask, name)
            widened[name] = (*row[:position], *(row[position],) * count, *row[position + 1 :])
        return replace(at_mask, **widened)

    def without(self, positions: Iterable[int]) -> "Tokens":
        """A copy that lacks the pieces at ``positions``."""
        left_out = set(positions)
        kept: dict[str, Any] = {}
        for name in _PER_PIECE:
            row = getattr(self, name)
            kept[name] = tuple(value for n, value in enumerate(row) if n not in left_out)
        return replace(self, **kept)

    def retyped(self) -> tuple[str, str | None]:
        """The texts with every mask typed out, so that another model can read them."""
        texts = []
        for sequence, source in enumerate((self.text, self.pair)):
            parts, done = [], 0
            for position in self.masks:
                span = self.offsets[position]
                if span is not None and self.sequences[position] == sequence:
                    parts += [(source or "")[done : span[0]], self.mask_piece]
                    done = span[1]
            texts.append(None if source is None else "".join(parts) + source[done:])
        return texts[0] or "", texts[1]

    def unseen(self) -> tuple[tuple[int, int], ...]:
        """Characters that no piece covers, white space aside, as (sequence, character).

        The tokenizer drops control characters and the like without a trace; a page says so.
        A text that was cut has none: what was cut is said elsewhere.
        """
        if self.cut is not None:
            return ()
        found: list[tuple[int, int]] = []
        for sequence, source in enumerate((self.text, self.pair or "")):
            covered = bytearray(len(source))
            for span, owner in zip(self.offsets, self.sequences, strict=True):
                if span is not None and owner == sequence:
                    covered[span[0] : span[1]] = b"\1" * (span[1] - span[0])
            found += [
                (sequence, index)
                for index, character in enumerate(source)
                if not covered[index] and not character.isspace()
            ]
        return tuple(found)
