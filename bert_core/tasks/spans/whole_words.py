"""Which pieces make a whole word of a tokenizer, told from how they are spelled and stand.

A tokenizer's words are smaller than those between white space: in BERT and RoBERTa a punctuation
mark is a word by itself, and in BERT a Chinese character is one too.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

from bert_core.tasks.spans.contexts import Context
from bert_core.tasks.spans.places import Places
from bert_core.tasks.spans.ranking import Whole


def word_starts(context: Context, places: Places, pieces: Sequence[str]) -> Whole:
    """The pieces of a context that begin a word, as ascending indices.

    Three ways of spelling are told apart by how most words between white space begin:

    - ``Ġ``, byte-level BPE (RoBERTa): letters, numbers and other signs are words of their own.
      "'s", "'ll" and the like are one word only where they are one piece.
    - ``▁``, SentencePiece (XLM-RoBERTa): words are those between white space.
    - Any other, WordPiece (BERT): each piece without ``##`` begins a word.

    Args:
        context: a context in P pieces.
        places: characters of its pieces, shape (P, 2).
        pieces: the vocabulary, by id.
    """
    after_space = np.diff(context.word_of, prepend=-1) != 0
    spelled = [pieces[id_] for id_ in context.ids.tolist()]
    marks = Counter(spelled[n][:1] for n in np.flatnonzero(after_space))
    mark = max(marks, key=marks.__getitem__, default="")
    if mark == "▁":
        begins = after_space
    elif mark == "Ġ":
        text = context.words.text
        first = np.array([_kind(text[start : start + 1]) for start in places[:, 0].tolist()])
        last = np.array([_kind(text[end - 1 : end]) for end in places[:, 1].tolist()])
        begins = after_space.copy()
        # A piece without characters is the space before a word.
        begins[1:] |= (first[1:] != last[:-1]) & (places[:-1, 0] < places[:-1, 1])
    else:
        begins = after_space | ~np.array([each.startswith("##") for each in spelled], dtype=bool)
    return np.flatnonzero(begins)


def grown(first: int, last: int, starts: Whole, shown: tuple[int, int]) -> tuple[int, int]:
    """The first and last piece of the words that a span of pieces is part of.

    Args:
        first: first piece of the span.
        last: its last piece.
        starts: the pieces that begin a word.
        shown: half-open pieces beyond which nothing is seen.

    Example:
        >>> grown(3, 5, np.array([0, 2, 5, 9]), (0, 8))
        (2, 7)
    """
    begin = starts[np.searchsorted(starts, first, side="right") - 1]
    behind = np.searchsorted(starts, last, side="right")
    end = starts[behind] if behind < len(starts) else shown[1]
    return max(int(begin), shown[0]), min(int(end), shown[1]) - 1


def _kind(character: str) -> str:
    """L for letters, N for numbers, "" for the rest."""
    kind = unicodedata.category(character)[0] if character else ""
    return kind if kind in "LN" else ""
