"""The text of a span: from positions in a window to characters of the context."""

from collections.abc import Sequence
from dataclasses import dataclass

from bert_core.tasks.spans.basic import BasicTokenizer
from bert_core.tasks.spans.contexts import Context
from bert_core.tasks.spans.features import Window
from bert_core.tasks.spans.final_text import align, join_pieces


@dataclass(frozen=True, slots=True)
class Found:
    """An answer's text.

    Attributes:
        text: its words, with one space between each two; "" for the null answer.
        start: character of the context at which it begins.
        end: character behind it.
    """

    text: str
    start: int
    end: int


NULL = Found("", 0, 0)


class Reader:
    """Reads spans of one context; remembers the words that it has joined.

    Args:
        context: the context.
        pieces: the vocabulary, by id.
        tokenizer: with the casing of the model.
    """

    def __init__(self, context: Context, pieces: Sequence[str], tokenizer: BasicTokenizer) -> None:
        self._context = context
        self._pieces = pieces
        self._tokenizer = tokenizer
        self._joined: dict[tuple[int, int], tuple[str, str]] = {}

    def read(self, window: Window, start: int, end: int) -> Found:
        """The text of the pieces from ``start`` to ``end`` of a window, both included."""
        if start < window.offset:
            return NULL
        predicted = join_pieces(self._pieces[id_] for id_ in window.ids[start : end + 1].tolist())
        first, last = window.words[[start - window.offset, end - window.offset]].tolist()
        if (first, last) not in self._joined:
            original = " ".join(self._context.words.some(first, last))
            self._joined[first, last] = original, self._tokenizer.spaced(original)
        original, normal = self._joined[first, last]
        begin, stop = align(predicted, original, normal)
        place = self._context.words.place
        return Found(
            original[begin:stop], place(first, last, begin), place(first, last, stop - 1) + 1
        )
