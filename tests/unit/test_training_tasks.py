"""Every task keeps its contract: its name, its metric, its settings, its figures, its sample."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_core.errors import InputError
from bert_core.model.checkpoints import inspect
from bert_core.model.tokenizer import Tokenizer
from bert_core.training import tasks
from bert_core.training.kinds.base import Features, Score
from bert_core.training.samples import SAMPLES, sample
from bert_core.training.settings import read_settings
from bert_core.training.spec import DataFile, RunSpec
from bert_core.training.tasks.base import Task

TASKS = tasks.all_tasks()
EACH = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
WITH_EXAMPLES = [task for task in TASKS.values() if hasattr(task.kind, "read")]
READ = pytest.mark.parametrize("task", WITH_EXAMPLES, ids=lambda task: task.name)


def test_a_task_is_a_file_of_its_own() -> None:
    files = {path.stem for path in Path(tasks.__file__).parent.glob("*.py")}
    assert files - {"__init__", "base"} == set(TASKS)
    assert len(TASKS) >= 20


def test_those_of_a_family_stand_together() -> None:
    families = [task.family for task in TASKS.values()]
    assert families == sorted(families)


def test_a_task_that_is_none_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no task 'sst3'.*mrpc") as caught:
        tasks.find_task("sst3")
    assert caught.value.field == "task"


@EACH
def test_names_and_sentences(task: Task) -> None:
    assert task.name.isidentifier()
    assert task.title
    assert task.about.endswith(("?", "."))
    assert task.files.endswith(".")
    assert sum(other.title == task.title for other in TASKS.values()) == 1


@EACH
def test_defaults_are_settings(task: Task) -> None:
    settings = read_settings({}, task.defaults)
    for name, value in task.defaults.items():
        assert getattr(settings, name) == value


@EACH
def test_published_figures_say_where_they_stand(task: Task) -> None:
    for figure in task.published:
        assert figure.model
        assert len(figure.source) > 5
        top = 100 if task.kind.head == "span" else 1
        assert top / 100 < figure.value < top
        assert figure.spread is None or 0 < figure.spread < top / 20


@EACH
def test_a_sample_lies_ready(task: Task) -> None:
    train, dev = sample(task.name)
    assert train.parent == dev.parent == SAMPLES
    assert train.stat().st_size > dev.stat().st_size > 0


def test_no_sample_lies_idle() -> None:
    used = {path for name in TASKS for path in sample(name)}
    used |= {SAMPLES / "README.md", SAMPLES / "next_pairs.csv"}  # the latter of the page of pairs
    assert used == set(SAMPLES.iterdir())
    with pytest.raises(InputError, match="no task 'sst3'"):
        sample("sst3")


@READ
def test_samples_read_without_a_problem(task: Task) -> None:
    datasets = [task.kind.read(path, {}) for path in sample(task.name)]  # type: ignore[attr-defined]
    for dataset in datasets:
        assert dataset.problems == ()
        assert len(dataset.examples) == dataset.read >= 8
    train, dev = (dataset.examples for dataset in datasets)
    labels = task.kind.labels(train)  # type: ignore[attr-defined]
    assert set(task.kind.labels(dev)) <= set(labels)  # type: ignore[attr-defined]
    assert {words(example) for example in train}.isdisjoint(words(example) for example in dev)


def words(example: Any) -> tuple[str, ...]:
    """What identifies an example, but for its row and its gold answer."""
    if hasattr(example, "words"):
        return tuple(example.words)
    if hasattr(example, "question"):
        return (example.question, example.context)
    if hasattr(example, "endings"):
        return (example.context, *example.endings)
    return (example.text, example.pair or "")


@pytest.fixture(scope="module")
def tokenizer(folder_of: Callable[[str], Path]) -> Tokenizer:
    return Tokenizer(inspect(folder_of("bert-pretraining"), source="tiny"))


@EACH
def test_its_metric_and_the_published_ones_are_measured(
    task: Task, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    score = measured(task, tokenizer, tmp_path)
    assert np.isfinite(score.metrics[task.metric])
    assert {figure.metric for figure in task.published} <= set(score.metrics)


def measured(task: Task, tokenizer: Tokenizer, folder: Path) -> Score:
    """What a model that knows nothing reaches on the sample."""
    train, dev = (DataFile(path=str(path), sha256="", size=0) for path in sample(task.name))
    settings = read_settings(
        {"max_seq_length": 64, "max_query_length": 16, "dupe_factor": 1}, task.defaults
    )
    spec = RunSpec(id="try", task=task.name, train=train, dev=dev, settings=settings)
    prepared = task.kind.prepare(spec, folder, tokenizer, check=lambda: None)
    assert prepared.counts["train"] > 0
    outputs = guesses(task, prepared.dev, len(prepared.labels))
    return task.kind.measure(
        outputs, prepared.dev, prepared.dev_examples, settings, labels=prepared.labels
    )


def guesses(task: Task, features: Features, labels: int) -> list[Mapping[str, Any]]:
    """Random outputs of the head, in its shapes."""
    random = np.random.default_rng(3)
    head = task.kind.head
    if head == "masked_word":
        counts = {"masked": 9.0, "first": 2.0, "five": 4.0, "nats": 30.0, "next": 1.0}
        return [counts for _ in range(len(features))]
    if head == "span":
        return [
            {name: random.normal(size=size) for name in ("start_logits", "end_logits")}
            for size in features.lengths
        ]
    if head == "tagging":
        return [{"logits": random.normal(size=(size, labels))} for size in features.lengths]
    shape = features.group if head == "multiple_choice" else (labels or 1)
    return [{"logits": random.normal(size=shape)} for _ in range(len(features))]
