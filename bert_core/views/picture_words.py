"""Words in pictures: names beside cells, exact numbers, and sentences cut into lines.

A picture cannot measure its letters, so widths are reckoned by columns of a terminal: wide letters
such as Chinese take two.
"""

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

LETTER = 11
"""Pixels of a name's font."""
ADVANCE = 0.61
"""Width of a letter of a monospaced font, in parts of its size."""
LONGEST_NAME = 18
"""Columns of a name that are written."""
SENTENCE = 7
"""Pixels that a letter of a sentence takes, at most but for odd ones."""
MARGIN = 16
"""Pixels around a picture."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Name:
    """A name beside a row or a column of cells.

    Attributes:
        text: as it is written, cut where it is long.
        at: pixels from the first cell's edge to the middle of its own.
    """

    text: str
    at: float


def names(texts: Sequence[str], cell: int) -> tuple[Name, ...]:
    """The names that fit beside cells of some pixels: all of them, or one in a few.

    Example:
        >>> names(["the", "heron", "waits"], 6)
        (Name(text='the', at=3.0), Name(text='waits', at=15.0))
    """
    return tuple(
        Name(fitted(texts[index], LONGEST_NAME), (index + 0.5) * cell)
        for index in range(0, len(texts), step_of(cell))
    )


def step_of(cell: int) -> int:
    """One name in how many is written beside cells of some pixels."""
    return -(-(LETTER + 1) // cell)


def gutter(written: Sequence[Name]) -> int:
    """Pixels that the longest of some names takes, with a little room."""
    return round(max(_columns(name.text) for name in written) * LETTER * ADVANCE) + 10


def fitted(text: str, columns: int) -> str:
    r"""A text with control characters spelt out, cut with an ellipsis where it is too wide.

    Example:
        >>> fitted("nul" + chr(0), 9), fitted("unbelievable", 6)
        ('nul\\x00', 'unbel…')
    """
    text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    if _columns(text) <= columns:
        return text
    while _columns(text) > columns - 1:
        text = text[:-1]
    return f"{text}…"


def wrapped(sentence: str, width: int) -> list[str]:
    """A sentence as lines that fit into a picture of some pixels."""
    wide = _columns(sentence) / max(1, len(sentence))
    return textwrap.wrap(sentence, int((width - 2 * MARGIN) / SENTENCE / max(1, wide)))


def isolated(text: str) -> str:
    """A text whose direction leaves the words around it alone."""
    first, last = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
    return f"{first}{fitted(text, 60)}{last}"


def exact(value: float) -> str:
    """A weight with four decimals, and with three digits where it would look like nothing.

    Example:
        >>> exact(0.25), exact(-0.25), exact(0.00012345), exact(0.0)
        ('0.2500', '−0.2500', '0.000123', '0.0000')
    """
    small = value != 0 and abs(value) < 0.001
    return (f"{value:.3g}" if small else f"{value:.4f}").replace("-", "−", 1)


def _columns(text: str) -> int:
    return sum(
        0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF")
        for each in text
    )
