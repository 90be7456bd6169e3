"""The lines of a paged document, joined to paragraphs."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_BULLET = re.compile("[•◦▪▫‣●○■□➢✓·]")
_ENDED = re.compile(r"[.!?:;…。！？]['\"’”»)\]]*$")
_HYPHENATED = re.compile(r"\w[-\u2010\u00ad]$")
# Chinese and Japanese, which are written without spaces.
_UNSPACED = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page.

    Attributes:
        text: its words, parted by single spaces; not empty.
        x: where it begins, in points from the left edge of the page.
        y: its baseline, in points from the lower edge.
        size: of its font in points, above 0.
    """

    text: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class _Usual:
    """What most lines of the document are like."""

    pitch: float  # from baseline to baseline, in font sizes
    length: int  # of a full line, in characters


def paragraphs(pages: Sequence[Sequence[Line]]) -> tuple[tuple[str, ...], int]:
    """Text of each page, and the number of words that were mended.

    A paragraph ends where the gap to the next line is wider than is usual in the document, where
    the size of the font changes, where the next line stands higher on the page, and where an
    indented line follows a full stop. A line that is much shorter than a full one, or before a
    bullet, stays a line, as in tables and lists. All others are joined by a space, but after a
    hyphen and in Chinese and Japanese. The hyphen goes if small letters stand on both sides of
    it. A page ends a paragraph.

    Args:
        pages: lines of each page, in reading order.
    """
    usual = _usual(pages)
    texts, mended = [], 0
    for lines in pages:
        pieces = [line.text for line in lines[:1]]
        for before, line in pairwise(lines):
            between = _between(before, line, usual)
            if between == "" and _is_broken(before, line):
                pieces[-1] = pieces[-1][:-1]
                mended += 1
            pieces += [between, line.text]
        texts.append("".join(pieces))
    return tuple(texts), mended


def _usual(pages: Iterable[Sequence[Line]]) -> _Usual:
    pitches: Counter[float] = Counter()
    lengths: list[int] = []
    for lines in pages:
        lengths += [len(line.text) for line in lines]
        for before, line in pairwise(lines):
            pitch = (before.y - line.y) / line.size
            if _same_size(before, line) and 0.8 <= pitch <= 3:
                pitches[round(pitch, 1)] += 1
    pitch = min(pitches, key=lambda one: (-pitches[one], one), default=1.2)
    full = sorted(lengths)[len(lengths) * 3 // 4] if lengths else 0
    return _Usual(pitch, full)


def _between(before: Line, line: Line, usual: _Usual) -> str:
    """What parts two lines."""
    pitch = (before.y - line.y) / line.size
    if not _same_size(before, line) or not -0.5 <= pitch <= usual.pitch + 0.15:
        return "\n\n"
    if _HYPHENATED.search(before.text):
        return ""
    if _ENDED.search(before.text) and line.x > before.x + line.size:
        return "\n\n"
    if _BULLET.match(line.text) or len(before.text) < 0.6 * usual.length:
        return "\n"
    unspaced = _UNSPACED.match(before.text[-1]) and _UNSPACED.match(line.text)
    return "" if unspaced else " "


def _is_broken(before: Line, line: Line) -> bool:
    """Whether a word goes on in the next line, so that its hyphen is none of its own."""
    hyphen = _HYPHENATED.search(before.text) is not None
    return hyphen and before.text[-2].islower() and line.text[0].islower()


def _same_size(before: Line, line: Line) -> bool:
    return max(before.size, line.size) < 1.15 * min(before.size, line.size)
