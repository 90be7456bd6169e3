"""A table of pairs of texts, to be scored: every column is kept, every bad row is told."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bert_core.data.dataset import Problem
from bert_core.data.jsons import as_text
from bert_core.data.records import Row, read_records
from bert_core.data.source import LIMIT_MIB
from bert_core.data.tables import PLACE, as_table, missing_column, refuse_damaged
from bert_core.errors import InputError

NAMES = (
    ("text_a", "text_b"),
    ("text", "pair"),
    ("sentence1", "sentence2"),
    ("sentence_a", "sentence_b"),
    ("a", "b"),
)
"""Names of the two columns that are understood, capitals or not; the first found is taken."""


@dataclass(frozen=True, slots=True)
class TextPair:
    """One row.

    Attributes:
        line: where it begins in the file, from 1.
        text: the first text; "" where the cell holds none.
        pair: the second text, likewise.
        cells: all cells as text, in the order of the columns.
    """

    line: int
    text: str
    pair: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairTable:
    """The pairs of a file.

    Attributes:
        columns: names of all columns.
        taken: names of the two that were taken for the first and the second text.
        rows: the rows that have all columns.
        read: number of records in the file, those that could not be read included.
        problems: what should be known, among it one for each record that could not be read.
    """

    columns: tuple[str, ...]
    taken: tuple[str, str]
    rows: tuple[TextPair, ...]
    read: int
    problems: tuple[Problem, ...]


def read_pairs(
    path: str | os.PathLike[str],
    columns: Sequence[str] = (),
    *,
    limit_mib: float = LIMIT_MIB,
) -> PairTable:
    """Read a table of pairs: CSV, TSV, JSONL or JSON.

    Args:
        path: the file.
        columns: names of the columns of the first and the second text; ``#1`` and the like name
            columns of a file without header by their place. Empty: those of ``NAMES``.
        limit_mib: largest size in MiB.

    Raises:
        InputError: the file cannot be read, is not UTF-8, has no record, or lacks a column; or
            the columns are not two.
    """
    if columns and len(columns) != 2:
        raise InputError("Name two columns, or none.", field="columns")
    records = read_records(path, limit_mib=limit_mib)
    placed = bool(columns) and all(PLACE.fullmatch(name) for name in columns)
    table = as_table(records, header=not placed)
    refuse_damaged(table, "pairs")
    taken = _taken(table.columns, columns, by_place=records.form != "json")
    places = tuple(table.columns.index(name) for name in taken)
    rows = tuple(_pair(row, places) for row in table.rows)
    return PairTable(table.columns, taken, rows, table.read, table.problems)


def _taken(there: Sequence[str], asked: Sequence[str], *, by_place: bool) -> tuple[str, str]:
    """The names of the two columns as the file spells them."""
    spelled = {name.lower(): name for name in reversed(there)}
    choices = [(asked[0].strip(), asked[1].strip())] if asked else NAMES
    for first, second in choices:
        if first.lower() in spelled and second.lower() in spelled:
            return spelled[first.lower()], spelled[second.lower()]
    for name, role in zip(choices[0], ("first text", "second text"), strict=True):
        if name.lower() not in spelled:
            problem = missing_column(name, role, there, by_place=by_place)
            raise InputError(problem.message, field="columns")
    raise AssertionError("one of the two is missing")


def _pair(row: Row, places: Sequence[int]) -> TextPair:
    cells = tuple(map(_shown, row.cells))
    text, pair = (as_text(row.cells[place]) or "" for place in places)
    return TextPair(row.line, text, pair, cells)


def _shown(cell: Any) -> str:
    """A cell of JSON that is a list or an object stays readable."""
    text = as_text(cell)
    return text if text is not None else "" if cell is None else str(cell)
