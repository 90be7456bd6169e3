"""What every kind of training has to say for itself."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_core.model.checkpoints import Checkpoint, Head
from bert_core.model.tokenizer import Tokenizer
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import RunSpec

NOT_ASKED = -100
"""Label of a piece that the head is not asked about: torch's cross entropy leaves it out."""
Check = Callable[[], None]
"""Called now and then during long work; raises when a stop was asked for."""


@dataclass(frozen=True, slots=True)
class Features:
    """Encoded inputs, one row for each pass through the encoder.

    Attributes:
        ids: word-piece ids of each row, special pieces included, not padded.
        segments: segment ids of each row, of the same lengths.
        labels: what the head is to answer, by the name of the model's argument
            (``{"labels": ...}``, ``{"start_positions": ..., "end_positions": ...}``); each has
            one entry per row, or per group of ``group`` rows.
        group: rows that belong to one example (multiple choice), else 1.
        cut: number of examples that were longer than ``max_seq_length``.
        lost: number of examples that could not be encoded and were left out.
        extra: what measuring needs besides (windows of a context, first pieces of words).
        sizes: word pieces of each row, where counting them would mean reading all rows.
    """

    ids: Sequence[NDArray[np.integer[Any]]]
    segments: Sequence[NDArray[np.integer[Any]]]
    labels: Mapping[str, Sequence[Any]]
    group: int = 1
    cut: int = 0
    lost: int = 0
    extra: Any = None
    sizes: Sequence[int] | None = None

    def __len__(self) -> int:
        """Number of examples or windows: rows over ``group``."""
        return len(self.ids) // self.group

    @property
    def lengths(self) -> list[int]:
        """Word pieces of each entry; of a group, of its longest row."""
        sizes = self.sizes or [len(row) for row in self.ids]
        return [max(sizes[n : n + self.group]) for n in range(0, len(sizes), self.group)]

    def part(self, members: Sequence[int]) -> "Features":
        """Some entries only, held in memory."""
        rows = [m * self.group + n for m in members for n in range(self.group)]
        return Features(
            ids=[self.ids[row] for row in rows],
            segments=[self.segments[row] for row in rows],
            labels={
                name: [values[member] for member in members] for name, values in self.labels.items()
            },
            group=self.group,
        )


@dataclass(frozen=True, slots=True)
class Score:
    """How good the answers on some examples are.

    Attributes:
        metrics: by name; shares are in [0, 1] but for SQuAD's, which are in per cent.
        details: further numbers for the report (per class, per tag), by name.
        answers: what the model said on each example, as text, in the order of the examples.
        files: further records for the run folder, by file name, each written as JSON.
    """

    metrics: Mapping[str, float]
    details: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    files: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run's data, ready to train on.

    Attributes:
        train: encoded training data.
        dev: encoded data to measure on.
        dev_examples: what ``dev`` was made from.
        labels: the classes, in the order of the head's outputs.
        counts: what the run's record says about the data: examples, cut, left out, held back.
    """

    train: Features
    dev: Features
    dev_examples: Sequence[Any]
    labels: tuple[str, ...]
    counts: Mapping[str, int]


class Kind(ABC):
    """How one kind of task is prepared, answered and measured. Holds no state of a run."""

    head: Head
    """The task head that is trained."""
    measures_start: bool = False
    """Whether the checkpoint has the head already, so that it is measured before training too."""
    reduce: Callable[[Any, Mapping[str, Any]], dict[str, Any]] | None = None
    """What is kept of a batch's output, where the output itself would be too large to keep."""

    def start(self, spec: RunSpec, folder: Path, *, check: Check) -> Checkpoint | None:
        """A checkpoint of the run's own to begin from; None: the one that the run names."""
        return None

    @abstractmethod
    def prepare(
        self, spec: RunSpec, folder: Path, tokenizer: Tokenizer, *, check: Check
    ) -> Prepared:
        """Read and encode the data of a run.

        Args:
            spec: the run.
            folder: of the run, for what is too large to hold in memory.
            tokenizer: of the checkpoint that is trained.
            check: called now and then; raises when a stop was asked for.

        Raises:
            InputError: the data cannot be trained on; it says where and why.
        """

    def for_trial(self, spec: RunSpec, folder: Path) -> tuple[RunSpec, float]:
        """A run that is quickly prepared, for a pre-flight, and how much larger the real one is."""
        return spec, 1.0

    @abstractmethod
    def model(self, folder: Path, *, labels: Sequence[str], seed: int) -> Any:
        """The encoder of a checkpoint with this kind's head, which is new unless it has one."""

    @abstractmethod
    def measure(
        self,
        outputs: Sequence[Mapping[str, NDArray[Any]]],
        features: Features,
        examples: Sequence[Any],
        settings: TrainSettings,
        *,
        labels: Sequence[str],
    ) -> Score:
        """Compare what the model put out with the gold answers.

        Args:
            outputs: for each entry of ``features``, in order, the head's outputs by name
                (``logits``; ``start_logits`` and ``end_logits``; or what ``reduce`` kept), not
                padded.
            features: what the model was given.
            examples: what it was made from.
            settings: of the run.
            labels: the classes.
        """
