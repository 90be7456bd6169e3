"""The text of a PDF: paragraphs out of lines, pages, and files that are damaged or protected."""

import io
import logging
import zlib
from itertools import pairwise

import numpy as np
import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject

from bert_core.data.extraction import pdf
from bert_core.data.extraction.extract import Extracted, extract_text
from bert_core.data.extraction.lines import Line, paragraphs
from bert_core.errors import InputError
from tests import documents

FIRST = """# The ferry

The ferry leaves the old harbour at six in the morning and needs an hour to the is-
land. It carries bread, letters and, on market days, two goats and their herdsman.
    An indented line after a full stop begins a paragraph, even without a gap above
it. The line after it, which is not indented, goes on.

Fähre, traversée, øy: accents stay. A North-
South line keeps its hyphen, and so do the years 1990-
1995, and the end of a line that is long enough."""
SECOND = """Fare Adult Goat
Single 2 1
Return 3 2

• bread for the island, which is baked in the town and is still warm at six
• letters"""


def refusal(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        extract_text(content, "a.pdf")
    assert caught.value.field == "document"
    return str(caught.value)


def raw_pdf(contents: bytes, *, pages: int = 1) -> bytes:
    """A PDF whose pages share one stream of drawing operations, compressed."""
    data = zlib.compress(contents, 9)
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(data), data),
        *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
          b"/Resources<</Font<</F1 3 0 R>>>>>>"] * pages,
    ]  # fmt: skip
    body, places = b"%PDF-1.4\n", []
    for number, written in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, written)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, table, len(objects) + 1, len(body))
    )


# ---- text --------------------------------------------------------------------------------------


def test_lines_become_paragraphs_and_pages_know_where_they_begin() -> None:
    found = extract_text(documents.pdf(FIRST, SECOND), "notes/Ferry.PDF")
    assert found.name == "Ferry.PDF"
    first, second = (found.text[begin:end] for begin, end in pairwise([*found.pages, None]))
    assert first.strip().split("\n\n") == [
        "The ferry",
        "The ferry leaves the old harbour at six in the morning and needs an hour to the island. "
        "It carries bread, letters and, on market days, two goats and their herdsman.",
        "An indented line after a full stop begins a paragraph, even without a gap above it. The "
        "line after it, which is not indented, goes on.",
        "Fähre, traversée, øy: accents stay. A North-South line keeps its hyphen, and so do the "
        "years 1990-1995, and the end of a line that is long enough.",
    ]
    assert second == (
        "Fare Adult Goat\nSingle 2 1\nReturn 3 2\n\n"
        "• bread for the island, which is baked in the town and is still warm at six\n• letters"
    )
    assert found.notes == (
        "Joined without their hyphen: 1 word that was broken at the end of a line.",
    )


def test_a_page_without_text_is_noted_and_blank() -> None:
    found = extract_text(documents.pdf("", "One.", "", "", "Two.", ""), "a.pdf")
    assert found.text == "One.\n\nTwo."
    assert found.pages == (0, 0, 4, 4, 6, 10)
    assert found.notes == ("Pages without text, perhaps pictures: 1, 3–4, 6.",)


def test_ligatures_are_written_out_and_controls_counted() -> None:
    show = b"BT /F1 12 Tf 72 700 Td (a\x00b\x01 c) Tj ET"
    found = extract_text(raw_pdf(show), "a.pdf")
    assert found.text == "ab c"
    assert found.notes[0].startswith("Left out: 2 invisible characters")
    reader = pdf._Lines()
    reader.add("the ﬁnal o\ufb03ce ", [1, 0, 0, 1, 0, 0], [1, 0, 0, 1, 72, 700], None, 12)
    reader.add(" ﬂoor  \t here\n \nnext", [1, 0, 0, 1, 0, 0], [1, 0, 0, 1, 150, 700], None, 9)
    assert [line.text for line in reader.all()] == ["the final office floor here", "next"]
    assert (reader.all()[0].x, reader.all()[0].size) == (72, 12)


def test_lines_of_chinese_are_joined_without_a_space() -> None:
    lines = [
        Line("渡し船は六時に港を出て、", 72, 700, 10),
        Line("島まで一時間かかります。", 72, 688, 10),
    ]
    assert paragraphs([lines])[0] == ("渡し船は六時に港を出て、島まで一時間かかります。",)


def test_a_column_that_begins_at_the_top_begins_a_paragraph() -> None:
    lines = [
        Line("The left column ends here, at the foot", 72, 112, 10),
        Line("of its page, but its sentence", 72, 100, 10),
        Line("goes on in the right column, at the top.", 320, 700, 10),
    ]
    assert paragraphs([lines])[0] == (
        "The left column ends here, at the foot of its page, but its sentence\n\n"
        "goes on in the right column, at the top.",
    )


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("the har-", "bour", "the harbour"),
        ("the har\u00ad", "bour", "the harbour"),
        ("the har\u2010", "bour", "the harbour"),
        ("the UTF-", "encoded", "the UTF-encoded"),
        ("the North-", "South", "the North-South"),
        ("from 1990-", "1995", "from 1990-1995"),
        ("the boat -", "it leaks", "the boat - it leaks"),
    ],
)
def test_a_hyphen_goes_only_between_small_letters(first: str, second: str, joined: str) -> None:
    texts, mended = paragraphs([[Line(first, 72, 112, 10), Line(second, 72, 100, 10)]])
    assert texts == (joined,)
    assert mended == (joined == "the harbour")


def test_places_that_are_no_numbers_do_no_harm() -> None:
    show = b"BT /F1 1e999 Tf 72 1e400 Td (one) Tj 0 -1e999 Td (two) Tj /F1 0 Tf T* (three) Tj ET"
    found = extract_text(raw_pdf(show), "a.pdf")
    assert [word for word in ("one", "two", "three") if word in found.text]


# ---- protection and limits ---------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_password_is_asked_for_only_where_it_is_needed(algorithm: str) -> None:
    content = documents.pdf("The ferry leaves at six.")
    found = extract_text(documents.protected(content, user="", algorithm=algorithm), "a.pdf")
    assert found.text == "The ferry leaves at six."
    assert found.notes == ("The file is protected, but opens without a password.",)
    closed = documents.protected(content, user="secret", algorithm=algorithm)
    assert "protected by a password" in refusal(closed)


def test_encryption_that_cannot_be_undone_is_refused() -> None:
    content = documents.protected(documents.pdf("The ferry leaves at six."), user="")
    method = b"/V 4 /CF << /F << /CFM /AESV2 /Length 16 >> >> /StmF /F /StrF /F"
    aes = content.replace(b"/V 2", method).replace(b"/R 3", b"/R 4")
    assert aes != content
    assert "a.pdf" in refusal(aes)


def test_a_scan_is_told_from_a_text() -> None:
    sentence = refusal(documents.pdf("", "", ""))
    assert "has 3 pages and no text: it is made of pictures" in sentence
    assert "OCR" in sentence


def test_more_pages_than_anyone_asks_about_are_refused() -> None:
    show = b"BT /F1 12 Tf 72 700 Td (a) Tj ET"
    assert "has 2,001 pages" in refusal(raw_pdf(show, pages=pdf.MOST_PAGES + 1))


def test_a_page_that_unpacks_to_too_much_is_refused() -> None:
    content = raw_pdf(b" " * 76_000_000)
    assert len(content) < 100_000
    assert "unpacks to more on page 1 " in refusal(content)


def test_pages_that_draw_too_much_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_OPERATIONS", 10_000)
    content = raw_pdf(b"0 0 m " * 1_500, pages=9)
    assert "unpacks to more on page 3 " in refusal(content)


# ---- damage ------------------------------------------------------------------------------------


def check_any(content: bytes) -> bool:
    """Whether a file was read; fails unless it was, or was refused with a sentence."""
    try:
        found = extract_text(content, "a.pdf")
    except InputError:
        return False
    assert isinstance(found, Extracted)
    assert list(found.pages) == sorted(found.pages)
    return True


def compact() -> bytes:
    """A PDF as newer programs write it, its objects in compressed streams."""
    writer = PdfWriter(PdfReader(io.BytesIO(documents.pdf(FIRST, "", SECOND))))
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


@pytest.mark.parametrize("content", [documents.pdf(FIRST, "", SECOND), compact()])
def test_a_file_cut_short_never_breaks(content: bytes) -> None:
    read = [check_any(content[: len(content) * cut // 60]) for cut in range(1, 61)]
    assert read[-1]
    assert not read[0]


@pytest.mark.parametrize("content", [documents.pdf(FIRST, "", SECOND), compact(), raw_pdf(b"0 g")])
def test_flipped_bytes_never_break(content: bytes) -> None:
    draw = np.random.default_rng(7)
    for _ in range(40):
        damaged = bytearray(content)
        for place in draw.integers(9, len(damaged), draw.choice((1, 3, 20))):
            damaged[place] = draw.integers(256)
        check_any(bytes(damaged))


def test_a_header_may_stand_a_little_later() -> None:
    content = documents.pdf("The ferry leaves at six.")
    assert extract_text(b"\n" * 200 + content, "a.pdf").text == "The ferry leaves at six."
    assert "does not begin like one" in refusal(b"\n" * 2_000 + content)


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\n", b"%PDF-1.7\nferry", b"%PDF-1.7\n" + bytes(range(256)) * 20]
)
def test_garbage_after_a_header_is_refused(content: bytes) -> None:
    assert "damaged or cut short" in refusal(content)


def test_a_damaged_page_is_left_out_and_named() -> None:
    reader = PdfReader(io.BytesIO(documents.pdf("One.", "Two.", "Three.")))
    writer = PdfWriter(reader)
    writer.pages[1]["/Contents"].get_object()[NameObject("/Filter")] = NameObject("/Unknown")
    target = io.BytesIO()
    writer.write(target)
    found = extract_text(target.getvalue(), "a.pdf")
    assert found.text == "One.\n\nThree."
    assert found.notes[0] == "Damaged pages that could not be read: 2."


def test_complaints_of_the_reader_become_a_note_and_do_not_spill(
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = documents.pdf("The ferry leaves at six.")
    spilt = io.StringIO()
    handler = logging.StreamHandler(spilt)
    logging.getLogger().addHandler(handler)
    try:
        found = extract_text(content.replace(b"startxref\n", b"startxref\n1"), "a.pdf")
    finally:
        logging.getLogger().removeHandler(handler)
    assert found.text == "The ferry leaves at six."
    assert "that its reader passed over, so words may be missing" in found.notes[-1]
    assert spilt.getvalue() == ""
    assert capsys.readouterr() == ("", "")
    left = logging.getLogger("pypdf").handlers
    assert not any(isinstance(handler, pdf._Complaints) for handler in left)
