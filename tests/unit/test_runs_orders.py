"""Ordering a run: what is looked up and written, and what is refused before anything is."""

import shlex
from pathlib import Path

import pytest

from bert_core.errors import InputError, RunError
from bert_core.settings import PROJECT
from bert_core.training import runs
from bert_core.training.settings import read_settings


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "train.tsv"
    path.write_text("sentence\tlabel\nA fine day.\t1\nA grey day.\t0\n", encoding="utf-8")
    return path


def test_a_run_has_everything_to_make_it_again(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = runs.create(
        task="sst2", train=Path("train.tsv"), dev=data, mapping={"text": "sentence"},
        model="./model", settings=read_settings({"epochs": 1}), home=tmp_path / "home",
    )  # fmt: skip
    spec = folder.spec
    assert folder.path == tmp_path / "home" / "runs" / spec.id
    assert "-sst2-" in spec.id
    assert spec.train.path == str(data), "as the worker finds it, which starts elsewhere"
    assert spec.model == str(tmp_path / "model")
    assert spec.dev is not None
    assert spec.dev.mapping == {"text": "sentence"}
    assert spec.dev.sha256 == spec.train.sha256
    assert shlex.split(spec.command)[-2:] == ["--set", "epochs=1.0"]
    assert spec.packages["torch"]
    assert runs.status(folder).state == "queued"
    assert [each.id for each in runs.list_runs(tmp_path / "home")] == [spec.id]


def test_many_runs_of_one_second_have_names_of_their_own(tmp_path: Path, data: Path) -> None:
    made = {runs.create(task="sst2", train=data, group="g", home=tmp_path).id for _ in range(20)}
    assert len(made) == 20


def test_the_environment_says_where_runs_are(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path / "elsewhere"))
    folder = runs.create(task="sst2", train=data)
    assert folder.path.parent == tmp_path / "elsewhere" / "runs"
    assert runs.get(folder.id).spec == folder.spec


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"task": "poetry"}, "task", "There is no task 'poetry'"),
        ({"train": Path("nothing.tsv")}, "train", "nothing.tsv cannot be read"),
        ({"dev": Path("nothing.tsv")}, "dev", "nothing.tsv cannot be read"),
        ({"engine": "steam"}, "engine", "There is no engine 'steam'. There are: local"),
        ({"devices": ("cuda:0", "cuda:1")}, "engine", "one process on one device"),
        ({"devices": ()}, "devices", "Choose a device"),
        ({"processes": 0}, "processes", "processes cannot be used"),
    ],
)
def test_what_cannot_be_ordered(
    tmp_path: Path, data: Path, values: dict[str, object], field: str, sentence: str
) -> None:
    with pytest.raises((InputError, RunError), match=sentence) as caught:
        runs.create(**{"task": "sst2", "train": data, "home": tmp_path, **values})  # type: ignore[arg-type]
    assert caught.value.field == field
    assert runs.list_runs(tmp_path) == ()


def test_a_home_that_cannot_be_written_is_named(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RunError, match="BERT_EXPLORER_HOME"):
        runs.create(task="sst2", train=data, home=tmp_path / "file")


def test_the_project_itself_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        runs.create(task="sst2", train=PROJECT, home=tmp_path)
