"""The word pieces a checkpoint knows, and how to show them to people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """All V word pieces.

    Attributes:
        pieces: spelled as in the vocabulary file.
        words: spelled for people: no ``##``, no byte-level signs.
        starts_word: bool of shape (V,): the piece can stand as a whole word.
        special: bool of shape (V,): [CLS], [SEP], [unused..] and the like.
        unknown_id: id that stands for everything the vocabulary cannot spell.
    """

    pieces: tuple[str, ...]
    words: tuple[str, ...]
    starts_word: NDArray[np.bool_]
    special: NDArray[np.bool_]
    unknown_id: int | None

    def __len__(self) -> int:
        return len(self.pieces)


def spell(piece: str, decoded: str) -> str:
    """A piece for people: what it decodes to, or its own spelling where that is empty."""
    word = decoded.strip()
    return word.removeprefix("##") or piece


def starts_word(piece: str, *, wordpiece: bool) -> bool:
    """Whether a piece begins a word: not ``##...`` in WordPiece, ``Ġ``/``▁`` elsewhere.

    Example:
        >>> starts_word("##ing", wordpiece=True), starts_word("Ġstore", wordpiece=False)
        (False, True)
    """
    return not piece.startswith("##") if wordpiece else piece.startswith(("Ġ", "▁"))
