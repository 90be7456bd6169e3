"""The data doctor: everything a person should know about the files before anything is trained."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bert_core.data.checks import (
    check_answers,
    check_labels,
    check_overlap,
    check_repeats,
    check_unknown,
    classes,
)
from bert_core.data.dataset import Dataset, Problem, Severity
from bert_core.data.examples import Example, QuestionExample, TextExample

LISTED = 200
"""Rows that are listed of one kind of problem in one file; all are counted."""
_MOST_BINS = 32
_UNUSABLE = ("unknown-label", "missing-answer")

Role = Literal["train", "dev"]
Lengths = Callable[[Sequence[Example]], Sequence[int]]
"""Word pieces of each example, special ones included."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often values fall between edges.

    Attributes:
        edges: N + 1 bounds; a bin has its lower one, the last bin both.
        counts: N numbers of values.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LengthReport:
    """How long the examples of a file are.

    Attributes:
        histogram: of their lengths in word pieces, special ones included.
        longest: the longest.
        median: half are not longer.
        over: number of examples that are longer than ``max_seq_length``: cut, or for span
            answers read in several windows.
    """

    histogram: Histogram
    longest: int
    median: float
    over: int


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file.

    Attributes:
        role: what it is for.
        path: the file.
        sha256: of its bytes.
        read: number of records in it.
        usable: number of them that became examples.
        columns: its columns or keys.
        mapping: which column was taken for what.
        labels: each class with its number of rows (of words, for tags), the most frequent first.
        numbers: the labels of regression, or None.
        lengths: None if nobody counted word pieces.
        unusable: rows that were read and cannot be used after all, such as those with a label
            that the training data lacks: what a cleaned file is to leave out.
    """

    role: Role
    path: Path
    sha256: str
    read: int
    usable: int
    columns: tuple[str, ...]
    mapping: Mapping[str, str]
    labels: tuple[tuple[str, int], ...]
    numbers: Histogram | None
    lengths: LengthReport | None
    unusable: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem and the file that has it."""

    role: Role
    problem: Problem


@dataclass(frozen=True, slots=True)
class KindCount:
    """How often a kind of problem is in a file.

    Attributes:
        role: the file.
        kind: the problem's kind.
        severity: its severity.
        count: all of them, listed or not.
        listed: how many of them are among the findings.
    """

    role: Role
    kind: str
    severity: Severity
    count: int
    listed: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was found.

    Attributes:
        files: the training file and, where there is one, the development file.
        findings: blocking ones first, then by file and row; of each kind at most ``LISTED``.
        kinds: the full count of each kind, in the order of the findings.
        max_seq_length: word pieces that a model reads at once.
    """

    files: tuple[FileReport, ...]
    findings: tuple[Finding, ...] = field(repr=False)
    kinds: tuple[KindCount, ...]
    max_seq_length: int

    @property
    def blocking(self) -> bool:
        """Whether something must be mended before a launch."""
        return any(kind.severity == "blocking" for kind in self.kinds)


def examine(
    train: Dataset[Example],
    dev: Dataset[Example] | None,
    *,
    lengths: Lengths | None = None,
    max_seq_length: int,
    version_2: bool = False,
) -> Report:
    """Look through the data of a run.

    Args:
        train: what is to be learnt from.
        dev: what is to be measured on, or None.
        lengths: word pieces of each example; None leaves the lengths out.
        max_seq_length: word pieces that the model is to read at once.
        version_2: whether questions may have no answer (SQuAD 2.0).
    """
    problems: dict[Role, list[Problem]] = {}
    problems["train"] = [*train.problems, *check_labels(train.examples)]
    problems["train"] += check_answers(train.examples, training=True)
    if version_2:
        problems["train"] += _no_unanswerable(train.examples)
    if dev is not None:
        problems["dev"] = [*dev.problems, *check_answers(dev.examples, training=False)]
        problems["dev"] += check_unknown(train.examples, dev.examples)
        problems["dev"] += _overlap(train, dev)
    datasets: dict[Role, Dataset[Example]] = {"train": train}
    if dev is not None:
        datasets["dev"] = dev
    files = []
    for role, dataset in datasets.items():
        found = problems[role]
        found += check_repeats(dataset.examples)
        whole = any(problem.kind == "missing-column" for problem in found)
        if dataset.read and not dataset.examples and not whole:
            words = "No row of the file can be used. What is wrong with each is listed here."
            found.append(Problem("blocking", "no-rows", words))
        counted = _lengths(dataset.examples, lengths, max_seq_length)
        if counted is not None:
            found += _cut(dataset.examples, counted, max_seq_length)
        files.append(_file(role, dataset, found, counted))
    every = [Finding(role, problem) for role in datasets for problem in problems[role]]
    findings, kinds = _sorted(every)
    return Report(tuple(files), findings, kinds, max_seq_length)


def _sorted(every: list[Finding]) -> tuple[tuple[Finding, ...], tuple[KindCount, ...]]:
    """The findings in order, cut to a length that can be read, and their full counts."""
    every.sort(
        key=lambda f: (f.problem.severity != "blocking", f.role != "train", f.problem.row or 0)
    )
    counts = Counter((f.role, f.problem.kind, f.problem.severity) for f in every)
    listed: Counter[tuple[Role, str, Severity]] = Counter()
    kept = []
    for finding in every:
        key = (finding.role, finding.problem.kind, finding.problem.severity)
        if listed[key] < LISTED:
            listed[key] += 1
            kept.append(finding)
    return tuple(kept), tuple(KindCount(*key, counts[key], listed[key]) for key in counts)


def _file(
    role: Role, dataset: Dataset[Example], problems: list[Problem], lengths: LengthReport | None
) -> FileReport:
    labels = Counter(name for example in dataset.examples for name in classes(example))
    numbers = [
        e.label
        for e in dataset.examples
        if isinstance(e, TextExample) and isinstance(e.label, float)
    ]
    unusable = {p.row for p in problems if p.kind in _UNUSABLE and p.row is not None}
    kept = {example.row for example in dataset.examples}
    return FileReport(
        role, dataset.path, dataset.sha256, dataset.read, len(dataset.examples), dataset.columns,
        dict(dataset.mapping), tuple(labels.most_common()), _numbers(numbers), lengths,
        tuple(sorted(unusable & kept)),
    )  # fmt: skip


def _numbers(values: list[float]) -> Histogram | None:
    if not values or not np.isfinite(max(values) - min(values)):
        return None
    counts, edges = np.histogram(np.array(values), bins=10)
    return Histogram(tuple(edges.tolist()), tuple(counts.tolist()))


def _lengths(
    examples: Sequence[Example], lengths: Lengths | None, limit: int
) -> LengthReport | None:
    if lengths is None or not examples:
        return None
    values = np.asarray(lengths(examples), dtype=np.int64)
    longest = int(values.max())
    return LengthReport(
        _bins(values, longest), longest, float(np.median(values)), int((values > limit).sum())
    )


def _bins(values: NDArray[np.int64], longest: int) -> Histogram:
    """Bins of one width, a power of two, so that their edges are round numbers."""
    width = 1
    while longest // width + 1 > _MOST_BINS:
        width *= 2
    edges = np.arange(0, longest + width + 1, width)
    counts, _ = np.histogram(values, bins=edges)
    return Histogram(tuple(edges.tolist()), tuple(counts.tolist()))


def _cut(examples: Sequence[Example], lengths: LengthReport, limit: int) -> list[Problem]:
    if not lengths.over or isinstance(examples[0], QuestionExample):  # read in windows, not cut
        return []
    words = (
        f"{lengths.over:,} of {len(examples):,} rows ({lengths.over / len(examples):.1%}) have "
        f"more than {limit} word pieces, the longest {lengths.longest:,}: the rest of them is "
        "cut. Raise max_seq_length, or shorten them."
    )
    return [Problem("warning", "cut", words)]


def _overlap(train: Dataset[Example], dev: Dataset[Example]) -> list[Problem]:
    found = check_overlap(train.examples, dev.examples)
    if train.sha256 == dev.sha256:
        words = "The development file is the training file: what was learnt by heart is measured."
        found.append(Problem("warning", "same-file", words))
    return found


def _no_unanswerable(examples: Sequence[Example]) -> list[Problem]:
    questions = [example for example in examples if isinstance(example, QuestionExample)]
    if not questions or any(question.impossible for question in questions):
        return []
    words = "Every question has an answer, so 'no answer' is not learnt. Train for SQuAD 1.1."
    return [Problem("warning", "no-unanswerable", words)]
