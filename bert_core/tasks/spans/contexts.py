"""Contexts in word pieces: each context once, and each different word once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.tasks.spans.words import Words, split_words

Cut = Callable[[Sequence[str]], list[list[int]]]
"""Ids of the word pieces of many texts, without special pieces."""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """A context in words and in word pieces.

    Attributes:
        words: its W words.
        ids: int32 of shape (P,): its pieces.
        word_of: int32 of shape (P,): the word of each piece.
        first_piece: int32 of shape (W,): the first piece of each word; that of the next word
            where a word has no piece.
    """

    words: Words
    ids: NDArray[np.int32]
    word_of: NDArray[np.int32]
    first_piece: NDArray[np.int32]


class Contexts:
    """Cuts contexts, and remembers them and their words.

    Args:
        cut: the tokenizer.

    Attributes:
        all: each different context that was added, in order.
    """

    def __init__(self, cut: Cut) -> None:
        self.all: list[Context] = []
        self._cut = cut
        self._place: dict[str, int] = {}
        self._pieces: dict[str, list[int]] = {}

    def add(self, texts: Sequence[str]) -> list[int]:
        """Index in ``all`` of each text; texts that are new are cut together."""
        fresh = [split_words(text) for text in dict.fromkeys(texts) if text not in self._place]
        in_words = [words.some(0, len(words)) for words in fresh]
        unseen = dict.fromkeys(
            word for words in in_words for word in words if word not in self._pieces
        )
        self._pieces.update(zip(unseen, self._cut(list(unseen)), strict=True))
        for words, texts_of in zip(fresh, in_words, strict=True):
            self._place[words.text] = len(self.all)
            self.all.append(_joined(words, [self._pieces[word] for word in texts_of]))
        return [self._place[text] for text in texts]


def _joined(words: Words, pieces: Sequence[Sequence[int]]) -> Context:
    counts = np.array([len(each) for each in pieces], dtype=np.int32)
    ids = [id_ for each in pieces for id_ in each]
    return Context(
        words=words,
        ids=np.array(ids, dtype=np.int32),
        word_of=np.repeat(np.arange(len(counts), dtype=np.int32), counts),
        first_piece=(np.cumsum(counts) - counts).astype(np.int32),
    )
