"""A first look at plain text for pre-training."""

import codecs
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.data.documents import LONGEST_LINE, Documents, DuplicateCounter, look_through
from bert_core.errors import InputError


def look(folder: Path, content: bytes | str) -> Documents:
    path = folder / "file.txt"
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return look_through(path)


def problems(found: Documents) -> list[tuple[str, str, int | None]]:
    return [(p.kind, p.severity, p.row) for p in found.problems]


GOOD = "Ada sails.\nShe is fast.\n\nBo sleeps.\nHe dreams.\n \t\n\nCy sings.\n"


def test_sentences_and_documents_are_counted(tmp_path: Path) -> None:
    found = look(tmp_path, GOOD)
    assert (found.sentences, found.documents, found.single) == (5, 3, 1)
    assert (found.duplicates, found.exact, found.problems) == (0, True, ())
    assert found.sha256 == hashlib.sha256(GOOD.encode()).hexdigest()
    assert found.size == len(GOOD)
    assert look(tmp_path, GOOD.replace("\n", "\r\n").rstrip()).documents == 3


def test_one_document(tmp_path: Path) -> None:
    assert problems(look(tmp_path, "Ada sails.\nShe is fast.\n")) == [
        ("one-document", "warning", None)
    ]


def test_a_blank_line_after_every_sentence(tmp_path: Path) -> None:
    found = look(tmp_path, "Ada sails.\n\nShe is fast.\n\nBo sleeps.\n")
    assert problems(found) == [("blank-lines", "warning", None)]


def test_mostly_documents_of_one_sentence(tmp_path: Path) -> None:
    found = look(tmp_path, "a\n\nb\n\nc\nd\n")
    assert problems(found) == [("single-sentences", "warning", None)]
    assert "2 of 3 documents" in found.problems[0].message


def test_repeated_lines(tmp_path: Path) -> None:
    found = look(tmp_path, "a\nb\n\na \n  a\nc\n")
    assert found.duplicates == 2
    assert problems(found) == [("duplicate-lines", "warning", None)]


@pytest.mark.parametrize("content", ["", "\n\n", " \n\u00a0\n"])
def test_a_text_without_sentences(tmp_path: Path, content: str) -> None:
    found = look(tmp_path, content)
    assert problems(found) == [("empty-file", "blocking", None)]
    assert (found.sentences, found.documents) == (0, 0)


def test_another_encoding_blocks_once_with_its_first_line(tmp_path: Path) -> None:
    found = look(tmp_path, GOOD.encode() + "café\n\ncafé au lait\n".encode("latin-1"))
    assert problems(found) == [("encoding", "blocking", 9)]
    assert "byte 4 of line 9 is 0xE9" in found.problems[0].message
    assert found.sentences == 7


def test_marks_and_nul_characters(tmp_path: Path) -> None:
    found = look(tmp_path, codecs.BOM_UTF8 + GOOD.encode() + b"a\0b\n")
    assert problems(found) == [("bom", "warning", 1), ("nul", "blocking", 9)]


def test_an_endless_line_blocks_and_is_read_in_parts(tmp_path: Path) -> None:
    # Cut in the middle of a character of two bytes.
    line = "x" + "é" * LONGEST_LINE
    found = look(tmp_path, f"{GOOD}{line}\nDi reads.\n")
    assert problems(found) == [("long-line", "blocking", 9)]
    assert found.sentences == 7
    assert found.size == len(f"{GOOD}{line}\nDi reads.\n".encode())


def test_missing_files_and_progress(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        look_through(tmp_path / "missing.txt")
    path = tmp_path / "long.txt"
    path.write_text("a line of some length\n" * 200_000)
    told: list[tuple[int, int]] = []
    look_through(path, on_progress=lambda done, total: told.append((done, total)))
    assert [done // 2**20 for done, _ in told] == [1, 2, 3, 4]
    assert {total for _, total in told} == {path.stat().st_size}


@given(st.lists(st.sampled_from(["a", "b", "c", "", " "]), max_size=30))
def test_counts_agree_with_a_plain_reading(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    found = look(tmp_path_factory.getbasetemp(), "\n".join(lines))
    documents = [part for part in "\n".join(line.strip() for line in lines).split("\n\n")]
    sentences = [line for line in lines if line.strip()]
    sizes = [len(part.strip("\n").split("\n")) for part in documents if part.strip("\n")]
    assert found.sentences == len(sentences) == sum(sizes)
    assert (found.documents, found.single) == (len(sizes), sizes.count(1))
    assert found.duplicates == len(sentences) - len(set(sentences))


def test_duplicates_are_estimated_in_bounded_memory() -> None:
    counter = DuplicateCounter(most=1000)
    for number in range(30_000):
        counter.add(b"%d" % (number % 20_000))
    assert not counter.exact
    assert 8_000 < counter.duplicates < 12_000, "10,000 came again"
    few = DuplicateCounter(most=1000)
    for number in range(1500):
        few.add(b"%d" % (number % 1000))
    assert (few.exact, few.duplicates) == (True, 500)
