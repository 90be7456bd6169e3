"""What a file is to a tokenizer: pieces for each word, unknown words, and what lines fit.

A text is read in parts and leaves only counts behind, so that its size does not matter; a table
is read whole, within the limit of its reader.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from bert_core.checks import whole_number
from bert_core.data.jsons import as_text
from bert_core.data.pretraining.lines import LineReader
from bert_core.data.source import check_file
from bert_core.data.tables import missing_column, read_table, refuse_damaged
from bert_core.errors import InputError
from bert_core.model.tokenizer import Tokenizer

LIMITS = (128, 384, 512)
"""Usual lengths of an input, in pieces: BERT's pre-training began with 128 and ended with 512;
384 is run_squad's."""
TABLES = (".csv", ".tsv", ".jsonl", ".json")
KEPT_WORDS = 100_000
"""Different words that are counted at a time."""
LONGEST_KEPT = 80
"""Characters of a counted word; what is longer is counted by its beginning."""
_USUAL = ("text", "sentence")
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class CountedWord:
    """A word that occurs in the file.

    Attributes:
        word: as it stands there, cut to 80 characters.
        pieces: what it becomes.
        count: how often it was met.
    """

    word: str
    pieces: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class TokenStatistics:
    """A file in figures.

    Attributes:
        file: its name.
        column: the column that was read, or None for a text.
        model: whose tokenizer it was.
        lines: lines, or records of a table.
        blank: those with nothing but white space, or without a text (a list is none).
        unseen: others that the tokenizer makes nothing of.
        left_out: records of a table that could not be read.
        words: words between spaces, in the remaining lines.
        pieces: their word pieces, special ones left out.
        unknown: how many of these are unknown.
        special: special pieces that each line gets.
        longest: pieces of the longest line, special ones included.
        lengths: shape (514,), number of lines by their pieces, special ones included; the last
            entry counts those of 513 and more.
        split_words: the words that cost most: often met, and cut into many pieces.
        unknown_words: the unknown words that were met most often.
        exact: whether the counts of these words are; else rare ones were dropped on the way, and
            a count may be too low.
    """

    file: str
    column: str | None
    model: str
    lines: int
    blank: int
    unseen: int
    left_out: int
    words: int
    pieces: int
    unknown: int
    special: int
    longest: int
    lengths: NDArray[np.int64]
    split_words: tuple[CountedWord, ...]
    unknown_words: tuple[CountedWord, ...]
    exact: bool

    @property
    def seen(self) -> int:
        """Number of lines that have pieces."""
        return int(self.lengths.sum())

    @property
    def pieces_per_word(self) -> float:
        """Mean over all words; 1 where none is cut."""
        return self.pieces / max(1, self.words)

    @property
    def unknown_share(self) -> float:
        """Share of the pieces that are unknown, in [0, 1]."""
        return self.unknown / max(1, self.pieces)

    def fitting(self, limit: int) -> int:
        """Number of lines of at most ``limit`` (<= 512) pieces, special ones included."""
        return int(self.lengths[: limit + 1].sum())


def token_statistics(
    tokenizer: Tokenizer,
    path: str | os.PathLike[str],
    *,
    column: str | None = None,
    name: str | None = None,
    most: int = 20,
    on_progress: Callable[[int, int], None] | None = None,
) -> TokenStatistics:
    """Count a file's pieces. Special tokens and masks in it are text.

    Args:
        tokenizer: a checkpoint's.
        path: UTF-8 text, each line by itself; or .csv, .tsv, .jsonl or .json with a header.
        column: of a table; None: ``text``, ``sentence``, or the only one.
        name: what the file is called, where its path says something else.
        most: words in each of the two lists.
        on_progress: told how much is done and of how much, in bytes or records; may raise.

    Raises:
        InputError: the file cannot be read, is not UTF-8, has a line of over a mebibyte, nothing
            that the tokenizer sees, or no such column; or ``most`` is out of range.
    """
    whole_number("The number of words", most, KEPT_WORDS, field="most")
    path = Path(path)
    check_file(path)
    if column is not None and path.suffix.lower() not in TABLES:
        raise InputError(
            f"{name or path.name} is read as a text, which has no columns. Leave the column out.",
            field="column",
        )
    source = _Table(path, column) if path.suffix.lower() in TABLES else _Text(path)
    sums = _Sums(tokenizer)
    for texts, done, total in source.parts():
        for first in range(0, len(texts), _BATCH):
            sums.add(texts[first : first + _BATCH])
        if on_progress is not None:
            on_progress(done, total)
    if not sums.pieces:
        raise InputError(
            f"{name or path.name} has no line that the tokenizer sees anything in. Give a file "
            "with some text.",
            field="file",
        )
    return sums.result(name or path.name, source, most)


class _Text:
    """A text's lines, about a quarter of a mebibyte at a time."""

    column: str | None = None
    left_out = 0

    def __init__(self, path: Path) -> None:
        self._reader = LineReader([path])

    def parts(self) -> Iterator[tuple[Sequence[str], int, int]]:
        for batch in self._reader.batches():
            yield batch, self._reader.read, self._reader.total


class _Table:
    """One column of a table."""

    def __init__(self, path: Path, column: str | None) -> None:
        table = read_table(path)
        refuse_damaged(table, "file")
        only = table.columns[0] if len(table.columns) == 1 else _USUAL[0]
        wanted = column or next((name for name in _USUAL if name in table.columns), only)
        if wanted not in table.columns:
            lacking = missing_column(wanted, "text", table.columns, by_place=False)
            raise InputError(lacking.message, field="column")
        self.column = wanted
        self.left_out = table.read - len(table.rows)
        place = table.columns.index(wanted)
        cells = (row.cells[place] for row in table.rows)
        self._texts = [as_text(cell) or "" for cell in cells]

    def parts(self) -> Iterator[tuple[Sequence[str], int, int]]:
        for first in range(0, len(self._texts), _BATCH):
            part = self._texts[first : first + _BATCH]
            yield part, first + len(part), len(self._texts)


@dataclass(slots=True)
class _Frequent:
    """Counts of the most frequent words, after Manku and Motwani 2002 (lossy counting).

    Whenever there are too many, the rarest are dropped: what was met often enough stays.
    """

    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    dropped: int = 0  # a count is too low by this at most

    def add(self, word: str, pieces: int) -> None:
        self.counts[word[:LONGEST_KEPT], pieces] += 1
        while len(self.counts) > KEPT_WORDS:
            self.dropped += 1
            kept = {key: n for key, n in self.counts.items() if n > self.dropped}
            self.counts = Counter(kept)

    def first(self, most: int, tokenizer: Tokenizer) -> tuple[CountedWord, ...]:
        """The words that cost most pieces beyond one; of equal ones the first in the alphabet."""
        costs = sorted(
            self.counts.items(), key=lambda each: (-each[1] * max(1, each[0][1] - 1), each[0])
        )
        words = [word for (word, _), _ in costs[:most]]
        cut = tokenizer.cut_words(words)
        return tuple(
            CountedWord(word, tuple(tokenizer.vocabulary.pieces[id_] for id_ in ids), count)
            for ((word, _), count), ids in zip(costs[:most], cut, strict=True)
        )


class _Sums:
    """What gathers while a file is read."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._special = len(tokenizer.backend.encode("a").ids) - len(tokenizer.cut_many(["a"])[0])
        self._lines = self._blank = self._unseen = 0
        self._words = self._unknown = self._longest = 0
        self.pieces = 0
        self._lengths = np.zeros(max(LIMITS) + 2, np.int64)
        self._split, self._missing = _Frequent(), _Frequent()

    def add(self, texts: Sequence[str]) -> None:
        """Count some lines."""
        self._lines += len(texts)
        kept = [text for text in texts if text.strip()]
        self._blank += len(texts) - len(kept)
        encodings = self._tokenizer.backend.encode_batch(kept, add_special_tokens=False)
        for text, encoding in zip(kept, encodings, strict=True):
            if len(encoding) == 0:
                self._unseen += 1
                continue
            length = len(encoding) + self._special
            self._lengths[min(length, len(self._lengths) - 1)] += 1
            self._longest = max(self._longest, length)
            self.pieces += len(encoding)
            self._words += len(text.split())
            self._count_words(text, encoding)

    def _count_words(self, text: str, encoding: Encoding) -> None:
        ids, words, spans = encoding.ids, encoding.word_ids, encoding.offsets
        known = self._tokenizer.vocabulary.unknown_id
        unknown = -1 if known is None else known
        begun = 0
        for at in range(1, len(ids) + 1):
            if at < len(ids) and words[at] == words[begun]:
                continue
            if at - begun > 1 or ids[begun] == unknown:
                word = text[spans[begun][0] : spans[at - 1][1]].strip()
                missing = ids[begun:at].count(unknown)
                self._unknown += missing
                (self._missing if missing else self._split).add(word, at - begun)
            begun = at

    def result(self, name: str, source: _Text | _Table, most: int) -> TokenStatistics:
        return TokenStatistics(
            file=name,
            column=source.column,
            model=self._tokenizer.source,
            lines=self._lines,
            blank=self._blank,
            unseen=self._unseen,
            left_out=source.left_out,
            words=self._words,
            pieces=self.pieces,
            unknown=self._unknown,
            special=self._special,
            longest=self._longest,
            lengths=self._lengths,
            split_words=self._split.first(most, self._tokenizer),
            unknown_words=self._missing.first(most, self._tokenizer),
            exact=not (self._split.dropped or self._missing.dropped),
        )
