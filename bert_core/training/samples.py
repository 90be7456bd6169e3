"""Small files of our own to try every task with: assets/samples."""

from collections.abc import Mapping
from pathlib import Path

from bert_core.errors import InputError
from bert_core.settings import PROJECT

SAMPLES = PROJECT / "assets" / "samples"
_FILES: Mapping[str, str] = {
    "cola": "grammar.{}.tsv",
    "sentences": "reviews.{}.tsv",
    "sst2": "reviews.{}.tsv",
    "mnli": "inference.{}.tsv",
    "mrpc": "mrpc.{}.tsv",
    "pairs": "pairs.{}.tsv",
    "qnli": "qnli.{}.tsv",
    "rte": "rte.{}.tsv",
    "wnli": "pronouns.{}.tsv",
    "xnli": "inference.{}.tsv",
    "scores": "scores.{}.tsv",
    "stsb": "scores.{}.tsv",
    "conll2003": "tags.{}.conll",
    "tags": "tags.{}.conll",
    "choices": "choices.{}.csv",
    "swag": "choices.{}.csv",
    "questions": "questions.{}.json",
    "squad": "questions.{}.json",
    "squad2": "questions2.{}.json",
    "pretraining": "documents.{}.txt",
}


def sample(task: str) -> tuple[Path, Path]:
    """The sample of a task, in the form that the task reads.

    Args:
        task: name of a task of :mod:`bert_core.training.tasks`.

    Returns:
        Its training file and its development file.

    Raises:
        InputError: there is none for this task.
    """
    if task not in _FILES:
        raise InputError(f"There is no sample for the task '{task}'.", field="task")
    return SAMPLES / _FILES[task].format("train"), SAMPLES / _FILES[task].format("dev")
