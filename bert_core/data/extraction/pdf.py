"""PDF files: the lines of each page with their places, by pypdf."""

import logging
import math
import re
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, LimitReachedError, PyPdfError

from bert_core.data.extraction.lines import Line, paragraphs
from bert_core.data.extraction.reading import Reading, counted, ranges, refused
from bert_core.errors import InputError

MOST_PAGES = 2_000
MOST_OPERATIONS = 10_000_000
"""Drawing operations with their operands, in one file: about a minute."""

# What pypdf lets through beside its own errors when a file is damaged.
_FAULTS = (
    PyPdfError, DependencyError, KeyError, ValueError, TypeError, IndexError, AttributeError,
    AssertionError, RecursionError, NotImplementedError, ArithmeticError, OSError, EOFError,
    zlib.error, struct.error,
)  # fmt: skip
_GLYPHS = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
    # A code that WinAnsiEncoding does not use is a bullet (PDF 32000-1:2008, annex D.2).
    | {"\x7f": "•"}
)
_SPACES = re.compile("[ \t\u00a0]+")


def read_pdf(content: bytes, name: str) -> Reading:
    """Text of each page of a PDF, its lines joined to paragraphs.

    Words come in the order in which the file draws them, which for most programs is that of
    reading. Ligatures (U+FB00 to U+FB06) are written out. Pictures are not opened.

    Args:
        content: the whole file.
        name: of the file, for sentences.

    Raises:
        InputError: damaged, protected by a password, without text (scanned), with more than
            ``MOST_PAGES`` pages, or with more on its pages than can be unpacked safely.
    """
    with _listening() as complaints:
        try:
            reader = PdfReader(BytesIO(content))
            protected = reader.is_encrypted
            if protected and not reader.decrypt(""):
                raise refused(
                    f"{name} is protected by a password. Save a copy without one, and give that."
                )
            count = len(reader.pages)
        except _FAULTS:
            raise _damaged(name) from None
        _check_count(count, name)
        pages = _Pages(reader, name)
        texts, mended = paragraphs([pages.lines(number) for number in range(1, count + 1)])
    _check_found(texts, pages.unreadable, name)
    return Reading(texts, tuple(_notes(texts, pages.unreadable, mended, protected, complaints)))


class _Pages:
    """Reads one page after the other, and adds up what they cost.

    Args:
        reader: of the file, decrypted.
        name: of the file, for sentences.
    """

    def __init__(self, reader: PdfReader, name: str) -> None:
        self._reader = reader
        self._name = name
        self._operations = 0
        self.unreadable: list[int] = []

    def lines(self, number: int) -> list[Line]:
        """Lines of a page, counted from 1; none where it is damaged, which is noted."""
        found = _Lines()
        try:
            self._reader.pages[number - 1].extract_text(
                visitor_operand_before=self._count, visitor_text=found.add
            )
        except LimitReachedError:
            raise self._too_much(number) from None
        except _FAULTS:
            self.unreadable.append(number)
            return []
        if self._operations > MOST_OPERATIONS:
            raise self._too_much(number)
        return found.all()

    def _count(self, operator: Any, operands: Sequence[Any], cm: Any, tm: Any) -> None:
        self._operations += 1 + len(operands)
        if self._operations > MOST_OPERATIONS:
            # pypdf stops the page at it, and skips a form that is drawn in the page.
            raise LimitReachedError

    def _too_much(self, number: int) -> InputError:
        return refused(
            f"{self._name} unpacks to more on page {number} than can be read safely. Split it, or "
            "print it to a new PDF without its drawings."
        )


class _Lines:
    """Puts the pieces that pypdf gives together to lines, each with its place."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._pieces: list[Line] = []

    def add(self, text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        """Take one piece.

        Args:
            text: with a line feed where a line ends.
            cm: transformation matrix of the page, six numbers.
            tm: transformation matrix of the text, six numbers.
            font: not used.
            size: of the font, before both transformations.
        """
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        height = math.hypot(tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])
        for place, piece in enumerate(text.split("\n")):
            if place:
                self._end()
            self._pieces.append(Line(piece, x, y, abs(size * height) or 1.0))

    def all(self) -> list[Line]:
        """The lines that are not blank."""
        self._end()
        return self._lines

    def _end(self) -> None:
        text = "".join(piece.text for piece in self._pieces).translate(_GLYPHS)
        # Not all that split() takes for spaces: control characters among them are to be counted.
        text = _SPACES.sub(" ", text).strip(" ")
        words = [piece for piece in self._pieces if piece.text.strip()]
        if words:
            longest = max(words, key=lambda piece: len(piece.text))
            self._lines.append(Line(text, words[0].x, words[0].y, longest.size))
        self._pieces = []


class _Complaints(logging.Handler):
    """Counts what pypdf logs in this thread, and keeps the first."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self.count = 0
        self.first = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Take one."""
        if record.thread == self._thread:
            self.count += 1
            self.first = self.first or record.getMessage()


@contextmanager
def _listening() -> Iterator[_Complaints]:
    """Collect pypdf's complaints, which are of no use in the log of a server."""
    logger, complaints = logging.getLogger("pypdf"), _Complaints()
    logger.propagate = False
    logger.addHandler(complaints)
    try:
        yield complaints
    finally:
        logger.removeHandler(complaints)


def _damaged(name: str) -> InputError:
    return refused(
        f"{name} cannot be read as a PDF: the file is damaged or cut short. Download it again, or "
        "open it and print it to a new PDF."
    )


def _check_count(count: int, name: str) -> None:
    if not count:
        raise _damaged(name)
    if count > MOST_PAGES:
        raise refused(
            f"{name} has {count:,} pages; at most {MOST_PAGES:,} are read. Split it, by chapter "
            "for instance."
        )


def _check_found(texts: Sequence[str], unreadable: list[int], name: str) -> None:
    if any(text.strip() for text in texts):
        return
    if unreadable:
        raise _damaged(name)
    raise refused(
        f"{name} has {counted(len(texts), 'page', 'pages')} and no text: it is made of pictures. "
        "Run text recognition (OCR) on it first."
    )


def _notes(
    texts: Sequence[str], unreadable: list[int], mended: int, protected: bool, heard: _Complaints
) -> Iterator[str]:
    if protected:
        yield "The file is protected, but opens without a password."
    if unreadable:
        yield f"Damaged pages that could not be read: {ranges(unreadable)}."
    empty = [n for n, text in enumerate(texts, 1) if not text and n not in unreadable]
    if empty:
        yield f"Pages without text, perhaps pictures: {ranges(empty)}."
    if mended:
        words = counted(mended, "word that was broken", "words that were broken")
        yield f"Joined without their hyphen: {words} at the end of a line."
    if heard.count:
        faults = counted(heard.count, "fault", "faults")
        yield (
            f"The file has {faults} that its reader passed over, so words may be missing. The "
            f"first: {heard.first[:120]!r}."
        )
