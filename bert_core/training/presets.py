"""Settings that others have found good, by name, and the grid of the BERT paper.

Sources: appendix A.3 of the BERT paper (Devlin et al. 2019), and README.md and run_squad.py of
google-research/bert.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bert_core.errors import InputError

PAPER_BATCH_SIZES = (16, 32)
PAPER_RATES = (5e-5, 3e-5, 2e-5)
PAPER_EPOCHS = (2, 3, 4)
"""What worked well on all tasks of the paper: appendix A.3."""


@dataclass(frozen=True, slots=True)
class Preset:
    """Some settings under one name.

    Attributes:
        name: what the command line calls it.
        title: its name for people.
        about: one sentence on when to take it, and its source.
        values: the settings that it changes, by field of :class:`TrainSettings`.
    """

    name: str
    title: str
    about: str
    values: Mapping[str, object]


PRESETS = (
    Preset(
        name="paper",
        title="Paper default",
        about="What the BERT paper took for GLUE: 32 examples a step, 3 epochs (appendix A.3).",
        values=MappingProxyType(
            {"batch_size": 32, "accumulation": 1, "learning_rate": 3e-5, "epochs": 3,
             "warmup": 0.1, "max_steps": None}
        ),
    ),
    Preset(
        name="quick",
        title="Quick look",
        about="60 steps on short inputs: whether all goes through, not how good it gets.",
        values=MappingProxyType(
            {"batch_size": 16, "accumulation": 1, "learning_rate": 5e-5, "max_steps": 60,
             "max_seq_length": 64, "max_query_length": 24, "doc_stride": 32}
        ),
    ),
    Preset(
        name="small",
        title="Small model",
        about="For models below BERT-base, such as the embedded one: higher rates (3e-4 to 3e-5) "
        "and 4 epochs (google-research/bert, README, smaller models).",
        values=MappingProxyType(
            {"batch_size": 32, "accumulation": 1, "learning_rate": 1e-4, "epochs": 4,
             "warmup": 0.1, "max_steps": None}
        ),
    ),
    Preset(
        name="squad",
        title="SQuAD as in run_squad",
        about="What google-research/bert took for BERT-base on SQuAD 1.1: 88.4 F1 (README).",
        values=MappingProxyType(
            {"batch_size": 12, "accumulation": 1, "learning_rate": 3e-5, "epochs": 2,
             "warmup": 0.1, "max_steps": None, "max_seq_length": 384, "doc_stride": 128,
             "max_query_length": 64}
        ),
    ),
)  # fmt: skip


def find_preset(name: str) -> Preset:
    """A preset by name.

    Raises:
        InputError: there is none of that name.
    """
    for preset in PRESETS:
        if preset.name == name:
            return preset
    known = ", ".join(preset.name for preset in PRESETS)
    raise InputError(f"There is no preset '{name}'. There are: {known}.", field="preset")
