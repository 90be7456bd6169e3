"""A document's text: names, sizes, endings, encodings and characters; and any bytes at all."""

import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bert_core.data.extraction import extract
from bert_core.data.extraction.extract import Extracted, extract_text
from bert_core.data.extraction.reading import ranges
from bert_core.errors import InputError
from tests import documents

FERRY = "The ferry leaves at six.\n\nIt carries bread, letters and two goats to the island.\n"


def refusal(content: bytes, name: str) -> str:
    with pytest.raises(InputError) as caught:
        extract_text(content, name)
    assert caught.value.field == "document"
    return str(caught.value)


# ---- plain text --------------------------------------------------------------------------------


def test_a_text_keeps_its_lines_and_paragraphs() -> None:
    found = extract_text(FERRY.replace("\n", "\r\n").encode() + b"\r\n\r\n\r\nEnd ", "ferry.txt")
    assert found == Extracted("ferry.txt", f"{FERRY}\nEnd", (), ())


@pytest.mark.parametrize(
    "name", ["C:\\texts\\ferry.TXT", "/home/a/ferry.TXT", "../../ferry.TXT", " ferry.TXT "]
)
def test_folders_are_no_part_of_the_name(name: str) -> None:
    assert extract_text(FERRY.encode(), name).name == "ferry.TXT"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_known_by_its_mark(encoding: str) -> None:
    words = "Die Fähre fährt um sechs. 渡し船は六時に出ます。 🐐"
    assert extract_text(words.encode(encoding), "a.txt") == Extracted("a.txt", words, (), ())


def test_windows_text_is_read_with_a_note_that_says_so() -> None:
    words = "La traversée coûte 5 € par chèvre, l’aller-retour – sans pain – le double."
    found = extract_text(words.encode("cp1252"), "a.txt")
    assert found.text == words
    assert len(found.notes) == 1
    assert "byte 0xE9 at offset 10" in found.notes[0]
    assert "Windows-1252" in found.notes[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Паром отходит в шесть.".encode("cp1251"), "offset 0 is 0xCF"),
        ("a 渡し船は六時に出ます。".encode("shift_jis"), "offset 2 is 0x93"),
        (FERRY.encode() + b"\x81 and more", f"offset {len(FERRY)} is 0x81"),
        ("Ferry".encode("utf-16") + b"x", "is not valid UTF-16: the byte at offset 12"),
    ],
)
def test_an_unknown_encoding_is_refused_with_its_place(content: bytes, words: str) -> None:
    assert words in refusal(content, "a.txt")


def test_characters_that_cannot_be_seen_or_read_are_counted() -> None:
    content = (
        f"\ufeff{FERRY} Sixty\u00adfour\u200b\u2060 goats\0, \ufffd\ufffd left.\fNext page".encode()
    )
    found = extract_text(content, "a.txt")
    assert found.text == f"{FERRY} Sixtyfour goats, \ufffd\ufffd left.\n\nNext page"
    assert found.notes[0].startswith("Left out: 4 invisible characters,")
    assert found.notes[1].startswith("The text has 2 characters that cannot be read")


# ---- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.doc", "a.odt", "a", "pdf", "", ".", "a.pdf.exe", "a.tx t"])
def test_an_unknown_ending_is_answered_with_the_known_ones(name: str) -> None:
    assert ".txt, .md, .pdf, .docx, .html or .htm" in refusal(b"text", name)


@pytest.mark.parametrize("suffix", extract.SUFFIXES)
def test_an_empty_file_is_refused_whatever_its_ending(suffix: str) -> None:
    assert "a." + suffix + " is empty" in refusal(b"", f"a.{suffix}")


@pytest.mark.parametrize("suffix", extract.SUFFIXES)
def test_a_file_over_the_limit_is_refused_with_its_size(suffix: str) -> None:
    sentence = refusal(bytes(extract.LIMIT_MIB * 2**20 + 600_000), f"a.{suffix}")
    assert "20.6 MiB" in sentence
    assert "at most 20 MiB" in sentence


def test_a_text_over_the_limit_is_refused_with_the_number_of_parts() -> None:
    most = extract.MAX_CHARACTERS
    assert len(extract_text(b"a" * most, "a.txt").text) == most
    for suffix in ("txt", "md", "html"):
        sentence = refusal(b"a" * (2 * most + 1), f"a.{suffix}")
        assert "2,000,001 characters" in sentence
        assert "3 files" in sentence


@pytest.mark.parametrize("suffix", ["txt", "md", "html", "htm"])
@pytest.mark.parametrize("content", [b" \n\t\r\n ", "\ufeff\u00a0\u3000".encode(), b"\f\n\f"])
def test_white_space_is_no_text(content: bytes, suffix: str) -> None:
    assert "has no text" in refusal(content, f"a.{suffix}")


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (documents.pdf("A page."), "a.txt", "not a text but a PDF. Rename it to end in .pdf"),
        (documents.pdf("A page."), "a.docx", "not a Word file (.docx) but a PDF"),
        (documents.docx("A page."), "a.pdf", "not a PDF but a zip archive or an Office file"),
        (documents.docx("A page."), "a.md", "not a text but a zip archive or an Office file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "a.docx", "Save it as .docx without"),
        (b"{\\rtf1 A page.}", "a.docx", "a rich text file (RTF). Save it as .docx or PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "a.pdf", "a picture. Run text recognition (OCR)"),
        (b"A page.", "a.pdf", "not a PDF: it does not begin like one"),
        (b"A page.", "a.docx", "not a Word file (.docx): it does not begin like one"),
        (zlib.compress(bytes(range(256)) * 9) * 9, "a.txt", "not a text"),
        ("A page.".encode("utf-16-le"), "a.txt", "7 of its 14 bytes are control characters"),
        (bytes(200), "a.html", "200 of its 200 bytes are control characters"),
    ],
)
def test_an_ending_that_does_not_fit_is_refused(content: bytes, name: str, words: str) -> None:
    assert words in refusal(content, name)


def test_a_long_name_is_cut_in_the_sentence() -> None:
    sentence = refusal(b"", "x" * 5000 + ".txt")
    assert len(sentence) < 200
    assert "xxx.txt is empty" in sentence


# ---- any bytes ---------------------------------------------------------------------------------

fragments = st.lists(
    st.sampled_from(
        ["word ", "\n", "\n\n", "  ", "\t", "# ", "- ", "1. ", "**", "_", "`", "```\n", "[a](b)",
         "![a](b)", "> ", "|a|b|\n", "|-|-|\n", "---\n", "<p>", "</p>", "<br>", "<td>", "<tr>",
         "<table>", "</table>", "<li>", "<ul>", "<pre>", "</pre>", "<div hidden>", "</div>",
         "<nav>", "<h1>", "<title>", "<script>", "</script>", "<!--", "-->", "<?xml ?>",
         "<![CDATA[", "&amp;", "&#0;", "&#xd800;", "&nope", "<", "\ufdd0", "\ufffd", "\0", "é",
         "\u2028", '<meta charset="koi8-r">', '<meta charset="idna">', '<meta charset="utf-16">']
    ),
    max_size=30,
).map("".join)  # fmt: skip
starts = st.sampled_from(
    [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"]
)
contents = (
    st.tuples(starts, st.binary(max_size=200)).map(b"".join)
    | fragments.map(lambda text: text.encode())
    | fragments.map(lambda text: text.encode("utf-16"))
    | fragments.map(lambda text: text.encode("latin-1", "replace"))
)


@pytest.mark.parametrize("suffix", extract.SUFFIXES)
@given(content=contents)
@example(content=b'<meta charset="\x00\xff">x')
@example(content=b"<" * 500)
@example(content=b"http://example.org/ferry")
@example(content=b"ferry.html")
def test_any_bytes_give_a_text_or_a_sentence(suffix: str, content: bytes) -> None:
    try:
        found = extract_text(content, f"a.{suffix}")
    except InputError:
        return
    assert found.text == found.text.strip() != ""
    found.text.encode("utf-8")
    assert not {"\0", "\r", "\ufeff"} & {*found.text}
    assert "\n\n\n" not in found.text


def test_runs_of_numbers_are_shortened() -> None:
    assert ranges([]) == ""
    assert ranges([1]) == "1"
    assert ranges(range(1, 5)) == "1–4"
    assert ranges([1, 3, 4, 9]) == "1, 3–4, 9"
