"""``run:ID``: what a run trained, opened like any other model and guarded like one."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bert_core.errors import ModelError
from bert_core.model.choice import ModelChoice
from bert_core.model.inventory import list_models
from bert_core.model.loading import load
from bert_core.model.run_models import all_results
from bert_core.model.sources import find
from bert_core.settings import read_settings
from bert_core.tasks.classify import classify
from bert_core.tasks.masked import fill
from bert_core.views import plain


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the runs of a home of one's own, where no folder may be opened."""
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path / "home"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("BERT_EXPLORER_FOLDERS", str(tmp_path / "elsewhere"))
    folder = tmp_path / "home" / "runs"
    folder.mkdir(parents=True)
    return folder


def finish(runs: Path, name: str, trained: Path) -> Path:
    """A run with a result."""
    return Path(shutil.copytree(trained, runs / name / "result"))


def test_the_home_is_the_operators(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path / "a" / ".." / "b"))
    assert read_settings().home == (tmp_path / "b").resolve()
    monkeypatch.setenv("BERT_EXPLORER_HOME", "")
    assert read_settings().home == (Path.home() / ".cache" / "bert-explorer").resolve()
    monkeypatch.setenv("BERT_EXPLORER_HOME", "~/x")
    assert read_settings().home == (Path.home() / "x").resolve()


@pytest.fixture
def usual(encoder_of):  # type: ignore[no-untyped-def]
    """The same checkpoint opened as a folder, before folders may be opened no more."""
    return encoder_of("bert-classification")


def test_a_finished_run_opens_and_answers(usual, runs: Path, folder_of) -> None:  # type: ignore[no-untyped-def]
    result = finish(runs, "sst2-1", folder_of("bert-classification"))
    checkpoint = find(ModelChoice("run:sst2-1"))
    assert (checkpoint.source, checkpoint.folder) == ("run:sst2-1", result)
    assert checkpoint.revision is None
    encoder = load(ModelChoice("run:sst2-1"))
    assert encoder.label == "run:sst2-1"
    other = classify(usual, "The bread is warm.")
    found = classify(encoder, "The bread is warm.")
    np.testing.assert_allclose(found.logits, other.logits, atol=1e-5)
    assert found.model == "run:sst2-1"


def test_a_classifier_says_where_it_can_be_asked(runs: Path, folder_of) -> None:  # type: ignore[no-untyped-def]
    finish(runs, "sst2-1", folder_of("bert-classification"))
    with pytest.raises(ModelError) as refused:
        fill(load(ModelChoice("run:sst2-1")), "The bread is [MASK].")
    assert str(refused.value) == (
        "run:sst2-1 has no masked word head (it has: classification); with random weights in its "
        "place the answer would mean nothing. Choose another model, or ask what this one has: "
        "classification (python -m bert_core classify)."
    )


def test_a_run_that_may_not_be_opened_is_not_named(
    runs: Path, folder_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(runs, "20260101-000000-sst2-0001", folder_of("bert-classification"))
    monkeypatch.setenv("BERT_EXPLORER_MODELS", "run:20260101-000000-sst2-001")
    with pytest.raises(ModelError, match="There is no run") as refused:
        find(ModelChoice("run:20260101-000000-sst2-001"))
    assert "Did you mean" not in str(refused.value)


def test_a_run_that_is_misspelt_is_told_from_none(runs: Path, folder_of) -> None:  # type: ignore[no-untyped-def]
    finish(runs, "20260101-000000-sst2-0001", folder_of("bert-classification"))
    with pytest.raises(ModelError, match=r"Did you mean 'run:20260101-000000-sst2-0001'\?"):
        find(ModelChoice("run:20260101-000000-sst2-001"))
    with pytest.raises(ModelError, match=r"There is no run 'mine' here\. 'python"):
        find(ModelChoice("run:mine"))


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../sst2-1", "sst2-1/../sst2-1", "sst2-1/result", "/etc", "SST2", "-a", "a_b",
     "a b", "a" * 81, "é", "a\n", "a\0", "run:sst2-1", "~", "\ud800"],
)  # fmt: skip
def test_names_that_are_no_run_are_refused(runs: Path, folder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    finish(runs, "sst2-1", folder_of("bert-classification"))
    with pytest.raises(ModelError, match="names no run") as refused:
        find(ModelChoice(f"run:{name}"))
    assert refused.value.field == "model"


def test_the_longest_name_is_a_name(runs: Path, folder_of) -> None:  # type: ignore[no-untyped-def]
    finish(runs, "0" * 80, folder_of("bert-classification"))
    assert find(ModelChoice("run:" + "0" * 80)).heads == ("classification",)


def test_a_missing_run_and_a_run_without_result_are_told_apart(runs: Path) -> None:
    (runs / "young" / "checkpoints").mkdir(parents=True)
    (runs / "file").write_text("x")
    for name in ("gone", "file"):
        with pytest.raises(ModelError, match=f"There is no run '{name}' here"):
            find(ModelChoice(f"run:{name}"))
    with pytest.raises(ModelError, match="'young' has no result yet"):
        find(ModelChoice("run:young"))


def test_finished_runs_are_listed_and_damaged_ones_passed_over(runs: Path, folder_of) -> None:  # type: ignore[no-untyped-def]
    trained = folder_of("bert-classification")
    for name in ("b", "a", "cut", "empty", "Other", "config"):
        finish(runs, name, trained)
    weights = runs / "cut" / "result" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    (runs / "empty" / "result" / "model.safetensors").unlink()
    (runs / "config" / "result" / "config.json").write_text("{")
    (runs / "young").mkdir()
    (runs / "note.txt").write_text("x")
    inventory = list_models()
    names = [model.source for model in inventory.models]
    assert names == ["embedded", "reader", "run:a", "run:b"]
    assert "run:a" in plain.models(inventory)


def test_no_runs_at_all_are_no_error(runs: Path) -> None:
    runs.rmdir()
    assert all_results() == []
    assert [model.source for model in list_models().models] == ["embedded", "reader"]


class Bomb:
    """A pickle that makes a file when it is opened."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (open, (str(self.mark), "w"))


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("pytorch_model.bin", "has no model.safetensors.*can hide programs"),
        ("training_args.bin", "has no model.safetensors.*can hide programs"),
        ("model.safetensors", "model.safetensors of run:sst2-1 is damaged"),
    ],
)
def test_a_program_in_the_place_of_weights_is_refused(  # type: ignore[no-untyped-def]
    runs: Path, folder_of, tmp_path: Path, file: str, said: str
) -> None:
    result = finish(runs, "sst2-1", folder_of("bert-classification"))
    (result / "model.safetensors").unlink()
    (result / file).write_bytes(pickle.dumps(Bomb(tmp_path / "it-ran")))
    with pytest.raises(ModelError, match=said):
        load(ModelChoice("run:sst2-1"))
    assert "run:sst2-1" not in [model.source for model in list_models().models]
    assert not (tmp_path / "it-ran").exists()


def test_a_program_beside_the_weights_is_not_run(runs: Path, folder_of, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = finish(runs, "sst2-1", folder_of("bert-classification"))
    for name in ("pytorch_model.bin", "optimizer.pt", "training_args.bin", "rng_state.pth"):
        (result / name).write_bytes(pickle.dumps(Bomb(tmp_path / "it-ran")))
    (result / "evil.py").write_text(f"open({str(tmp_path / 'it-ran')!r}, 'w')")
    config = json.loads((result / "config.json").read_text())
    config["auto_map"] = {"AutoModelForSequenceClassification": "evil.Model"}
    (result / "config.json").write_text(json.dumps(config))
    assert classify(load(ModelChoice("run:sst2-1")), "snow").label is not None
    assert not (tmp_path / "it-ran").exists()
