"""The lines of a file as inputs of an encoder.

As in extract_features.py of google-research/bert, a line is a text, or two with `` ||| `` between
them. What is longer than the input is cut at the end, of two texts from the longer one. A blank
line is an input of special pieces only, so that every line keeps its number.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bert_core.data.pretraining.lines import LineReader
from bert_core.model.encoder import Encoder

NAMED = 100
"""Most line numbers that are listed where lines were cut."""
_PAIR = re.compile(r"(.*) \|\|\| (.*)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line as an input of T pieces.

    Attributes:
        index: its place in the file, counted from 0.
        ids: vocabulary ids, special pieces included.
        segments: segment ids, as many.
        left_out: pieces that did not fit.
        paired: whether it is two texts.
        blank: whether there is nothing on it.
    """

    index: int
    ids: tuple[int, ...]
    segments: tuple[int, ...]
    left_out: int
    paired: bool
    blank: bool


@dataclass(slots=True)
class Counts:
    """What a file consists of, line by line.

    Attributes:
        lines: all lines.
        blank: those with nothing on them.
        pairs: those with two texts.
        pieces: word pieces of all lines as they go through the model, special ones included.
        cut: lines of which something was left out.
        left_out: pieces that were left out of them.
        first_cut: the first cut lines, counted from 1, at most ``NAMED``.
    """

    lines: int = 0
    blank: int = 0
    pairs: int = 0
    pieces: int = 0
    cut: int = 0
    left_out: int = 0
    first_cut: list[int] = field(default_factory=list)

    def add(self, line: Line) -> None:
        """Count one line."""
        self.lines += 1
        self.blank += line.blank
        self.pairs += line.paired
        self.pieces += len(line.ids)
        self.cut += line.left_out > 0
        self.left_out += line.left_out
        if line.left_out and len(self.first_cut) < NAMED:
            self.first_cut.append(line.index + 1)


def read_lines(encoder: Encoder, path: Path, max_length: int) -> Iterator[Line]:
    """The lines of a file, cut into pieces a quarter of a mebibyte at a time.

    Args:
        encoder: whose tokenizer cuts them; special pieces that are typed are ordinary text.
        path: UTF-8 text.
        max_length: longest input in word pieces, special ones included.

    Raises:
        InputError: the file cannot be read or is not UTF-8, or a line is longer than a mebibyte.
    """
    number = 0
    for lines in LineReader([path]).batches():
        texts = [part for line in lines for part in split_pair(line)]
        pieces = iter(encoder.cut_many(texts))
        for line in lines:
            parts = [next(pieces) for _ in split_pair(line)]
            yield _line(encoder, number, parts, max_length, blank=not line)
            number += 1


def split_pair(line: str) -> tuple[str, ...]:
    """The one text or the two of a line.

    Example:
        >>> split_pair("It rained . ||| She stayed .")
        ('It rained .', 'She stayed .')
    """
    found = _PAIR.fullmatch(line)
    return (line,) if found is None else (found[1], found[2])


def in_buffers(lines: Iterable[Line], pieces: int) -> Iterator[list[Line]]:
    """Lines in order, in runs of at least so many pieces, the last one excepted."""
    buffer: list[Line] = []
    held = 0
    for line in lines:
        buffer.append(line)
        held += len(line.ids)
        if held >= pieces:
            yield buffer
            buffer, held = [], 0
    if buffer:
        yield buffer


def _line(
    encoder: Encoder, index: int, parts: Sequence[list[int]], max_length: int, *, blank: bool
) -> Line:
    """``convert_examples_to_features`` of extract_features.py, without its padding."""
    tokenizer = encoder.tokenizer
    first, second = parts[0], parts[1] if len(parts) > 1 else []
    between = tokenizer.seps_between if second else 1
    room = max_length - (2 + between if second else 2)
    kept = _kept(len(first), len(second), room)
    head = [tokenizer.cls_id, *first[: kept[0]], *[tokenizer.sep_id] * between]
    tail = [*second[: kept[1]], tokenizer.sep_id] if second else []
    return Line(
        index=index,
        ids=(*head, *tail),
        segments=(0,) * len(head) + (1,) * len(tail),
        left_out=len(first) + len(second) - sum(kept),
        paired=bool(second),
        blank=blank,
    )


def _kept(first: int, second: int, room: int) -> tuple[int, int]:
    """Pieces that stay of two texts: the longer one gives, the second where they are equal."""
    while first + second > room:
        if first > second:
            first -= 1
        else:
            second -= 1
    return first, second
