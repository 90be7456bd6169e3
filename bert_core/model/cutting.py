"""A tokenizer that many share: one caller at a time.

A batch of texts keeps every core busy, so a second one beside it would only slow both down. Texts
are cut in a moment, so nobody stands in the encoder's line for that.
"""

import threading
from collections.abc import Sequence

from bert_core.model.tokenizer import Tokenizer
from bert_core.model.tokens import Tokens


class SharedTokenizer:
    """What an encoder does with texts before it computes.

    Attributes:
        tokenizer: its tokenizer.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._cutting = threading.Lock()

    def tokenize(self, text: str, pair: str | None = None, *, masks: bool = True) -> Tokens:
        """Cut a text into word pieces; see :meth:`Tokenizer.encode`."""
        with self._cutting:
            return self.tokenizer.encode(text, pair, masks=masks)

    def tokenize_many(self, texts: Sequence[str]) -> list[Tokens]:
        """Cut many texts into word pieces; see :meth:`Tokenizer.encode_many`."""
        with self._cutting:
            return self.tokenizer.encode_many(texts)

    def pieces_of(self, word: str) -> tuple[int, ...]:
        """Vocabulary ids of a word inside a sentence; see :meth:`Tokenizer.pieces_of`."""
        with self._cutting:
            return self.tokenizer.pieces_of(word)

    def cut_words(self, words: Sequence[str]) -> list[list[int]]:
        """Cut words of a sentence into pieces; see :meth:`Tokenizer.cut_words`."""
        with self._cutting:
            return self.tokenizer.cut_words(words)

    def cut_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of the pieces of many texts; see :meth:`Tokenizer.cut_many`."""
        with self._cutting:
            return self.tokenizer.cut_many(texts)

    def places_in_words(self, words: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Characters of the pieces of words; see :meth:`Tokenizer.places_in_words`."""
        with self._cutting:
            return self.tokenizer.places_in_words(words)
