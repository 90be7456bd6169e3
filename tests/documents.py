"""Makers of documents as people upload them: PDF and Word files, with words of our own."""

from collections.abc import Sequence
from io import BytesIO

from docx import Document
from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

SIZE, LEADING = 11, 14
LEFT, TOP = 72, 760
HEADING = "# "


def pdf(*pages: str) -> bytes:
    """A PDF whose lines are the given lines.

    Args:
        pages: text of each page, within Windows-1252. A blank line leaves half a line of space, a
            line that begins with ``#`` is larger, and leading spaces move a line to the right. A
            page without text shows a picture.
    """
    target = BytesIO()
    canvas = Canvas(target, invariant=1)
    for page in pages:
        if page:
            _write_lines(canvas, page)
        else:
            picture = ImageReader(Image.new("RGB", (40, 60), "gray"))
            canvas.drawImage(picture, LEFT, 300, 400, 400)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def protected(
    content: bytes, *, user: str, owner: str = "owner", algorithm: str = "RC4-128"
) -> bytes:
    """A PDF encrypted.

    Args:
        content: the PDF.
        user: password to open it; empty for a file that opens by itself.
        owner: password to change it.
        algorithm: as pypdf names it.
    """
    writer = PdfWriter(PdfReader(BytesIO(content)))
    writer.encrypt(user, owner, algorithm=algorithm)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def docx(*blocks: str | Sequence[Sequence[str]]) -> bytes:
    """A Word file.

    Args:
        blocks: a string for a paragraph, with ``#`` before it for a heading and ``*`` for an item
            of a list; rows of cells for a table.
    """
    document = Document()
    for block in blocks:
        if not isinstance(block, str):
            table = document.add_table(len(block), len(block[0]))
            for row, cells in zip(table.rows, block, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text
        elif block.startswith(HEADING):
            document.add_heading(block.removeprefix(HEADING))
        elif block.startswith("* "):
            document.add_paragraph(block.removeprefix("* "), style="List Bullet")
        else:
            document.add_paragraph(block)
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def _write_lines(canvas: Canvas, page: str) -> None:
    y: float = TOP
    for line in page.split("\n"):
        words = line.removeprefix(HEADING).lstrip(" ")
        size = SIZE if words == line.lstrip(" ") else SIZE + 6
        canvas.setFont("Helvetica", size)
        canvas.drawString(LEFT + 6 * (len(line) - len(line.lstrip(" "))), y, words)
        y -= LEADING if words else LEADING / 2
