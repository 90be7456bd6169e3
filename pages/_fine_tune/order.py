"""An order: all choices of the form in one value, as a draft or as runs that are launched."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bert_core.training import orders, provenance, runs
from bert_core.training.grid import plan
from bert_core.training.presets import PAPER_BATCH_SIZES, PAPER_EPOCHS, PAPER_RATES
from bert_core.training.room import refuse_waiting
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import DataFile, RunSpec
from bert_core.training.tasks.base import Task
from pages._fine_tune.check import Found
from pages._fine_tune.data import Files
from pages._fine_tune.where import Place


@dataclass(frozen=True, slots=True)
class Order:
    """What will be trained, where, from what.

    Attributes:
        task: what is learnt.
        files: from what.
        settings: how.
        place: where, and the model to start from.
        found: what the doctor said.
        name: what a person calls it.
    """

    task: Task
    files: Files
    settings: TrainSettings
    place: Place
    found: Found
    name: str = ""

    def draft(self) -> RunSpec:
        """The run as it would be ordered, with its command line; nothing is written."""
        spec = RunSpec(
            id="draft", created="", task=self.task.name, model=self.place.model,
            train=_draft_of(self.files.train, self.found.mapping),
            dev=None if self.files.dev is None else _draft_of(
                self.files.dev, self.found.dev_mapping or self.found.mapping
            ),
            settings=self.settings, engine=self.place.engine, devices=self.place.devices,
            processes=self.place.processes,
        )  # fmt: skip
        return spec.changed(command=provenance.command_line(spec, self.task.defaults))

    def grid(self, *, seeds: int, paper: bool) -> Sequence[TrainSettings]:
        """The settings of each run: one, several seeds, the paper's points, or both."""
        first = self.settings.seed
        axes = {"batch_sizes": PAPER_BATCH_SIZES, "rates": PAPER_RATES, "epochs": PAPER_EPOCHS}
        return plan(self.settings, seeds=range(first, first + seeds), **(axes if paper else {}))

    def launch(self, every: Sequence[TrainSettings]) -> str:
        """Order and start a run for each; the id of the first one."""
        group = f"{self.task.name}-{secrets.token_hex(4)}" if len(every) > 1 else ""
        refuse_waiting(self.place.devices, number=len(every))  # all of them, or none
        made = []
        for settings in every:
            folder = orders.create(
                task=self.task.name, train=self.files.train, dev=self.files.dev,
                mapping=self.found.mapping, dev_mapping=self.found.dev_mapping,
                model=self.place.model, settings=settings, engine=self.place.engine,
                devices=self.place.devices, processes=self.place.processes, name=self.name,
                group=group,
            )  # fmt: skip
            runs.launch(folder)
            made.append(folder.id)
        return made[0]


def _draft_of(path: Path, mapping: dict[str, str]) -> DataFile:
    """A file without its SHA-256, which is read when a run is ordered."""
    return DataFile(path=str(path), sha256="", size=path.stat().st_size, mapping=mapping)


def again(spec: RunSpec, settings: TrainSettings) -> str:
    """Order and start a run with other settings; the id of the new one."""
    folder = orders.create(
        task=spec.task, train=Path(spec.train.path), mapping=spec.train.mapping,
        dev=None if spec.dev is None else Path(spec.dev.path),
        dev_mapping=None if spec.dev is None else spec.dev.mapping, model=spec.model,
        revision=spec.revision, settings=settings, labels=spec.labels, engine=spec.engine,
        devices=spec.devices, processes=spec.processes, name=spec.name,
    )  # fmt: skip
    runs.launch(folder)
    return folder.id
