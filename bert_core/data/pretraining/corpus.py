"""The first pass: a text as word-piece ids in files, with its sentences and documents.

Three arrays: all ids in a row; where each sentence ends in them; after which sentence each
document ends. The last two begin with 0, so that entry n and n + 1 bound part n.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from bert_core.data.pretraining.arrays import ArrayReader, ArrayWriter
from bert_core.data.pretraining.lines import LineReader
from bert_core.data.pretraining.pieces import Pieces

Cut = Callable[[Sequence[str]], list[list[int]]]
"""Texts to the ids of their pieces, special pieces neither added nor recognised."""

_PIECES, _SENTENCES, _DOCUMENTS = "pieces.npy", "sentences.npy", "documents.npy"
_BLOCK = 32
_MANY = 2**16


@dataclass(frozen=True, slots=True)
class TextCounts:
    """What a text consists of.

    Attributes:
        lines: all lines.
        blank: lines of white space only, which end documents.
        unseen: other lines that the tokenizer makes nothing of.
        sentences: the remaining lines.
        documents: runs of sentences between blank lines.
        single: documents of one sentence.
        pieces: word pieces of all sentences.
        unknown: how many of them are [UNK].
    """

    lines: int
    blank: int
    unseen: int
    sentences: int
    documents: int
    single: int
    pieces: int
    unknown: int


def tokenise(
    reader: LineReader,
    folder: Path,
    *,
    cut: Cut,
    pieces: Pieces,
    report: Callable[[str, int, int], None],
) -> TextCounts:
    """Cut a text into pieces and write them down.

    Args:
        reader: the text.
        folder: where to; it exists.
        cut: the tokenizer.
        pieces: its vocabulary.
        report: told "text", the bytes read and the bytes in all; may raise to stop.

    Raises:
        InputError: the text cannot be read.
        ModelError: the tokenizer gives ids that the vocabulary does not have.
    """
    lines = blank = unknown = 0
    ended = 0  # sentences in finished documents
    with (
        ArrayWriter(folder / _PIECES, pieces.dtype) as ids,
        ArrayWriter(folder / _SENTENCES, np.uint64) as sentences,
        ArrayWriter(folder / _DOCUMENTS, np.uint64) as documents,
    ):
        sentences.append(np.zeros(1))
        documents.append(np.zeros(1))
        for batch in reader.batches():
            rows = _cut_lines(batch, cut)
            lines += len(rows)
            blank += rows.count(None)
            ends = list(_document_ends(rows, ended, len(sentences) - 1))
            ended = ends[-1] if ends else ended
            documents.append(np.array(ends, np.uint64))
            found = [row for row in rows if row]
            flat = np.fromiter(chain.from_iterable(found), np.int64)
            unknown += int(np.count_nonzero(flat == pieces.unknown))
            sentences.append(len(ids) + np.cumsum([len(row) for row in found], dtype=np.uint64))
            ids.append(pieces.checked(flat))
            report("text", reader.read, reader.total)
        number = len(sentences) - 1
        if number > ended:  # the text does not end with a blank line
            documents.append(np.array([number]))
    return TextCounts(
        lines=lines, blank=blank, unseen=lines - blank - number, sentences=number,
        documents=len(documents) - 1, single=_single(ArrayReader(folder / _DOCUMENTS)),
        pieces=len(ids), unknown=unknown,
    )  # fmt: skip


def _cut_lines(lines: Sequence[str], cut: Cut) -> list[list[int] | None]:
    """Ids of each line, None for an empty one."""
    cuts = iter(cut([line for line in lines if line]))
    return [next(cuts) if line else None for line in lines]


def _document_ends(
    rows: Sequence[Sequence[int] | None], ended: int, sentences: int
) -> Iterator[int]:
    """Number of sentences after which a document ends, for each that ends in these lines."""
    for row in rows:
        if row:
            sentences += 1
        elif row is None and sentences > ended:
            yield sentences
            ended = sentences


def _single(documents: ArrayReader) -> int:
    """Number of documents of one sentence."""
    found = 0
    for start in range(0, len(documents) - 1, _MANY):
        ends = documents.read(start, min(start + _MANY + 1, len(documents)))
        found += int(np.count_nonzero(np.diff(ends) == 1))
    return found


class Corpus:
    """A text that :func:`tokenise` wrote down.

    Args:
        folder: where it is.

    Attributes:
        documents: number of them.
    """

    def __init__(self, folder: Path) -> None:
        self._pieces = ArrayReader(folder / _PIECES)
        self._sentences = ArrayReader(folder / _SENTENCES)
        self._documents = ArrayReader(folder / _DOCUMENTS)
        self.documents = len(self._documents) - 1

    def sentences(self, document: int) -> tuple[int, int]:
        """First sentence of a document, and the one after its last."""
        first, stop = self._documents.read(document, document + 2).tolist()
        return first, stop

    def chunk(self, first: int, stop: int, wanted: int) -> list[int]:
        """Sentences from ``first`` on until there are enough pieces, but one at least.

        Args:
            first: a sentence.
            stop: the sentence that is not taken any more.
            wanted: number of pieces.

        Returns:
            Where each of the N sentences begins in all pieces, and where the last one ends:
            N + 1 numbers.
        """
        size = _BLOCK
        while True:
            last = min(first + size, stop)
            bounds: list[int] = self._sentences.read(first, last + 1).tolist()
            enough = bounds[0] + wanted
            if bounds[-1] >= enough or last == stop:
                number = next((n for n, end in enumerate(bounds[1:], 2) if end >= enough), None)
                return bounds[:number]
            size *= 4

    def pieces(self, start: int, stop: int) -> list[int]:
        """Ids of the pieces from ``start`` to ``stop``, the last one excluded."""
        found: list[int] = self._pieces.read(start, stop).tolist()
        return found
