"""Word files (.docx): paragraphs, lists and tables in the order of the document."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from docx import Document
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from lxml.etree import LxmlError

from bert_core.data.extraction.reading import Reading, counted, refused

UNPACKED_MIB = 200
"""Of all that is in the file."""
MEDIA = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".odttf", ".bin")
XML_MIB = 40
"""Of its markup, which takes ten times that in memory once it is read."""

# What a damaged package or its markup makes zipfile, lxml and python-docx raise.
_FAULTS = (
    BadZipFile, OpcError, LxmlError, KeyError, ValueError, TypeError, AttributeError, IndexError,
    AssertionError, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error, struct.error,
)  # fmt: skip
_PARAGRAPH, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_TEXT, _TEXT_BOX = qn("w:t"), qn("w:txbxContent")
_STYLE, _NUMBERING = f"{qn('w:pPr')}/{qn('w:pStyle')}", f"{qn('w:pPr')}/{qn('w:numPr')}"
_OLDER_COPY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_CHARACTERS = {
    qn("w:tab"): "\t",
    qn("w:ptab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
}
_INLINE = {
    qn(f"w:{name}")
    for name in """r hyperlink ins moveTo smartTag sdt sdtContent fldSimple customXml bdo dir ruby
    rubyBase""".split()
}
_BLOCKS = {qn(f"w:{name}") for name in "sdt sdtContent ins moveTo customXml".split()}
_LEFT_OUT = (
    (qn("pic:pic"), "picture", "pictures"),
    (
        "{urn:schemas-microsoft-com:vml}imagedata",
        "picture in an old form",
        "pictures in an old form",
    ),
    (qn("c:chart"), "chart", "charts"),
    (qn("w:footnoteReference"), "footnote", "footnotes"),
    (qn("w:endnoteReference"), "endnote", "endnotes"),
    (qn("w:commentReference"), "comment", "comments"),
    (qn("m:oMath"), "formula", "formulas"),
    (qn("w:object"), "embedded object", "embedded objects"),
)


def read_word(content: bytes, name: str) -> Reading:
    """Text of a ``.docx`` file.

    Each paragraph and heading is a paragraph, each item of a list and each row of a table a line;
    cells are parted by tabs, and text boxes follow the paragraph they are fixed to. Insertions
    that are tracked count as text, deletions do not. Headers, footers and the numbers of lists are
    left out; so are footnotes, comments, formulas and pictures, which a note counts.

    Args:
        content: the whole file.
        name: of the file, for sentences.

    Raises:
        InputError: the file is damaged, is another kind of Office file, or unpacks to too much.
    """
    try:
        with ZipFile(BytesIO(content)) as package:
            _check_sizes(package.infolist(), name)
        body = Document(BytesIO(content)).element.body
        text = "".join(_blocks(body)).strip("\n")
        left_out = [counted(n, *words) for n, *words in _left_out(body) if n]
    except _FAULTS:
        raise refused(
            f"{name} cannot be read as a Word file (.docx): it is damaged, or another kind of "
            "file with that ending. Open it in Word or LibreOffice and save it as .docx again."
        ) from None
    return Reading((text,), (f"Left out: {', '.join(left_out)}.",) if left_out else ())


def _check_sizes(files: list[ZipInfo], name: str) -> None:
    """By the directory, before anything is unpacked: zipfile gives no more than it says there."""
    # A part may be called anything, so whatever is no picture or font may be markup.
    xml = sum(file.file_size for file in files if not file.filename.lower().endswith(MEDIA))
    every = sum(file.file_size for file in files)
    for size, limit, what in ((xml, XML_MIB, " of markup"), (every, UNPACKED_MIB, "")):
        if size > limit * 2**20:
            raise refused(
                f"{name} unpacks to {size / 2**20:,.0f} MiB{what}; at most {limit} MiB are read. "
                "Split it, or save it as plain text."
            )


def _left_out(body: Any) -> Iterator[tuple[int, str, str]]:
    for tag, one, many in _LEFT_OUT:
        yield sum(not _in_older_copy(found) for found in body.iter(tag)), one, many


def _in_older_copy(element: Any) -> bool:
    return next(element.iterancestors(_OLDER_COPY), None) is not None


def _blocks(parent: Any) -> Iterator[str]:
    """Paragraphs, items and tables with the line ends before them."""
    in_list = False
    for child in parent:
        if child.tag == _PARAGRAPH:
            words = "".join(_words(child)).strip()
            if words:
                is_item = _is_item(child)
                yield ("\n" if is_item and in_list else "\n\n") + words
                in_list = is_item
            for box in child.iter(_TEXT_BOX):
                if next(box.iterancestors(_PARAGRAPH)) is child and not _in_older_copy(box):
                    yield from _blocks(box)
        elif child.tag == _TABLE:
            in_list = False
            yield "\n\n" + "\n".join(_rows(child))
        elif child.tag in _BLOCKS:
            yield from _blocks(child)


def _rows(table: Any) -> Iterator[str]:
    """Rows as lines; a cell's paragraphs, and tables in it, are joined by spaces."""
    for row in _within(table, _ROW):
        yield "\t".join(" ".join("".join(_blocks(cell)).split()) for cell in _within(row, _CELL))


def _within(parent: Any, tag: str) -> Iterator[Any]:
    """Children with that tag, and those inside content controls."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in _BLOCKS:
            yield from _within(child, tag)


def _words(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag == _TEXT:
            yield child.text or ""
        elif child.tag in _CHARACTERS:
            yield _CHARACTERS[child.tag]
        elif child.tag in _INLINE:
            yield from _words(child)


def _is_item(paragraph: Any) -> bool:
    style = paragraph.find(_STYLE)
    by_style = style is not None and str(style.get(qn("w:val"))).startswith("List")
    return by_style or paragraph.find(_NUMBERING) is not None
