"""Tables: columns, lines and what is wrong with them."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.data.tables import Table, read_table


def table(folder: Path, content: str, name: str = "file.csv", **options: object) -> Table:
    path = folder / name
    path.write_bytes(content.encode("utf-8"))
    return read_table(path, **options)  # type: ignore[arg-type]


def problems(found: Table) -> list[tuple[str, str, int | None]]:
    return [(problem.kind, problem.severity, problem.row) for problem in found.problems]


def test_a_tsv_has_no_quoting(tmp_path: Path) -> None:
    found = table(tmp_path, 'text\tlabel\n"Hm" he said\t1\n"open\t0\n', "file.tsv")
    assert found.columns == ("text", "label")
    assert [row.cells for row in found.rows] == [('"Hm" he said', "1"), ('"open', "0")]
    assert [row.line for row in found.rows] == [2, 3]
    assert (found.read, found.problems) == (2, ())


def test_tabs_are_found_in_a_file_called_csv(tmp_path: Path) -> None:
    found = table(tmp_path, "a, b\tc\nd\te\n", columns=("x", "y"), header=False)
    assert [row.cells for row in found.rows] == [("a, b", "c"), ("d", "e")]


def test_semicolons_as_excel_writes_them_where_the_comma_is_for_decimals(tmp_path: Path) -> None:
    found = table(tmp_path, 'text;score\n"a; b, c";3,5\n')
    assert found.rows[0].cells == ("a; b, c", "3,5")


def test_a_quoted_cell_over_lines_keeps_the_numbers_of_lines(tmp_path: Path) -> None:
    found = table(tmp_path, 'text,label\n"one\ntwo ""2""\n\nthree",a\n\nfour,b\nfive\n')
    assert [(row.line, row.cells) for row in found.rows] == [
        (2, ('one\ntwo "2"\n\nthree', "a")),
        (7, ("four", "b")),
    ]
    assert problems(found) == [("columns", "blocking", 8)]
    assert found.read == 3


def test_windows_lines_do_not_end_up_in_a_name(tmp_path: Path) -> None:
    for name, mark in (("file.csv", ","), ("file.tsv", "\t")):
        found = table(tmp_path, f"text{mark}label\r\na{mark}b\r\n", name)
        assert (found.columns, found.rows[0].cells) == (("text", "label"), ("a", "b"))
        assert found.problems == ()


def test_a_name_with_a_line_end_or_spaces_is_mended_and_said(tmp_path: Path) -> None:
    found = table(tmp_path, " text \toutput\r\r\na\tb\r\n", "file.tsv")
    assert found.columns == ("text", "output")
    assert problems(found) == [("column-name", "warning", 1)] * 2
    assert [problem.field for problem in found.problems] == ["text", "output"]
    lines = '{"output\\r": "b", "text": "a"}\n'
    assert table(tmp_path, lines, "file.jsonl").columns == ("output", "text")


@pytest.mark.parametrize("header", ["text,label,text", "text, text,label"])
def test_two_columns_of_one_name_block(tmp_path: Path, header: str) -> None:
    found = table(tmp_path, f"{header}\na,b,c\n")
    assert ("duplicate-column", "blocking", 1) in problems(found)


def test_unnamed_columns_are_no_duplicates(tmp_path: Path) -> None:
    assert table(tmp_path, ",,text\n1,2,a\n").problems == ()


def test_wrong_numbers_of_columns_are_counted_row_by_row(tmp_path: Path) -> None:
    content = "a\tb\n1\t2\n1\n1\t2\t3\n\n1\t2\n"
    found = table(tmp_path, content, "file.tsv")
    assert problems(found) == [("columns", "blocking", 3), ("columns", "blocking", 4)]
    assert "1 columns in place of 2" in found.problems[0].message
    assert (found.read, [row.line for row in found.rows]) == (4, [2, 6])
    more = table(tmp_path, content, "file.tsv", extra=True)
    assert [row.line for row in more.rows] == [2, 4, 6], "more columns may be allowed, not fewer"


def test_a_quotation_mark_that_is_never_closed_stops_the_reading(tmp_path: Path) -> None:
    found = table(tmp_path, 'text,label\na,1\n"b,2\nc,3\nd,4\n')
    assert [row.cells for row in found.rows] == [("a", "1")]
    assert problems(found) == [("quotes", "blocking", 3)]
    assert "3 lines" in found.problems[0].message
    big = table(tmp_path, 'text,label\na,1\n"b' + "x" * 200_000 + "\nc,3\n")
    assert problems(big) == [("quotes", "blocking", 3)]


def test_quotation_marks_that_do_not_match_cost_one_row(tmp_path: Path) -> None:
    found = table(tmp_path, 'text,label\n"a"b,1\nc,2\n')
    assert [row.cells for row in found.rows] == [("c", "2")]
    assert problems(found) == [("quotes", "blocking", 2)]
    assert found.read == 2


def test_json_lines(tmp_path: Path) -> None:
    content = '{"text": "a", "label": 1}\n\n{"label": null, "extra": [2], "text": "b"}\n'
    found = table(tmp_path, content, "file.jsonl")
    assert found.columns == ("text", "label", "extra")
    assert [(row.line, row.cells) for row in found.rows] == [
        (1, ("a", 1, None)),
        (3, ("b", None, [2])),
    ]


def test_a_json_list_and_one_object_over_lines(tmp_path: Path) -> None:
    listed = json.dumps([{"text": "a"}, {"text": "b"}], indent=1)
    assert [row.line for row in table(tmp_path, listed, "file.json").rows] == [1, 2]
    one = json.dumps({"data": [{"x": 1}]}, indent=1)
    assert table(tmp_path, one, "file.json").columns == ("data",)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{'text': 1}", "not JSON"),
        ('{"a": 1, "a": 2}', "twice"),
        ("[1]", "no JSON object"),
        ("7", "no JSON object"),
        ("[" * 5000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "cannot be read"),
    ],
)
def test_a_broken_json_line_costs_itself_only(tmp_path: Path, line: str, says: str) -> None:
    found = table(tmp_path, f'{{"a": "x"}}\n{line}\n{{"a": "y"}}\n', "file.jsonl")
    assert [row.line for row in found.rows] == [1, 3]
    assert problems(found) == [("json", "blocking", 2)]
    assert says in found.problems[0].message
    assert found.read == 3


def test_half_a_surrogate_pair_becomes_a_character(tmp_path: Path) -> None:
    found = table(tmp_path, '{"text": "x\\ud83dy", "t": ["\\ude00"]}\n', "file.jsonl")
    assert found.rows[0].cells == ("x\ufffdy", ["\ufffd"])
    assert problems(found) == [("surrogate", "warning", 1)]
    whole = table(tmp_path, '{"text": "\\ud83d\\ude00"}\n', "file.jsonl")
    assert (whole.rows[0].cells, whole.problems) == (("\U0001f600",), ())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *((f"file.{ending}", empty) for ending in ("csv", "tsv", "jsonl", "json", "txt")
          for empty in ("", "\n\n")),
        ("file.csv", "text,label\n"),
        ("file.tsv", "text\tlabel\n"),
        ("file.json", "[]"),
    ],
)  # fmt: skip
def test_a_file_without_records_says_so(tmp_path: Path, name: str, content: str) -> None:
    found = table(tmp_path, content, name)
    assert found.read == 0
    assert problems(found) == [("empty-file", "blocking", None)]


def test_lines_end_at_line_feeds_only(tmp_path: Path) -> None:
    found = table(tmp_path, "text\tlabel\na\u2028b\x0bc\x85d\t1\n", "file.tsv")
    assert found.rows[0].cells == ("a\u2028b\x0bc\x85d", "1")


cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=8)


@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=6))
def test_whatever_is_written_as_csv_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("left", "right"), *rows])
    found = table(tmp_path_factory.getbasetemp(), text.getvalue())
    assert [row.cells for row in found.rows] == rows
    lines = 2
    for row in found.rows:
        assert row.line == lines
        lines += 1 + sum(cell.count("\n") for cell in row.cells)
