"""What a result can be traced back to, and that a run refuses data that was changed."""

import os
import re
import shlex
from pathlib import Path

import pytest

from bert_core import settings as operator
from bert_core.errors import InputError
from bert_core.training import processes, provenance
from bert_core.training.engines import ray
from bert_core.training.folder import RunFolder
from bert_core.training.settings import read_settings
from bert_core.training.spec import RunSpec
from tests.unit.runs_of_tests import order


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return order(tmp_path, "finish")


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a b.tsv"
    path.write_bytes(b"abc")
    (tmp_path / "link.tsv").symlink_to(path)
    file = provenance.describe(tmp_path / "link.tsv", {"text": "sentence"}, "train")
    assert file.path == str(path)
    assert file.size == 3
    assert file.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file.mapping == {"text": "sentence"}


@pytest.mark.parametrize("missing", ["nothing.tsv", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, missing: str) -> None:
    with pytest.raises(InputError, match="cannot be read") as caught:
        provenance.describe(tmp_path / missing, {}, "dev")
    assert caught.value.field == "dev"


def test_unchanged_data_passes(folder: RunFolder) -> None:
    calls: list[int] = []
    provenance.check_unchanged(folder.spec, lambda: calls.append(1))
    assert calls, "a stop is heard meanwhile"


def test_changed_data_is_refused(folder: RunFolder) -> None:
    path = Path(folder.spec.train.path)
    before = path.read_bytes()
    path.write_bytes(before.replace(b"fine", b"fair"))
    with pytest.raises(InputError, match=r"train\.tsv was changed after this run was made"):
        provenance.check_unchanged(folder.spec)
    path.unlink()
    with pytest.raises(InputError, match="cannot be read any more") as caught:
        provenance.check_unchanged(folder.spec)
    assert caught.value.field == "train"


def test_the_command_orders_the_same_run(folder: RunFolder, tmp_path: Path) -> None:
    odd = tmp_path / 'it\'s a "dev" file.tsv'
    odd.write_bytes(b"x")
    defaults = {"max_seq_length": 384, "epochs": 2}
    spec = folder.spec.changed(
        dev=provenance.describe(odd, {"text": "a b"}, "dev"),
        settings=read_settings({"epochs": 1, "seed": 7}, defaults),
        labels=("no", "yes"),
    )
    words = shlex.split(provenance.command_line(spec, defaults))
    assert words[:6] == ["python", "-m", "bert_core", "train", "--task", "sst2"]
    options = list(zip(words[4::2], words[5::2], strict=True))
    assert ("--dev", str(odd)) in options
    assert ("--dev-column", "text=a b") in options
    assert ("--labels", "no,yes") in options
    said = dict(value.split("=", 1) for name, value in options if name == "--set")
    assert said == {"epochs": "1.0", "seed": "7"}, "what the task says anyway is left out"
    assert read_settings(said, defaults) == spec.settings


def test_versions_and_commit() -> None:
    found = provenance.packages()
    assert {"python", "torch", "transformers", "numpy"} <= found.keys()
    assert re.fullmatch(r"([0-9a-f]{40}(-dirty)?)?", provenance.commit())


def with_devices(folder: RunFolder, *devices: str, model: str = "embedded") -> RunFolder:
    spec = RunFolder(folder.path).spec.changed(devices=devices, model=model)
    (folder.path / "spec.json").write_text(spec.model_dump_json(), encoding="utf-8")
    return RunFolder(folder.path)


@pytest.mark.parametrize(
    ("devices", "shown", "visible"),
    [
        (("cpu",), None, ""),
        (("cpu",), "0,1", ""),
        (("mps",), None, ""),
        (("cuda:2",), None, "2"),
        (("cuda:0", "cuda:3"), None, "0,3"),
        (("cuda:1",), "4,5", "5"),
        (("cuda:1", "cuda:0"), "GPU-aa,GPU-bb", "GPU-bb,GPU-aa"),
    ],
)
def test_a_run_sees_its_own_devices_only(
    folder: RunFolder, devices: tuple[str, ...], shown: str | None, visible: str
) -> None:
    base = {} if shown is None else {"CUDA_VISIBLE_DEVICES": shown}
    made = processes.environment(with_devices(folder, *devices), base)
    assert made["CUDA_VISIBLE_DEVICES"] == visible


def test_a_gpu_that_is_hidden_is_refused(folder: RunFolder) -> None:
    with pytest.raises(processes.RunError, match="cuda:2 is hidden here"):
        processes.environment(with_devices(folder, "cuda:2"), {"CUDA_VISIBLE_DEVICES": "0,1"})


@pytest.mark.parametrize(
    ("model", "offline"),
    [("embedded", True), ("/models/mine", True), ("run:run-1", True), ("owner/name", False)],
)
def test_only_a_hub_model_reaches_for_the_network(
    folder: RunFolder, model: str, offline: bool
) -> None:
    made = processes.environment(with_devices(folder, "cpu", model=model), {"A": "b"})
    assert ("HF_HUB_OFFLINE" in made) == offline
    assert made["A"] == "b"
    assert made["BERT_EXPLORER_HOME"] == str(folder.path.parent.parent)


def test_a_run_reads_the_settings_file_that_was_named_from_another_folder(
    folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    base = {"BERT_EXPLORER_SETTINGS": "mine.toml"}
    made = processes.environment(with_devices(folder, "cpu"), base)
    assert made["BERT_EXPLORER_SETTINGS"] == str(tmp_path / "mine.toml")
    assert "BERT_EXPLORER_SETTINGS" not in processes.environment(folder, {})


def test_what_the_operator_wrote_in_a_file_reaches_the_nodes_of_a_cluster(
    folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "mine.toml"
    settings.write_text(
        'models = ["runs", "owner/name"]\n'
        'table_rows = 500\napi_token = "a-secret-of-some-length"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("BERT_EXPLORER_SETTINGS", str(settings))
    monkeypatch.setenv("BERT_EXPLORER_FOLDERS", os.pathsep.join(["/data", "/models"]))
    made = ray._variables(folder)
    assert made["BERT_EXPLORER_MODELS"] == "runs,owner/name"
    assert made["BERT_EXPLORER_TABLE_ROWS"] == "500"
    assert made["BERT_EXPLORER_FOLDERS"] == os.pathsep.join(["/data", "/models"])
    assert "BERT_EXPLORER_CHARACTERS" not in made, "not set"
    assert "secret" not in str(made)
    for name in [name for name in os.environ if name.startswith("BERT_EXPLORER_")]:
        monkeypatch.delenv(name)
    for name, value in made.items():
        monkeypatch.setenv(name, value)
    read = operator.read_settings()
    assert (read.table_rows, len(read.folders), read.models) == (500, 2, ("runs", "owner/name"))


def test_a_spec_refuses_ids_that_lead_elsewhere(folder: RunFolder) -> None:
    with pytest.raises(ValueError, match="pattern"):
        folder.spec.changed(id="../elsewhere")
    assert RunSpec.model_validate_json(folder.spec.model_dump_json()) == folder.spec
