"""Sentences and pairs of sentences with a class or a number: GLUE's files and anybody's tables."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bert_core.data.dataset import Dataset, Problem
from bert_core.data.examples import TextExample
from bert_core.data.jsons import as_text, is_blank
from bert_core.data.records import Records, Row, read_records
from bert_core.data.source import LIMIT_MIB
from bert_core.data.tables import PLACE, as_table, check_roles, missing_column, places

ROLES = ("text", "pair", "label", "id")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column of a file is what.

    Attributes:
        text: column of the sentence.
        label: column of the class or number; None: the file has none.
        pair: column of the second sentence, or None.
        header: whether the first line names the columns (JSON names them itself).
        columns: names of the columns of a file without header.
        id: column whose values must differ, or None; a file may lack it.
        numbers: whether labels are numbers (regression).
        lowest: smallest number allowed, or None.
        highest: largest number allowed, or None.
        delimiter: what separates the columns; None: found from the file.
        extra: whether a line may have further columns, which are not read.
        no_label: values that stand for a label that was not given.
        labels: what the first line of a file without header has for a label, if that is known:
            by it such a file is told from one with other columns.
    """

    text: str
    label: str | None
    pair: str | None = None
    header: bool = True
    columns: tuple[str, ...] = ()
    id: str | None = None
    numbers: bool = False
    lowest: float | None = None
    highest: float | None = None
    delimiter: str | None = None
    extra: bool = False
    no_label: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def roles(self) -> dict[str, str]:
        """The columns that must be there, by what they are taken for."""
        named = {"text": self.text, "pair": self.pair, "label": self.label}
        return {role: column for role, column in named.items() if column is not None}


def read_texts(
    path: str | os.PathLike[str],
    layout: Layout | Sequence[Layout],
    mapping: Mapping[str, str] | None = None,
    *,
    limit_mib: float = LIMIT_MIB,
) -> Dataset[TextExample]:
    """Read a table of sentences.

    Args:
        path: TSV, CSV, JSONL or JSON.
        layout: the forms that the file may have; the first whose columns are all there is
            taken. A cleaned file (columns text, pair, label) is always understood.
        mapping: columns that are called otherwise, by role: ``{"text": "review"}``. The roles
            are text, pair, label and id. ``#2`` is the second column of a file without header.
        limit_mib: largest size in MiB.

    Raises:
        InputError: the file cannot be read at all, or the mapping has a role that is none.
    """
    forms = (layout,) if isinstance(layout, Layout) else tuple(layout)
    mapping = mapping or {}
    check_roles(mapping, ROLES)
    delimiter = next((form.delimiter for form in forms if form.delimiter), None)
    records = read_records(path, delimiter=delimiter, limit_mib=limit_mib)
    form = _chosen(records, forms, mapping)
    table = as_table(records, header=form.header, columns=form.columns, extra=form.extra)
    problems = list(table.problems)
    lacking = {role: name for role, name in form.roles.items() if name not in table.columns}
    if table.read:
        problems += [
            missing_column(name, role, table.columns, by_place=records.form != "json")
            for role, name in lacking.items()
        ]
    examples = () if lacking else _examples(table.rows, table.columns, form, problems)
    taken = form.roles | ({"id": form.id} if form.id in table.columns and form.id else {})
    return Dataset(
        table.source.path, table.source.sha256, table.columns, table.read, tuple(examples),
        tuple(problems), taken,
    )  # fmt: skip


def _chosen(records: Records, forms: Sequence[Layout], mapping: Mapping[str, str]) -> Layout:
    """The first form that the file has, or else the one of which the fewest columns are missing."""
    main = forms[0]
    cleaned = replace(
        main, text="text", label=main.label and "label", pair=main.pair and "pair", id="id",
        header=True, columns=(), extra=False,
    )  # fmt: skip
    # Those without header last: only a number of columns and one label speak for them.
    headed = [_mapped(form, mapping, records) for form in (*forms, cleaned) if form.header]
    headless = [_mapped(form, mapping, records) for form in forms if not form.header]
    for form in (*headed, *headless):
        if _fits(form, records):
            return form
    if len(headless) == len(forms):
        return headless[0]
    there = {*records.first, *places(len(records.first))}
    return min(headed, key=lambda form: len(set(form.roles.values()) - there))


def _mapped(form: Layout, mapping: Mapping[str, str], records: Records) -> Layout:
    mapped = replace(
        form,
        text=mapping.get("text", form.text),
        pair=mapping.get("pair", form.pair),
        label=mapping.get("label", form.label),
        id=mapping.get("id", form.id),
    )
    by_place = [name for name in mapping.values() if PLACE.fullmatch(name)]
    if by_place and records.form != "json" and not set(by_place) & set(records.first):
        return replace(mapped, header=False, columns=places(len(records.first)))
    return mapped


def _fits(form: Layout, records: Records) -> bool:
    needed, first = set(form.roles.values()), records.first
    if form.header or records.form == "json":
        return needed <= set(first)
    enough = len(first) == len(form.columns) or (form.extra and len(first) > len(form.columns))
    if not enough or not needed <= set(form.columns):
        return False
    # A header of as many names is no record: its label would be the name of a column.
    label = first[form.columns.index(form.label)] if form.label is not None else ""
    if form.numbers:
        return _NUMBER.fullmatch(label) is not None
    return not form.labels or label in form.labels


def _examples(
    rows: Sequence[Row], columns: Sequence[str], form: Layout, problems: list[Problem]
) -> list[TextExample]:
    place = {column: columns.index(column) for column in columns}
    ids: dict[str, int] = {}
    found = []
    for row in rows:
        cells = {role: row.cells[place[column]] for role, column in form.roles.items()}
        name = as_text(row.cells[place[form.id]]) if form.id in place and form.id else None
        if name is not None and ids.setdefault(name, row.line) != row.line:
            problems.append(
                _warning("duplicate-id", f"The id {name[:60]!r} is on line {ids[name]} too.",
                         row, form.id)
            )  # fmt: skip
        texts = _texts(row, cells, form, problems)
        label = _label(row, cells["label"], form, problems) if "label" in cells else None
        if texts is not None and (label is not None or form.label is None):
            found.append(TextExample(row.line, *texts, label, name))
    return found


def _texts(
    row: Row, cells: Mapping[str, object], form: Layout, problems: list[Problem]
) -> tuple[str, str | None] | None:
    """The sentence and its pair, or None if one of them cannot be used."""
    found: list[str | None] = []
    for role in ("text", "pair"):
        if role not in cells:
            found.append(None)
            continue
        text = as_text(cells[role])
        if text is None and cells[role] is not None:
            problems.append(
                _blocking("wrong-type", "This is no text but a list or an object; the row was "
                          "left out.", row, form.roles[role])
            )  # fmt: skip
            return None
        if text is None or is_blank(text):
            problems.append(
                _warning("empty-text", "There is no text in this row; it was left out.", row,
                         form.roles[role])
            )  # fmt: skip
            return None
        found.append(text)
    return str(found[0]), found[1]


def _label(row: Row, cell: object, form: Layout, problems: list[Problem]) -> str | float | None:
    raw = as_text(cell)
    label = (raw or "").strip()
    if not label or label in form.no_label:
        problems.append(
            _blocking("missing-label", "This row has no label. Fill it in, or leave the row out.",
                      row, form.label)
        )  # fmt: skip
        return None
    if form.numbers:
        return _number(row, label, form, problems)
    if label != raw:
        problems.append(
            _warning("label-spaces", f"Spaces around the label '{label[:60]}' were left out.", row,
                     form.label)
        )  # fmt: skip
    return label


def _number(row: Row, label: str, form: Layout, problems: list[Problem]) -> float | None:
    if not _NUMBER.fullmatch(label):
        hint = " Write a decimal point, not a comma." if re.fullmatch(r"-?\d+,\d+", label) else ""
        words = f"The label '{label[:60]}' is no number.{hint}"
        problems.append(_blocking("not-a-number", words, row, form.label))
        return None
    value = float(label)
    low, high = form.lowest, form.highest
    if (
        value in (float("inf"), float("-inf"))
        or (low is not None and value < low)
        or (high is not None and value > high)
    ):
        bounds = f"{'-∞' if low is None else low} to {'∞' if high is None else high}"
        words = f"The label {label[:60]} is outside {bounds}. Correct it, or leave the row out."
        problems.append(_blocking("out-of-range", words, row, form.label))
        return None
    return value


def _blocking(kind: str, message: str, row: Row, field: str | None) -> Problem:
    return Problem("blocking", kind, message, row=row.line, field=field)


def _warning(kind: str, message: str, row: Row, field: str | None) -> Problem:
    return Problem("warning", kind, message, row=row.line, field=field)
