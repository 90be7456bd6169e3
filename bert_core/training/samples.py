"""Small files of our own to try every task with: assets/samples."""

from pathlib import Path

from bert_core.settings import PROJECT
from bert_core.training.tasks import find_task

SAMPLES = PROJECT / "assets" / "samples"


def sample(task: str) -> tuple[Path, Path]:
    """The sample of a task, in the form that the task reads.

    Args:
        task: name of a task of :mod:`bert_core.training.tasks`.

    Returns:
        Its training file and its development file.

    Raises:
        InputError: there is no such task.
    """
    name = find_task(task).sample
    return SAMPLES / name.format("train"), SAMPLES / name.format("dev")
