"""Whether the disk has room for what a run will write."""

import shutil

from bert_core.errors import ModelError
from bert_core.model import sources
from bert_core.model.choice import ModelChoice
from bert_core.model_names import RUN, looks_like_folder
from bert_core.training.folder import RunFolder
from bert_core.training.spec import RunSpec

BYTES_A_WEIGHT = 16
"""A checkpoint holds each weight in float32, its two moments, and a rest below a fourth copy."""
_BERT_BASE = 110_000_000
_GIB = 2**30


def space_problem(folder: RunFolder) -> str | None:
    """A sentence when the disk has too little room for a run's checkpoints and result, or None.

    Args:
        folder: of the run.
    """
    number, needed = needed_bytes(folder.spec)
    free = shutil.disk_usage(folder.path).free
    if free >= needed:
        return None
    return (
        f"The disk of {folder.path.parent} has {free / _GIB:.1f} GiB free; this run needs about "
        f"{needed / _GIB:.1f} GiB for {number} checkpoints and the result. Free some space, or "
        "set keep_checkpoints lower."
    )


def needed_bytes(spec: RunSpec) -> tuple[int, int]:
    """Number of checkpoints that a run writes before one is deleted, and bytes that it fills."""
    checkpoint = BYTES_A_WEIGHT * _parameters(spec.model)
    # One more than stays is there while it is saved; the best weights and the result are half one.
    number = spec.settings.keep_checkpoints + 1
    return number, checkpoint * number + checkpoint // 2


def _parameters(model: str) -> int:
    """Weights of a model that is here; of one that is still to be downloaded, a guess."""
    here = model in sources.SHIPPED or model.startswith(RUN) or looks_like_folder(model)
    if not here:
        return _BERT_BASE
    try:
        return sources.find(ModelChoice(source=model)).parameters
    except ModelError:
        return 0  # the run itself says what is wrong with its model
