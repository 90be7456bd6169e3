"""What to train: everything that decides a run's result, in one value that never changes."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bert_core.training.settings import TrainSettings


class DataFile(BaseModel):
    """A file that a run reads.

    Attributes:
        path: absolute path, as the worker opens it.
        sha256: of its bytes when the run was made; another one later refuses the run.
        size: in bytes.
        mapping: which column is taken for what, where the file names them otherwise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str
    sha256: str
    size: int
    mapping: dict[str, str] = Field(default_factory=dict)


class RunSpec(BaseModel):
    """One run, as it was ordered.

    Attributes:
        id: name of its folder: letters, digits and hyphens.
        name: what a person calls it.
        task: name of a task of :mod:`bert_core.training.tasks`.
        model: what it starts from: ``"embedded"``, a folder, a hub id or ``"run:ID"``.
        revision: commit of a hub model.
        train: training data.
        dev: data it is measured on, or None (then a part of the training data is held back).
        settings: how it is trained.
        labels: the classes or tags in the order of the head's outputs; empty: from the data.
        engine: ``"local"``, ``"torchrun"`` or ``"ray"``.
        devices: ``("cpu",)``, ``("cuda:0", "cuda:1")`` ...: where it computes.
        processes: number of ranks.
        group: id shared by the runs of one grid, or "".
        created: when it was ordered, ISO 8601 in UTC.
        command: the command line that would order it again.
        packages: versions of the libraries that ordered it.
        commit: git commit of this program, or "".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")
    name: str = ""
    task: str
    model: str = "embedded"
    revision: str | None = None
    train: DataFile
    dev: DataFile | None = None
    settings: TrainSettings = Field(default_factory=TrainSettings)
    labels: tuple[str, ...] = ()
    engine: str = "local"
    devices: tuple[Annotated[str, Field(pattern=r"^(cpu|mps|cuda:\d{1,3})$")], ...] = ("cpu",)
    processes: int = Field(1, ge=1, le=1024)
    group: str = ""
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    command: str = ""
    packages: dict[str, str] = Field(default_factory=dict)
    commit: str = ""

    def changed(self, **values: Any) -> "RunSpec":
        """A copy with other values, checked anew."""
        return RunSpec.model_validate({**self.model_dump(), **values})
