"""Multiple choice: a beginning and several endings, as SWAG, CODAH and COPA write them.

Sources: SWAG's CSV (Zellers et al. 2018) with sent1, sent2, ending0 to ending3 and label;
CODAH's TSV (Chen et al. 2019), seven columns without header; COPA's JSONL of SuperGLUE, with the
question that its authors put to the reader (Roemmele et al. 2011).
"""

import itertools
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bert_core.data.dataset import Dataset, Problem
from bert_core.data.examples import ChoiceExample
from bert_core.data.jsons import as_text, is_blank
from bert_core.data.records import Records, Row, read_records
from bert_core.data.source import LIMIT_MIB
from bert_core.data.tables import Table, as_table, check_roles, missing_column

ROLES = ("context", "start", "endings", "label")
_COPA_QUESTIONS = {
    "cause": "What was the cause of this?",
    "effect": "What happened as a result?",
}
_CODAH_COLUMNS = ("category", "prompt", "ending0", "ending1", "ending2", "ending3", "label")


@dataclass(frozen=True, slots=True)
class Form:
    """Which columns of a file are what.

    Attributes:
        context: column of the sentence before.
        start: column of how each ending begins, or None.
        endings: columns of the endings, or the one column that holds a list of them.
        label: column of the number of the right one, counted from 0.
        question: column of COPA's "cause" or "effect", or None.
        columns: names of the columns of a file without header; empty: it has one.
    """

    context: str
    start: str | None
    endings: tuple[str, ...]
    label: str = "label"
    question: str | None = None
    columns: tuple[str, ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that must be there."""
        some = (self.context, self.start, *self.endings, self.label, self.question)
        return tuple(column for column in some if column is not None)


SWAG = Form("sent1", "sent2", ("ending0", "ending1", "ending2", "ending3"))
COPA = Form("premise", None, ("choice1", "choice2"), question="question")
CODAH = Form("prompt", None, _CODAH_COLUMNS[2:6], columns=_CODAH_COLUMNS)
CLEANED = Form("context", "start", ("endings",))
COLUMNS = Form("context", "start", SWAG.endings)
"""As a cleaned file, with a column for each ending."""
_HEADED = (SWAG, COPA, CLEANED, COLUMNS)


def read_choices(
    path: str | os.PathLike[str],
    mapping: Mapping[str, str] | None = None,
    *,
    limit_mib: float = LIMIT_MIB,
) -> Dataset[ChoiceExample]:
    """Read questions of multiple choice.

    Args:
        path: SWAG's CSV or JSONL, with any number of columns ending0, ending1 ... and with or
            without sent2; CODAH's TSV; COPA's JSONL; or the like.
        mapping: columns that are called otherwise, by role (context, start, endings, label);
            several columns of endings with commas between: ``{"endings": "a,b,c"}``.
        limit_mib: largest size in MiB.

    Raises:
        InputError: the file cannot be read at all, or the mapping has a role that is none.
    """
    mapping = mapping or {}
    check_roles(mapping, ROLES)
    records = read_records(path, limit_mib=limit_mib)
    form = _chosen(records, mapping)
    table = as_table(records, header=not form.columns, columns=form.columns)
    problems = list(table.problems)
    examples: list[ChoiceExample] = []
    lacking = [column for column in form.needed if column not in table.columns]
    if not lacking:
        for row in table.rows:
            example = _Cells(row, table, form, problems).example()
            examples += [example] if example is not None else []
        examples = _of_one_length(examples, problems)
    elif table.read:
        problems += [_missing(column, form, table) for column in lacking]
    return Dataset(
        table.source.path, table.source.sha256, table.columns, table.read, tuple(examples),
        tuple(problems), _taken(form),
    )  # fmt: skip


def _taken(form: Form) -> dict[str, str]:
    taken = {"context": form.context, "endings": ",".join(form.endings), "label": form.label}
    return taken | ({"start": form.start} if form.start else {})


def _chosen(records: Records, mapping: Mapping[str, str]) -> Form:
    """The first form that the file has, or else SWAG's."""
    cells = records.first
    adapted = [_adapted(form, mapping, cells) for form in _HEADED]
    for form in adapted:
        if set(form.needed) <= set(cells):
            return form
    if records.form != "json" and len(cells) == len(_CODAH_COLUMNS) and cells[-1].isdecimal():
        return CODAH
    return adapted[0]


def _adapted(form: Form, mapping: Mapping[str, str], columns: Sequence[str]) -> Form:
    """A form with the columns that a person named, and as many endings as the file has."""
    named = tuple(name.strip() for name in mapping.get("endings", "").split(",") if name.strip())
    endings = named or form.endings
    if not named and form.endings == SWAG.endings:
        numbered = [f"ending{number}" for number in range(len(columns))]
        there = tuple(itertools.takewhile(lambda name: name in columns, numbered))
        endings = there if len(there) > 1 else endings
    start = mapping.get("start", form.start if form.start in columns else None)
    return Form(
        mapping.get("context", form.context),
        start or None,
        endings,
        mapping.get("label", form.label),
        None if "context" in mapping else form.question,
    )


def _missing(column: str, form: Form, table: Table) -> Problem:
    roles = {form.context: "context", form.start: "start of the endings", form.label: "label"}
    return missing_column(column, roles.get(column, "endings"), table.columns, by_place=False)


@dataclass(frozen=True, slots=True)
class _Cells:
    """One record on its way to an example."""

    row: Row
    table: Table
    form: Form
    problems: list[Problem]

    def example(self) -> ChoiceExample | None:
        """The example, or None with a problem that says why not."""
        form = self.form
        context = self._text(form.context)
        if context is None:
            self._warn("empty-text", "There is no context in this row", form.context)
            return None
        if form.question is not None:
            asked = _COPA_QUESTIONS.get(self._text(form.question) or "")
            if asked is None:
                self._block("question", "The question must be 'cause' or 'effect'", form.question)
                return None
            context = f"{context} {asked}"
        endings = self._endings()
        if endings is None:
            return None
        label = self._label(len(endings))
        if label is None:
            return None
        start = (self._text(form.start) or "") if form.start else ""
        return ChoiceExample(self.row.line, context, start, endings, label)

    def _endings(self) -> tuple[str, ...] | None:
        names = self.form.endings
        cells = [self._cell(name) for name in names]
        if len(names) == 1:
            cells = cells[0] if isinstance(cells[0], list) else []
        texts = [as_text(cell) for cell in cells]
        if len(texts) < 2:
            words = "An ending needs another one beside it: give a list of two or more"
            self._block("endings", words, names[0])
            return None
        for place, text in enumerate(texts):
            if text is None or is_blank(text):
                words = f"Ending {place} is empty"
                self._warn("empty-text", words, names[min(place, len(names) - 1)])
                return None
        return tuple(str(text) for text in texts)

    def _label(self, count: int) -> int | None:
        name = self.form.label
        raw = (as_text(self._cell(name)) or "").strip()
        if not raw:
            self._block("missing-label", "This row has no label", name)
        elif not (raw.isascii() and raw.isdecimal()) or int(raw[:9]) >= count:
            words = f"The label '{raw[:40]}' is no number from 0 to {count - 1}, counted from 0"
            self._block("unknown-label", words, name)
        else:
            return int(raw)
        return None

    def _cell(self, name: str) -> Any:
        return self.row.cells[self.table.columns.index(name)]

    def _text(self, name: str) -> str | None:
        text = as_text(self._cell(name))
        return None if text is None or is_blank(text) else text

    def _warn(self, kind: str, words: str, name: str) -> None:
        self._note("warning", kind, words, name)

    def _block(self, kind: str, words: str, name: str) -> None:
        self._note("blocking", kind, words, name)

    def _note(self, severity: Any, kind: str, words: str, name: str) -> None:
        words += "; the row was left out."
        self.problems.append(Problem(severity, kind, words, row=self.row.line, field=name))


def _of_one_length(
    examples: Sequence[ChoiceExample], problems: list[Problem]
) -> list[ChoiceExample]:
    """Only the examples with the usual number of endings: a batch needs them to be alike."""
    counts = Counter(len(example.endings) for example in examples)
    usual = counts.most_common(1)[0][0] if counts else 0
    kept = []
    for example in examples:
        if len(example.endings) == usual:
            kept.append(example)
        else:
            words = f"This row has {len(example.endings)} endings where most have {usual}; it "
            words += "was left out."
            problems.append(Problem("blocking", "endings", words, row=example.row))
    return kept
