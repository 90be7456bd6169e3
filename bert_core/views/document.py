"""A text with marked spans, and a heat strip along it.

Plain data on its way to the browser. The component that draws it is
``assets/components/document.js``. Python counts characters in code points and JavaScript in
UTF-16 units, where a character beyond U+FFFF (most emoji) counts twice: what leaves this module
for the browser is in UTF-16 units, everything else in characters.
"""

import hashlib
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bert_core.views.numbers import PER_CENT, joined, percent

Kind = Literal["answer", "candidate", "window"]

KINDS: tuple[Kind, ...] = ("answer", "candidate", "window")
LONGEST_WORD = 24
"""Characters of a word that a note shows on each side of where its piece starts."""
SCALE = (
    "probability along the text. The tint grows with its square root and is full at "
    f"100{PER_CENT}; a tick marks the highest."
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of the text that is drawn differently.

    Attributes:
        start: its first character, counted from 0.
        end: the character after its last, > start.
        kind: ``answer`` is tinted and underlined, ``candidate`` underlined with dots, ``window``
            a faint band.
        label: words for the tooltip, also read by screen readers: "answer, 91.3 %".
    """

    start: int
    end: int
    kind: Kind
    label: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of the text in which nothing changes.

    Attributes:
        start: its first character, counted from 0.
        end: the character after its last.
        kinds: the kinds of the marks that cover it, in the order of ``KINDS``.
        tip: labels of the marks that cover it, one a line.
        said: labels of the marks that end with it, one a line: what is said of them once.
    """

    start: int
    end: int
    kinds: tuple[Kind, ...] = ()
    tip: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of the heat strip: K bins along the text.

    Attributes:
        name: what it shows: "start".
        values: a probability in [0, 1] for each bin, drawn as tint.
        notes: words for the tooltip of each bin: "start 12.3 % at 'Lucie'".
        places: the character to scroll to from each bin.
    """

    name: str
    values: tuple[float, ...]
    notes: tuple[str, ...]
    places: tuple[int, ...]


def cut_runs(length: int, marks: Sequence[Mark]) -> list[Run]:
    """Cut marks, which may overlap and nest, into stretches that do not.

    Args:
        length: characters of the text.
        marks: the marks, in any order.

    Returns:
        Runs that cover the whole text without a gap, in order; none for an empty text.

    Raises:
        ValueError: a mark is empty, reversed, of no known kind or outside the text.
    """
    for mark in marks:
        if not 0 <= mark.start < mark.end <= length or mark.kind not in KINDS:
            raise ValueError(f"{mark} is no span of a text of {length} characters.")
    edges = sorted({0, length}.union(*((mark.start, mark.end) for mark in marks)))
    opening: dict[int, list[int]] = {}
    for number, mark in enumerate(marks):
        opening.setdefault(mark.start, []).append(number)
    runs, covering = [], list[int]()
    for start, end in pairwise(edges):
        still = [number for number in covering if marks[number].end > start]
        covering = sorted(still + opening.get(start, []))
        over = [marks[number] for number in covering]
        kinds = {mark.kind for mark in over}
        tip, said = _lines(over), _lines([mark for mark in over if mark.end == end])
        runs.append(Run(start, end, tuple(kind for kind in KINDS if kind in kinds), tip, said))
    return runs


def _lines(marks: Sequence[Mark]) -> str:
    return "\n".join(dict.fromkeys(mark.label for mark in marks if mark.label))


def document_payload(
    text: str, marks: Sequence[Mark], strips: Sequence[Strip], focus: int | None
) -> dict[str, object]:
    """What the browser needs to draw a document, ready for JSON.

    Args:
        text: the text, of any length.
        marks: spans of it; they may overlap and nest.
        strips: rows of the heat strip.
        focus: the character to scroll to, or None to stay.

    Returns:
        ``text`` and its fingerprint ``id``, so that the rest can be sent without the text;
        ``runs``, ``strips``, ``caption`` and ``focus``. Positions are in UTF-16 units.

    Raises:
        ValueError: a mark, a bin or ``focus`` lies outside the text, a mark is empty or reversed,
            or a strip's columns do not fit together.
    """
    units = _Units(text)
    if focus is not None and not 0 <= focus <= len(text):
        raise ValueError(f"focus {focus} lies outside a text of {len(text)} characters.")
    encoded = text.encode("utf-8", "surrogatepass")
    return {
        "id": hashlib.blake2b(encoded, digest_size=16).hexdigest(),
        "text": text,
        "runs": [
            {
                "start": units.before(run.start),
                "end": units.before(run.end),
                "kinds": list(run.kinds),
                "tip": run.tip,
                "said": run.said,
            }
            for run in cut_runs(len(text), marks)
        ],
        "strips": [_strip_payload(row, units) for row in strips],
        "caption": _caption([row.name for row in strips]),
        "focus": None if focus is None else units.before(focus),
    }


class _Units:
    """Turns positions in characters into positions in UTF-16 units."""

    def __init__(self, text: str) -> None:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        self.length = len(text)
        self._wide = np.flatnonzero(codes > 0xFFFF)  # the characters that count twice

    def before(self, position: int) -> int:
        return int(position + np.searchsorted(self._wide, position))


def _strip_payload(row: Strip, units: _Units) -> dict[str, object]:
    if not len(row.values) == len(row.notes) == len(row.places):
        raise ValueError(f"Strip {row.name!r} needs a value, a note and a place for each bin.")
    if not all(0.0 <= value <= 1.0 for value in row.values):
        raise ValueError(f"Strip {row.name!r} has a value outside [0, 1].")
    if not all(0 <= place <= units.length for place in row.places):
        raise ValueError(f"Strip {row.name!r} has a place outside the text.")
    highest = max(row.values, default=0.0)
    return {
        "name": row.name,
        "values": [float(value) for value in row.values],
        "notes": list(row.notes),
        "places": [units.before(place) for place in row.places],
        "top": row.values.index(highest) if highest > 0 else None,
    }


def _caption(names: Sequence[str]) -> str:
    said = f"{joined(names)} {SCALE}" if names else ""
    return said[:1].upper() + said[1:]


def strip(
    name: str, probabilities: ArrayLike, starts: ArrayLike, text: str, bins: int = 120
) -> Strip:
    """Sum up the probabilities of P word pieces in bins along the text.

    Every bin covers an equal share of the characters. Its value is the largest probability of a
    piece that starts in it, not a sum: one sure piece stands out however long the text is.

    Args:
        name: what the probabilities are of: "start".
        probabilities: float of shape (P,), each in [0, 1].
        starts: int of shape (P,): the character at which each piece starts.
        text: the text.
        bins: most bins, >= 1; a text of fewer pieces gets one bin for each of them.

    Returns:
        K = min(bins, P) bins. A bin in which no piece starts has the value 0.

    Raises:
        ValueError: the two arrays differ in shape, a probability lies outside [0, 1], a piece
            outside the text, or ``bins`` is below 1.
    """
    chances = np.asarray(probabilities, dtype=np.float64)
    at = np.asarray(starts, dtype=np.int64)
    if chances.ndim != 1 or chances.shape != at.shape or bins < 1:
        raise ValueError(f"{chances.shape} probabilities, {at.shape} starts and {bins} bins.")
    if not ((chances >= 0) & (chances <= 1 + 1e-6)).all():  # softmax in float32 may pass 1
        raise ValueError(f"A {name} probability lies outside [0, 1].")
    if not ((at >= 0) & (at < len(text))).all():
        raise ValueError(f"A piece starts outside a text of {len(text)} characters.")
    count = min(bins, len(at))
    values = [0.0] * count
    notes = [f"{name}: no word piece starts here"] * count
    places = [-(-number * len(text) // count) for number in range(count)]
    for number, piece in _strongest(chances, at * count // max(1, len(text))):
        values[number] = min(1.0, float(chances[piece]))
        places[number] = int(at[piece])
        notes[number] = f"{name} {percent(values[number])} at '{_word_at(text, places[number])}'"
    return Strip(name, tuple(values), tuple(notes), tuple(places))


def _strongest(chances: NDArray[np.float64], bin_of: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Each bin that has a piece, with its most probable one; the first of those that tie."""
    order = np.lexsort((-chances, bin_of))
    numbers, first = np.unique(bin_of[order], return_index=True)
    return list(zip(numbers.tolist(), order[first].tolist(), strict=True))


def _word_at(text: str, at: int) -> str:
    """The word around a character, without the punctuation around it."""
    before = re.search(r"\S*$", text[max(0, at - LONGEST_WORD) : at])
    after = re.match(r"\S*", text[at : at + LONGEST_WORD])
    word = "".join(found[0] for found in (before, after) if found)
    return word.strip(string.punctuation + "“”‘’«»„…") or word
