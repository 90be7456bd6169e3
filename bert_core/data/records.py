"""The records of a table file, each with the line where it begins: TSV, CSV, JSONL or JSON."""

import csv
import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from bert_core.data.dataset import Problem
from bert_core.data.jsons import parse
from bert_core.data.source import LIMIT_MIB, Source, check_rows, read_source
from bert_core.errors import InputError
from bert_core.settings import read_settings

Form = Literal["separated", "json"]
_JSON_SUFFIXES = {".jsonl", ".ndjson", ".json"}


class Row(NamedTuple):
    """One record.

    Attributes:
        line: the line at which it begins, from 1 (a record of a JSON list: its number).
        cells: in the order of the columns; None where a JSON record lacks one.
    """

    line: int
    cells: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Records:
    """All records of a file, before it is known whether the first one is a header.

    Attributes:
        source: the file.
        form: ``"json"`` when every record names its own columns.
        names: those names in the order of their first use; empty for ``"separated"``.
        rows: the records that could be read.
        broken: number of records that could not.
        problems: found so far, the source's included.
    """

    source: Source
    form: Form
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    broken: int
    problems: tuple[Problem, ...]

    @property
    def first(self) -> tuple[str, ...]:
        """The columns' names if the file names them, else the first record's cells, stripped."""
        cells = self.names or (self.rows[0].cells if self.rows else ())
        return tuple(cell.strip() for cell in cells)


@dataclass(slots=True)
class _Reading:
    """What gathers while a file is read."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    broken: int = 0

    def refuse(self, line: int, kind: str, message: str) -> None:
        self.broken += 1
        self.problems.append(Problem("blocking", kind, message, row=line))


def read_records(
    path: str | os.PathLike[str], *, delimiter: str | None = None, limit_mib: float = LIMIT_MIB
) -> Records:
    """Read the records of a table file.

    Tab-separated text has no quoting (GLUE's files have none); with commas or semicolons,
    cells may be quoted and then hold line breaks.

    Args:
        path: the file.
        delimiter: what separates the cells; None: found from the name and the first line.
        limit_mib: largest size in MiB.

    Raises:
        InputError: the file cannot be read at all, or has more rows than the operator allows.
    """
    source = read_source(path, limit_mib=limit_mib)
    if delimiter is None and is_json(source):
        return _json_records(source)
    reading = _Reading()
    found = delimiter or _delimiter(source)
    if found == "\t":
        check_rows(source.text.count("\n"))
        for line, text in numbered_lines(source.text):
            reading.rows.append(Row(line, tuple(text.split("\t"))))
    else:
        _read_quoted(source.text, found, reading)
    return Records(
        source, "separated", (), tuple(reading.rows), reading.broken,
        (*source.problems, *reading.problems),
    )  # fmt: skip


def is_json(source: Source) -> bool:
    """Whether a file is JSON, by its name and its first character."""
    start = source.text.lstrip()[:1]
    if source.path.suffix.lower() in _JSON_SUFFIXES:
        return start in ("{", "[", "")
    return start == "{" and source.path.suffix.lower() not in (".tsv", ".csv")


def numbered_lines(text: str) -> list[tuple[int, str]]:
    """The lines of a text that are not empty, numbered from 1."""
    # Not splitlines: it also breaks at characters that stand within sentences (U+2028, U+0085).
    return [(number, line) for number, line in enumerate(text.split("\n"), 1) if line]


def objects(source: Source) -> tuple[list[tuple[int, dict[str, Any]]], int, list[Problem]]:
    """The JSON objects of a file: one a line, or a list of them.

    Returns:
        Each object with its line (in a list: its number), the number of records that are none,
        and a problem for each of those.
    """
    found: list[tuple[int, dict[str, Any]]] = []
    reading = _Reading()
    for line, value in _values(source, reading):
        if isinstance(value, dict):
            found.append((line, value))
        else:
            reading.refuse(
                line, "json", 'This is no JSON object. Each record is one, as in {"text": "..."}.'
            )
    return found, reading.broken, reading.problems


def _values(source: Source, reading: _Reading) -> list[tuple[int, Any]]:
    found: list[tuple[int, Any]] = []
    start = source.text.lstrip()
    listed = start.startswith("[")
    # A first line of "{" alone: one object written over many lines, not one a line.
    whole = listed or start.partition("\n")[0].strip() == "{"
    check_rows(0 if whole else source.text.count("\n"))
    texts = [(1, source.text)] if whole else numbered_lines(source.text)
    for line, text in texts:
        if not text.strip():
            continue
        try:
            value, mended = parse(text)
        except InputError as error:
            reading.refuse(line, "json", f"{error} Correct it, or leave the record out.")
            continue
        if listed:
            check_rows(len(value))
        found += list(enumerate(value, 1)) if listed else [(line, value)]
        if mended:
            reading.problems.append(surrogate_problem(None if listed else line, mended))
    return found


def surrogate_problem(row: int | None, count: int) -> Problem:
    """The one sentence on characters that no encoding can write."""
    return Problem(
        "warning",
        "surrogate",
        f"{count} texts have half of a surrogate pair, such as \\ud83d, which is no character. "
        "U+FFFD stands in its place.",
        row=row,
    )


def _json_records(source: Source) -> Records:
    found, broken, problems = objects(source)
    names = tuple(dict.fromkeys(name for _, value in found for name in value))
    rows = tuple(Row(line, tuple(map(value.get, names))) for line, value in found)
    return Records(source, "json", names, rows, broken, (*source.problems, *problems))


def _delimiter(source: Source) -> str:
    first = source.text.lstrip("\n").partition("\n")[0]
    if "\t" in first or Path(source.path).suffix.lower() == ".tsv":
        return "\t"
    outside = "".join(first.split('"')[::2])
    return ";" if outside.count(";") > outside.count(",") else ","


def _read_quoted(text: str, delimiter: str, reading: _Reading) -> None:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    most = read_settings().table_rows
    while True:
        line = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            if "limit" in str(error) or "end of data" in str(error):
                reading.refuse(
                    line,
                    "quotes",
                    "A cell that begins in this record does not end: a quotation mark is not "
                    f"closed. Nothing from here on was read ({_left(text, line):,} lines).",
                )
                return
            reading.refuse(
                line,
                "quotes",
                f"The quotation marks of this record do not match ({error}). Inside a quoted "
                'cell a quotation mark is written twice: "".',
            )
            continue
        if cells:
            reading.rows.append(Row(line, tuple(cells)))
            if len(reading.rows) > most:
                check_rows(len(reading.rows))


def _left(text: str, line: int) -> int:
    """Number of lines from this one to the end."""
    return len(text.rstrip("\n").split("\n")) - line + 1
