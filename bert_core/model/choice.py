"""Which model, where and how exactly: everything that changes an answer, in one value."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from bert_core.checks import a_text, shown
from bert_core.errors import InputError
from bert_core.model_names import BUILT_IN

Precision = Literal["exact", "fast"]
EMBEDDED, READER = BUILT_IN
"""The names of the two models that ship with the project."""
_DEVICE = re.compile(r"cpu|mps|cuda(:\d+)?")


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model as the user picked it; what it means now, :func:`.keys.key_of`, keys every cache.

    Attributes:
        source: ``"embedded"``, ``"reader"``, a folder, ``"run:ID"`` for what a run here trained,
            or a hub id such as ``"google-bert/bert-base-uncased"``.
        revision: branch, tag or commit of a hub id; None for its default branch.
        device: ``"cpu"``, ``"cuda:0"`` ... or ``"mps"``.
        precision: ``"exact"`` computes in float32, ``"fast"`` in 16 bits where that is native.

    Raises:
        InputError: a value is not one of the legal ones.
    """

    source: str = EMBEDDED
    revision: str | None = None
    device: str = "cpu"
    precision: Precision = "exact"

    def __post_init__(self) -> None:
        a_text("The model's name", self.source, field="model")
        if self.revision is not None:
            a_text("The revision", self.revision, field="revision")
        if self.device == "cuda":
            object.__setattr__(self, "device", "cuda:0")  # one device, one key in every cache
        if not self.source.strip():
            raise InputError(
                "Name a model: 'embedded', a folder, run:ID or a hub id.", field="model"
            )
        a_text("The device", self.device, field="device")
        if not _DEVICE.fullmatch(self.device):
            raise InputError(
                f"{shown(self.device)} is no device: use cpu, cuda:0 or mps.", field="device"
            )
        if self.precision not in get_args(Precision):
            raise InputError(
                f"The precision is {shown(self.precision)}: use exact or fast.", field="precision"
            )
