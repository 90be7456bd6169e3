"""The text of a document that a visitor sends, whatever its format."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bert_core.data.extraction.characters import repaired
from bert_core.data.extraction.reading import (
    MAX_CHARACTERS,
    Reading,
    check_length,
    counted,
    refused,
)
from bert_core.data.extraction.signatures import check_kind
from bert_core.permissions import refuse_upload
from bert_core.settings import read_settings

__all__ = ["LIMIT_MIB", "MAX_CHARACTERS", "SUFFIXES", "Extracted", "extract_text"]

LIMIT_MIB = 20
"""Largest file."""
SUFFIXES = ("txt", "md", "pdf", "docx", "html", "htm")
"""Endings of the files that can be read; the reader goes by the ending."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a document.

    Attributes:
        name: of the file as the visitor calls it, without folders.
        text: what can be read. Blank lines part paragraphs; lines that stand by themselves, such
            as items and table rows, are parted by line ends, and the cells of a row by tabs.
        pages: characters of ``text`` at which pages begin, one for each page of a PDF; what
            lies between two is blank where a page has no text. Empty for other formats.
        notes: sentences on what was left out, guessed or mended.
    """

    name: str
    text: str
    pages: tuple[int, ...]
    notes: tuple[str, ...]


def extract_text(content: bytes, name: str) -> Extracted:
    """Read a document: ``.txt``, ``.md``, ``.pdf``, ``.docx``, ``.html`` or ``.htm``.

    Nothing is fetched from a network, and no picture is opened.

    Args:
        content: the whole file.
        name: what the visitor calls it; its ending says how it is read.

    Raises:
        InputError: the ending is not known or does not fit; the file is empty, too large, damaged
            or protected by a password; it has no text, too much of it, or
            uploads are switched off.

    Example:
        >>> extract_text(b"The **river** rises in May.", "notes/river.md").text
        'The river rises in May.'
    """
    refuse_upload()
    name = re.split(r"[\\/]", name)[-1].strip() or "The document"
    short = name if len(name) <= 60 else f"…{name[-59:]}"
    suffix = _suffix(name, short)
    _check_size(content, short)
    check_kind(content, suffix, short)
    reading = _reader(suffix)(content, short)
    cleaned = [repaired(part) for part in reading.parts]
    text, pages = _joined([part for part, _ in cleaned])
    if not text:
        raise refused(
            f"{short} has no text: nothing but white space, marks or pictures. If it is made of "
            "pictures, run text recognition (OCR) on it first."
        )
    check_length(len(text), short)
    notes = (*reading.notes, *_notes(text, sum(removed for _, removed in cleaned)))
    return Extracted(name, text, pages if suffix == "pdf" else (), notes)


def _suffix(name: str, short: str) -> str:
    found = re.fullmatch(r".*\.([A-Za-z]+)", name, re.DOTALL)
    suffix = found[1].lower() if found else ""
    if suffix not in SUFFIXES:
        raise refused(
            f"{short!r} is no document that can be read. Give a file that ends in "
            f".{', .'.join(SUFFIXES[:-1])} or .{SUFFIXES[-1]}."
        )
    return suffix


def _reader(suffix: str) -> Callable[[bytes, str], Reading]:
    """Imported when it is asked for: together the parsers take half a second."""
    if suffix == "md":
        from bert_core.data.extraction.markdown import read_markdown as read
    elif suffix == "pdf":
        from bert_core.data.extraction.pdf import read_pdf as read
    elif suffix == "docx":
        from bert_core.data.extraction.word import read_word as read
    elif suffix in ("html", "htm"):
        from bert_core.data.extraction.web import read_web as read
    else:
        from bert_core.data.extraction.plain import read_plain as read
    return read


def _check_size(content: bytes, name: str) -> None:
    if not content:
        raise refused(f"{name} is empty: it has 0 bytes. Give a file with a text in it.")
    most = min(LIMIT_MIB, read_settings().upload_mib)
    if len(content) > most * 2**20:
        raise refused(
            f"{name} has {len(content) / 2**20:,.1f} MiB; at most {most} MiB are read. Give a "
            "part of it."
        )


def _joined(parts: list[str]) -> tuple[str, tuple[int, ...]]:
    """The parts with blank lines between, and where each begins."""
    text, starts = "", []
    for part in parts:
        text += "\n\n" if text and part else ""
        starts.append(len(text))
        text += part
    return text, tuple(starts)


def _notes(text: str, removed: int) -> Iterator[str]:
    if removed:
        yield (
            f"Left out: {counted(removed, 'invisible character', 'invisible characters')}, such as "
            "control characters and soft hyphens."
        )
    unread = text.count("\ufffd")
    if unread:
        words = counted(unread, "character that cannot be read", "characters that cannot be read")
        yield f"The text has {words}, shown as \ufffd."
