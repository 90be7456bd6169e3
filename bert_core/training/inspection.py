"""A task's files, read and looked through by the data doctor, before a run is ordered."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_core.data.dataset import Dataset
from bert_core.data.doctor import Report, examine
from bert_core.errors import InputError
from bert_core.model import sources
from bert_core.model.choice import ModelChoice
from bert_core.model.tokenizer import Tokenizer
from bert_core.training.kinds.examples import ExampleKind, refuse_blocking
from bert_core.training.settings import TrainSettings
from bert_core.training.tasks.base import Task


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the doctor found, and what was read.

    Attributes:
        report: the findings.
        train: the training data.
        dev: the development data, or None.
        max_pieces: the longest input that the model reads.
    """

    report: Report
    train: Dataset[Any]
    dev: Dataset[Any] | None
    max_pieces: int


def inspect_data(
    task: Task,
    train: Path,
    dev: Path | None,
    settings: TrainSettings,
    *,
    mapping: Mapping[str, str] | None = None,
    dev_mapping: Mapping[str, str] | None = None,
    model: str = "embedded",
    revision: str | None = None,
) -> Inspection:
    """Read the files of a task and examine them as the model would see them.

    Args:
        task: how they are read.
        train: training data.
        dev: development data, or None.
        settings: ``max_seq_length`` above all.
        mapping: which column is taken for what, where the task's own names do not hold.
        dev_mapping: the same of ``dev``; None: as in ``train``.
        model: whose word pieces are counted.
        revision: of a hub model.

    Raises:
        InputError: a file cannot be opened, or the task has no examples (pre-training).
        ModelError: the model cannot be found.
    """
    kind = task.kind
    if not isinstance(kind, ExampleKind):
        raise InputError(f"{task.title} reads plain text, which has no rows.", field="task")
    checkpoint = sources.find(ModelChoice(source=model, revision=revision))
    tokenizer = Tokenizer(checkpoint)
    train_set = kind.read(train, mapping or {})
    columns = mapping if dev_mapping is None else dev_mapping
    dev_set = kind.read(dev, columns or {}) if dev is not None else None
    report = examine(
        train_set,
        dev_set,
        lengths=lambda examples: kind.lengths(examples, tokenizer),
        max_seq_length=min(settings.max_seq_length, tokenizer.max_pieces),
        version_2=kind.version_2,
    )
    return Inspection(report, train_set, dev_set, tokenizer.max_pieces)


def refuse_unusable(
    task: Task,
    train: Path,
    dev: Path | None,
    *,
    mapping: Mapping[str, str] | None = None,
    dev_mapping: Mapping[str, str] | None = None,
) -> None:
    """Refuse data with a problem that blocks training, before a run is ordered on it.

    Raises:
        InputError: the first such problem, with its row, and how many there are.
    """
    kind = task.kind
    if not isinstance(kind, ExampleKind):
        return
    columns = mapping if dev_mapping is None else dev_mapping
    train_set = kind.read(train, mapping or {})
    dev_set = kind.read(dev, columns or {}) if dev is not None else None
    refuse_blocking(examine(train_set, dev_set, max_seq_length=10**9, version_2=kind.version_2))
