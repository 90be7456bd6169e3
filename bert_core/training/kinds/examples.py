"""What the kinds share that are trained on a file of examples: read, hold back, encode."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bert_core.data.dataset import Dataset
from bert_core.data.doctor import Report, examine
from bert_core.data.split import hold_out
from bert_core.errors import InputError
from bert_core.model.tokenizer import Tokenizer
from bert_core.training.kinds.base import Check, Features, Kind, Prepared
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import RunSpec

HELD_BACK = 0.1
"""Share of the training data that is measured on when there is no file for it."""


class ExampleKind(Kind):
    """A kind of task whose data are examples that fit into memory."""

    roles: tuple[str, ...]
    """What a column of a table can be taken for; () where the file has no columns."""
    version_2: bool = False
    """Whether a question may have no answer (SQuAD 2.0)."""

    @abstractmethod
    def read(self, path: Path, mapping: Mapping[str, str]) -> Dataset[Any]:
        """Read a file; see :mod:`bert_core.data`."""

    def labels(self, examples: Sequence[Any]) -> tuple[str, ...]:
        """The classes or tags of some examples, sorted; () where the head has none."""
        return ()

    @abstractmethod
    def encode(
        self,
        examples: Sequence[Any],
        tokenizer: Tokenizer,
        settings: TrainSettings,
        *,
        labels: Sequence[str] = (),
        training: bool = True,
        check: Check = lambda: None,
    ) -> Features:
        """Examples to inputs.

        Args:
            examples: as :meth:`read` gave them.
            tokenizer: of the checkpoint that is trained.
            settings: lengths above all.
            labels: the classes, in the order of the head's outputs.
            training: whether gold answers are encoded.
            check: called every few hundred examples.
        """

    @abstractmethod
    def lengths(self, examples: Sequence[Any], tokenizer: Tokenizer) -> list[int]:
        """Word pieces of each example before anything is cut, special ones included."""

    def prepare(
        self, spec: RunSpec, folder: Path, tokenizer: Tokenizer, *, check: Check
    ) -> Prepared:
        """Read and encode; without a dev file a part of the training data is held back."""
        settings = spec.settings
        train_set = self.read(Path(spec.train.path), spec.train.mapping)
        check()
        dev_set = None
        if spec.dev is not None:
            dev_set = self.read(Path(spec.dev.path), spec.dev.mapping)
        length = settings.max_seq_length
        refuse_blocking(
            examine(train_set, dev_set, max_seq_length=length, version_2=self.version_2)
        )
        train: Sequence[Any] = train_set.examples
        left_out = train_set.read - len(train)
        held_back = 0
        if dev_set is not None:
            dev: Sequence[Any] = dev_set.examples
            left_out += dev_set.read - len(dev)
        else:
            split = hold_out(train, share=HELD_BACK, seed=settings.seed)
            train, dev = split.train, split.dev
            held_back = len(dev)
        train = train[: settings.max_rows]
        if not train or not dev:
            raise InputError("There is nothing left to train on or to measure on.", field="train")
        labels = spec.labels or self.labels([*train, *dev])
        _refuse_unlisted(labels, self.labels([*train, *dev]))
        encoded = self.encode(train, tokenizer, settings, labels=labels, check=check)
        measured = self.encode(dev, tokenizer, settings, labels=labels, training=False, check=check)
        counts = {
            "train": len(train),
            "dev": len(dev),
            "inputs": len(encoded),
            "cut": encoded.cut,
            "dev_cut": measured.cut,
            "left_out": left_out + encoded.lost,
            "held_back": held_back,
        }
        return Prepared(encoded, measured, dev, labels, counts)


def _refuse_unlisted(listed: Sequence[str], found: Sequence[str]) -> None:
    missing = sorted(set(found) - set(listed))
    if missing:
        raise InputError(
            f"The data has the class {missing[0]!r}, which is not among the listed ones "
            f"({', '.join(listed)}). List all classes, or leave the list out.",
            field="labels",
        )


def refuse_blocking(report: Report) -> None:
    """Raise for the first problem that blocks training."""
    if not report.blocking:
        return
    first = report.findings[0].problem
    name = next(file.path.name for file in report.files if file.role == report.findings[0].role)
    where = "" if first.row is None else f", row {first.row}"
    count = sum(kind.count for kind in report.kinds if kind.severity == "blocking")
    raise InputError(
        f"{name}{where}: {first.message} Problems that block training: {count:,}; "
        "python -m bert_core check-data lists them.",
        field=first.field or report.findings[0].role,
    )


def batches_of(number: int, size: int = 512) -> Iterator[slice]:
    """Slices of ``size`` that cover ``number`` examples."""
    for first in range(0, number, size):
        yield slice(first, min(first + size, number))
