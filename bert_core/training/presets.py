"""Settings that others have found good, by name, and the grid of the BERT paper.

Sources: appendix A.3 of the BERT paper (Devlin et al. 2019), and README.md and run_squad.py of
google-research/bert.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bert_core.errors import InputError
from bert_core.training.settings import TrainSettings

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
             "max_seq_length": 64}
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


def paper_grid() -> tuple[Mapping[str, object], ...]:
    """The 18 points of the paper's grid, each as settings that it changes."""
    return tuple(
        MappingProxyType({"batch_size": size, "learning_rate": rate, "epochs": epochs})
        for size in PAPER_BATCH_SIZES
        for rate in PAPER_RATES
        for epochs in PAPER_EPOCHS
    )


def effective_batch(settings: TrainSettings, processes: int = 1) -> int:
    """Examples behind one optimizer step.

    Args:
        settings: batch size and accumulation are read.
        processes: ranks, each with a batch of its own.
    """
    return settings.batch_size * settings.accumulation * processes


def with_fitting_batch(settings: TrainSettings, fits: int) -> TrainSettings:
    """Settings with a batch that fits into memory and the same number of examples per step.

    The batch becomes the largest divisor of ``batch_size * accumulation`` that fits, so the
    result of training stays the same up to rounding and dropout.

    Args:
        settings: what was wanted; returned as it is when its batch fits.
        fits: most examples that the device can hold at once.

    Raises:
        InputError: not even one example fits, or it would take too many batches for one step.
    """
    if fits < 1:
        raise InputError(
            "Not even one example fits into memory. Lower max_seq_length, turn on "
            "gradient_checkpointing, or take a smaller model.",
            field="batch_size",
        )
    if settings.batch_size <= fits:
        return settings
    examples = effective_batch(settings)
    size = max(size for size in range(1, fits + 1) if examples % size == 0)
    if examples // size > 1024:
        raise InputError(
            f"{examples:,} examples a step would take {examples // size:,} batches of {size}; at "
            "most 1,024 are added up. Lower batch_size.",
            field="batch_size",
        )
    return settings.model_copy(update={"batch_size": size, "accumulation": examples // size})
