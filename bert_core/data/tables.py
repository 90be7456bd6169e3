"""Tables: records under the names of their columns."""

import difflib
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bert_core.data.dataset import Problem
from bert_core.data.records import Records, Row, read_records
from bert_core.data.source import Source, damage
from bert_core.errors import InputError

PLACE = re.compile(r"#[1-9][0-9]{0,3}")
"""How a column without a name is called: by its place, as in ``#2``."""
_OF_ONE_RECORD = {"columns", "quotes", "json"}
_OF_BYTES = {"encoding", "nul"}


@dataclass(frozen=True, slots=True)
class Table:
    """A file of records.

    Attributes:
        source: the file.
        columns: names of the columns, without spaces around them.
        rows: the records that have all columns.
        read: number of records in the file, those left out included.
        problems: found so far, the source's included.
    """

    source: Source
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    read: int
    problems: tuple[Problem, ...]


def read_table(
    path: str | os.PathLike[str],
    *,
    header: bool = True,
    columns: Sequence[str] = (),
    delimiter: str | None = None,
    extra: bool = False,
) -> Table:
    """Read a TSV, CSV, JSONL or JSON file.

    Args:
        path: the file.
        header: whether the first record names the columns. JSON names them itself.
        columns: names for a file without header; empty: ``#1``, ``#2`` ...
        delimiter: what separates the cells; None: found from the file.
        extra: whether records may have more cells than there are columns.

    Raises:
        InputError: the file cannot be read at all.
    """
    records = read_records(path, delimiter=delimiter)
    return as_table(records, header=header, columns=columns, extra=extra)


def as_table(
    records: Records, *, header: bool = True, columns: Sequence[str] = (), extra: bool = False
) -> Table:
    """Give the records' columns their names; see :func:`read_table`."""
    rows = records.rows
    if records.form == "json":
        names: Sequence[str] = records.names
    elif header and rows:
        names, rows = rows[0].cells, rows[1:]
    else:
        names = columns or places(len(rows[0].cells) if rows else 0)
    top = records.rows[0].line if records.rows else None
    cleaned = tuple(name.strip() for name in names)
    problems = [*records.problems, *_name_problems(names, cleaned, top)]
    kept = []
    for row in rows:
        if len(row.cells) == len(cleaned) or (extra and len(row.cells) > len(cleaned)):
            kept.append(row)
        else:
            problems.append(_wrong_count(row, cleaned))
    read = len(rows) + records.broken
    if not read:
        problems.append(empty_file())
    return Table(records.source, cleaned, tuple(kept), read, tuple(problems))


def refuse_damaged(table: Table, field: str) -> None:
    """Refuse a table with a fault that is not of single records; those are left out and counted.

    For readers that make no cleaned file.

    Args:
        table: the table.
        field: name of the input.

    Raises:
        InputError: the first such fault.
    """
    for problem in table.problems:
        if problem.severity != "blocking" or problem.kind in _OF_ONE_RECORD:
            continue
        if problem.kind in _OF_BYTES:
            raise InputError(damage(problem), field=field)
        where = "" if problem.row is None else f"Line {problem.row:,}: "
        raise InputError(where + problem.message, field=field)


def places(count: int) -> tuple[str, ...]:
    """Names of columns that have none."""
    return tuple(f"#{number}" for number in range(1, count + 1))


def check_roles(mapping: Mapping[str, str], roles: Sequence[str]) -> None:
    """Refuse a mapping that takes a column for something that it cannot be.

    Raises:
        InputError: it names the role, and those there are.
    """
    if wrong := sorted(set(mapping) - set(roles)):
        known = " and ".join(roles) if len(roles) == 2 else ", ".join(roles)
        raise InputError(
            f"A column cannot be taken for '{wrong[0]}': the roles are {known}.", field="mapping"
        )


def empty_file() -> Problem:
    """What to say of a file without records."""
    return Problem("blocking", "empty-file", "The file has no records. Give one that has.")


def missing_column(name: str, role: str, columns: Sequence[str], *, by_place: bool) -> Problem:
    """A column that was asked for and is not there.

    Args:
        name: the column.
        role: what it is wanted for (``"label"``).
        columns: those there are.
        by_place: whether a column may be named by its place.
    """
    shown = ", ".join(repr(column[:40]) for column in columns[:30]) or "none"
    close = difflib.get_close_matches(name, columns, n=1)
    words = f"There is no column '{name[:60]}' for the {role}. There are: {shown}."
    if close:
        words += f" Perhaps '{close[0]}' is meant."
    words += f" Say which column is the {role}."
    if by_place:
        words += " If the first line is no header, name columns by their place: #1, #2."
    return Problem("blocking", "missing-column", words, field=name)


def _name_problems(names: Sequence[str], cleaned: Sequence[str], line: int | None) -> list[Problem]:
    found = [
        Problem(
            "warning",
            "column-name",
            f"The column {name[:60]!r} has spaces or a line end around its name; it is read as "
            f"'{clean[:60]}'.",
            row=line,
            field=clean,
        )
        for name, clean in zip(names, cleaned, strict=True)
        if name != clean
    ]
    for name, count in Counter(name for name in cleaned if name).items():
        if count > 1:
            found.append(
                Problem(
                    "blocking",
                    "duplicate-column",
                    f"{count} columns are called '{name[:60]}'. Give each a name of its own.",
                    row=line,
                    field=name,
                )
            )
    return found


def _wrong_count(row: Row, columns: Sequence[str]) -> Problem:
    return Problem(
        "blocking",
        "columns",
        f"This record has {len(row.cells)} columns in place of {len(columns)}. Look for a "
        "separator too many or too few; the record was left out.",
        row=row.line,
    )
