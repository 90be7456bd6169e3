"""The text of a Word file: its blocks in order, what is left out, and files that are damaged."""

from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
from docx import Document

from bert_core.data.extraction import word
from bert_core.data.extraction.extract import extract_text
from bert_core.errors import InputError
from tests import documents

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)


def refusal(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        extract_text(content, "a.docx")
    assert caught.value.field == "document"
    return str(caught.value)


def was_read(content: bytes) -> bool:
    try:
        extract_text(content, "a.docx")
    except InputError:
        return False
    return True


def changed(change: Callable[[str, bytes], bytes | None]) -> bytes:
    """A Word file whose parts went through a function of name and bytes; None leaves one out."""
    target = BytesIO()
    with ZipFile(BytesIO(documents.docx("The ferry."))) as old:
        with ZipFile(target, "w", ZIP_DEFLATED) as new:
            for name in old.namelist():
                part = change(name, old.read(name))
                if part is not None:
                    new.writestr(name, part)
    return target.getvalue()


def with_body(body: str, prolog: str = "") -> bytes:
    """A Word file with that markup between its body's tags."""
    document = f"{prolog}<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>"
    return changed(lambda name, part: document.encode() if name == "word/document.xml" else part)


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


# ---- text --------------------------------------------------------------------------------------


def test_blocks_come_in_the_order_of_the_document() -> None:
    found = extract_text(
        documents.docx(
            "# The ferry",
            "It leaves at six, été comme hiver.",
            [["Fare", "Goat"], ["Single\nticket", "1"], ["Return", ""]],
            "It carries:",
            "* bread",
            "* letters",
            "and two goats.",
        ),
        "Ferry.docx",
    )
    assert found.text == (
        "The ferry\n\nIt leaves at six, été comme hiver.\n\n"
        "Fare\tGoat\nSingle ticket\t1\nReturn\t\n\n".replace("Return\t\n", "Return\n")
        + "It carries:\n\nbread\nletters\n\nand two goats."
    )
    assert (found.pages, found.notes) == ((), ())


def test_headers_and_footers_are_left_out() -> None:
    document = Document()
    document.add_paragraph("The ferry leaves at six.")
    document.sections[0].header.paragraphs[0].text = "never"
    document.sections[0].footer.paragraphs[0].text = "never"
    target = BytesIO()
    document.save(target)
    assert extract_text(target.getvalue(), "a.docx").text == "The ferry leaves at six."


def test_all_that_is_shown_inside_a_paragraph_is_read() -> None:
    field = "<w:r><w:instrText>never</w:instrText></w:r>"
    body = (
        '<w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="9"/></w:tabs></w:pPr>'
        f"{run('The')}{run(' ')}<w:hyperlink>{run('ferry')}</w:hyperlink><w:ins>{run(' leaves')}"
        f"</w:ins><w:del><w:r><w:delText>never</w:delText></w:r></w:del>{field}"
        f"<w:moveFrom>{run('never')}</w:moveFrom><w:fldSimple>{run(' at six')}</w:fldSimple>"
        "<w:r><w:tab/><w:t>or</w:t><w:br/><w:t>half</w:t><w:noBreakHyphen/><w:t>past</w:t></w:r>"
        f"<w:sdt><w:sdtContent>{run(' five.')}</w:sdtContent></w:sdt></w:p>"
        f"<w:sdt><w:sdtContent><w:p>{run('In a control.')}</w:p></w:sdtContent></w:sdt>"
    )
    found = extract_text(with_body(body), "a.docx").text
    assert found == "The ferry leaves at six\tor\nhalf-past five.\n\nIn a control."


def test_a_text_box_is_read_once_and_after_its_paragraph() -> None:
    inner = f"<w:txbxContent><w:p>{run('In a box of the box.')}</w:p></w:txbxContent>"
    box = (
        f"<w:txbxContent><w:p>{run('In the box.')}<w:r>{inner}<m:oMath/></w:r></w:p>"
        "</w:txbxContent>"
    )
    body = (
        f"<w:p>{run('Before')}<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>"
        f"{box}</mc:Fallback></mc:AlternateContent></w:r>{run(' and after.')}</w:p>"
    )
    found = extract_text(with_body(body), "a.docx")
    assert found.text == "Before and after.\n\nIn the box.\n\nIn a box of the box."
    assert found.notes == ("Left out: 1 formula.",)


def test_what_is_left_out_is_counted() -> None:
    body = (
        f"<w:p>{run('The ferry.')}<w:r><w:footnoteReference/><w:footnoteReference/></w:r><w:r>"
        "<w:commentReference/></w:r><m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>"
        "<w:r><w:pict><v:imagedata/></w:pict></w:r></w:p>"
    )
    found = extract_text(with_body(body), "a.docx")
    assert found.text == "The ferry."
    assert found.notes == (
        "Left out: 1 picture in an old form, 2 footnotes, 1 comment, 1 formula.",
    )


def test_entities_are_not_resolved(tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("secret") / "secret.txt"
    secret.write_text("never")
    prolog = (
        f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY a "never">'
        '<!ENTITY b "&a;&a;">]>'
    )
    body = f"<w:p>{run('The &x; &b; ferry.')}{run(' It leaves.')}</w:p>"
    assert "never" not in extract_text(with_body(body, prolog), "a.docx").text


# ---- what is refused ---------------------------------------------------------------------------


def test_a_file_without_words_is_refused() -> None:
    assert "has no text" in refusal(documents.docx("", "  "))


@pytest.mark.parametrize(
    ("name", "mib", "words"),
    [
        ("word/media/a.png", word.UNPACKED_MIB, "unpacks to 201 MiB; at most 200"),
        ("word/a.xml", word.XML_MIB, "unpacks to 41 MiB of markup; at most 40"),
    ],
)
def test_a_file_that_unpacks_to_too_much_is_refused(name: str, mib: int, words: str) -> None:
    target = BytesIO(documents.docx("The ferry."))
    with ZipFile(target, "a", ZIP_DEFLATED, compresslevel=1) as package:
        with package.open(name, "w") as part:
            for _ in range(mib):
                part.write(bytes(2**20))
    assert len(target.getvalue()) < 2 * 2**20
    assert words in refusal(target.getvalue())


@pytest.mark.parametrize(
    "content",
    [
        changed(lambda name, part: None if name == "[Content_Types].xml" else part),
        changed(lambda name, part: None if name == "word/document.xml" else part),
        changed(lambda name, part: b"<w:p" if name == "word/document.xml" else part),
        changed(lambda name, part: b"<p/>" if name == "word/document.xml" else part),
        changed(lambda name, part: part.replace(b"wordprocessingml", b"spreadsheetml")),
        b"PK\x03\x04" + bytes(range(256)),
    ],
)
def test_another_or_a_damaged_package_is_refused(content: bytes) -> None:
    assert "cannot be read as a Word file" in refusal(content)


def test_a_file_cut_short_or_damaged_never_breaks() -> None:
    content = documents.docx("# The ferry", "It leaves at six.", [["Fare", "Goat"], ["1", "2"]])
    draw = np.random.default_rng(7)
    variants = [content[: len(content) * cut // 30] for cut in range(1, 30)]
    for _ in range(60):
        damaged = bytearray(content)
        for place in draw.integers(4, len(damaged), draw.choice((1, 3, 20))):
            damaged[place] = draw.integers(256)
        variants.append(bytes(damaged))
    assert sum(was_read(variant) for variant in variants) < len(variants)


def test_damage_within_a_part_never_breaks() -> None:
    draw = np.random.default_rng(11)

    def damage(name: str, part: bytes) -> bytes:
        if not name.startswith(("word/document", "word/_rels", "_rels", "[")):
            return part
        start = draw.integers(len(part))
        return part[:start] + part[start + draw.integers(9) :]

    assert sum(was_read(changed(damage)) for _ in range(25)) < 25
