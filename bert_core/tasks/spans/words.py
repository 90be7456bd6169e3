"""A context in words, each with its place in the text (``read_squad_examples`` of run_squad.py).

Only space, tab, carriage return, line feed and U+202F separate words. A no-break space or an
ideographic one does not, although the tokenizer cuts there later.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile("[^ \t\r\n\u202f]+")


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The W words of a text.

    Attributes:
        text: the text.
        starts: int32 of shape (W,): character at which each word begins.
        ends: int32 of shape (W,): character behind each word.
    """

    text: str
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.starts)

    def some(self, first: int, last: int) -> list[str]:
        """The words from ``first`` to ``last``, both included."""
        return [self.text[start:end] for start, end in self._spans(first, last)]

    def place(self, first: int, last: int, offset: int) -> int:
        r"""Character of the text that stands at ``offset`` in words joined by single spaces.

        Args:
            first: the first joined word.
            last: the last one.
            offset: of a character of a word, not of a space between two.

        Example:
            >>> words = split_words("one\n\n two")
            >>> words.place(0, 1, len("one t") - 1)
            6
        """
        for start, end in self._spans(first, last):
            if offset < end - start:
                return start + offset
            offset -= end - start + 1
        raise IndexError(f"offset {offset} lies behind word {last}")

    def at(self, character: int) -> int:
        """Index of the last word that begins at or before a character; -1 before the first."""
        return int(np.searchsorted(self.starts, character, side="right")) - 1

    def _spans(self, first: int, last: int) -> list[tuple[int, int]]:
        starts, ends = self.starts[first : last + 1], self.ends[first : last + 1]
        return list(zip(starts.tolist(), ends.tolist(), strict=True))


def split_words(text: str) -> Words:
    r"""Split a text at run_squad's white space.

    Example:
        >>> split_words("Steve Smith's\ttea").some(1, 2)
        ["Smith's", 'tea']
    """
    spans = np.array([match.span() for match in _WORD.finditer(text)], dtype=np.int32)
    spans = spans.reshape(-1, 2)
    return Words(text, spans[:, 0].copy(), spans[:, 1].copy())
