"""A file after reading: its examples, and everything that was found on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Literal, TypeVar

from bert_core.data.examples import Example

E = TypeVar("E", bound=Example, covariant=True)
Severity = Literal["blocking", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about the data that a person should know before training.

    Attributes:
        severity: ``"blocking"`` stops a launch, ``"warning"`` does not.
        kind: what it is, as one word with hyphens (``"unknown-label"``): the same for every row.
        message: a sentence that says what is wrong and what to do.
        row: where, in the sense of :mod:`bert_core.data.examples`; None: the whole file.
        field: the column or key at fault, or None.
    """

    severity: Severity
    kind: str
    message: str
    row: int | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset(Generic[E]):
    """The examples of one file.

    Attributes:
        path: the file.
        sha256: of the file's bytes, in hexadecimal.
        columns: the columns or keys that were found, in order.
        read: number of records in the file.
        examples: the usable ones, in the file's order; ``read - len(examples)`` were left out,
            each with a problem that says why.
        problems: what was found while reading.
        mapping: which column was taken for what.
    """

    path: Path
    sha256: str
    columns: tuple[str, ...]
    read: int
    examples: tuple[E, ...]
    problems: tuple[Problem, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
