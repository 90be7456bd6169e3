"""Files as text: encodings, limits and what is no text at all."""

import codecs
import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.data.source import Source, read_source
from bert_core.errors import InputError


def source(folder: Path, content: bytes, name: str = "file.txt", **options: float) -> Source:
    path = folder / name
    path.write_bytes(content)
    return read_source(path, **options)


def kinds(found: Source) -> list[tuple[str, str, int | None]]:
    return [(problem.kind, problem.severity, problem.row) for problem in found.problems]


def test_plain_utf8(tmp_path: Path) -> None:
    content = "Zwölf Boxkämpfer\njagen 犬\n".encode()
    found = source(tmp_path, content)
    assert found.text == "Zwölf Boxkämpfer\njagen 犬\n"
    assert (found.size, found.crlf, found.problems) == (len(content), 0, ())
    assert found.sha256 == hashlib.sha256(content).hexdigest()


def test_a_byte_order_mark_is_left_out_and_said(tmp_path: Path) -> None:
    found = source(tmp_path, codecs.BOM_UTF8 + b"Quality\ttext\n")
    assert found.text == "Quality\ttext\n"
    assert kinds(found) == [("bom", "warning", 1)]


def test_windows_lines_are_counted_and_old_macintosh_ones_split(tmp_path: Path) -> None:
    found = source(tmp_path, b"one\r\ntwo\r\nthree\n")
    assert (found.text, found.crlf) == ("one\ntwo\nthree\n", 2)
    assert source(tmp_path, b"one\rtwo\r").text == "one\ntwo\n"
    assert source(tmp_path, b"a lone \r stays\n").text == "a lone \r stays\n"


@pytest.mark.parametrize(
    ("encoding", "looks"),
    [
        ("cp1252", "Windows-1252"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
    ],
)
def test_another_encoding_is_named_and_decoded(tmp_path: Path, encoding: str, looks: str) -> None:
    text = "A plain first line.\nThe café costs 3 €.\n"
    found = source(tmp_path, text.encode(encoding))
    assert found.text == text
    [problem] = found.problems
    assert (problem.kind, problem.severity) == ("encoding", "blocking")
    assert looks in problem.message


def test_the_byte_at_fault_has_its_line_and_place(tmp_path: Path) -> None:
    [problem] = source(tmp_path, b"good\ngood\ncaf\xe9 au lait\n").problems
    assert problem.row == 3
    assert "byte 4 of line 3 is 0xE9" in problem.message


def test_bytes_that_windows_does_not_know_are_latin_1(tmp_path: Path) -> None:
    found = source(tmp_path, b"odd \x81\xe9\n")
    assert found.text == "odd \x81é\n"
    assert "Latin-1" in found.problems[0].message


def test_nul_characters_block_and_are_taken_out(tmp_path: Path) -> None:
    found = source(tmp_path, b"one\ntw\0o\nthre\0e, a longer line\n")
    assert found.text == "one\ntwo\nthree, a longer line\n"
    assert kinds(found) == [("nul", "blocking", 2)]


@pytest.mark.parametrize(
    ("start", "says"),
    [(b"PK\x03\x04", "Excel"), (b"\x1f\x8b", "gzip"), (b"PAR1", "Parquet"), (b"%PDF-", "PDF")],
)
def test_other_kinds_of_files_are_refused_by_name(tmp_path: Path, start: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        source(tmp_path, start + b"\x00\x01\x02" * 50)


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read_source(tmp_path / "missing.csv")
    with pytest.raises(InputError, match="is a folder"):
        read_source(tmp_path)
    with pytest.raises(InputError, match="cannot be opened"):
        read_source("a\0b")
    with pytest.raises(InputError, match="cannot be opened"):
        read_source("x" * 5000)
    with pytest.raises(InputError, match="not an ordinary file"):
        read_source("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="not an ordinary file"):
        read_source(tmp_path / "pipe")


def test_a_file_over_the_limit_is_refused_with_both_sizes(tmp_path: Path) -> None:
    content = b"x" * (2**20 + 1)
    with pytest.raises(InputError, match=r"1\.0 MiB; at most 1 MiB"):
        source(tmp_path, content, limit_mib=1)
    assert source(tmp_path, content[1:], limit_mib=1).size == 2**20


@given(st.binary(max_size=300))
def test_any_bytes_become_text(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content)
    try:
        found = read_source(path)
    except InputError:
        return
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert "\0" not in found.text
    found.text.encode("utf-8")
    try:
        exact = content.decode("utf-8")
    except UnicodeDecodeError:
        assert any(problem.severity == "blocking" for problem in found.problems)
    else:
        assert found.problems or found.text == exact or "\r" in exact
