"""Faults while a real trainer works in its own process: killed, stopped, out of disk."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from safetensors.numpy import load_file

from bert_core.model.checkpoints import inspect
from bert_core.training import runs
from bert_core.training.folder import RunFolder
from bert_core.training.settings import TrainSettings
from tests.unit.runs_of_tests import ended, until

LONG = 100_000
"""Steps that no test waits for."""


@pytest.fixture
def launched(
    tmp_path: Path, folder_of, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., RunFolder]:
    """Orders and starts a run of the tiny checkpoint in a home of its own."""
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def start(rows: int = 40, **settings: object) -> RunFolder:
        lines = [f"the heron waits near lake {n}\t{n % 2}" for n in range(rows)]
        data = tmp_path / "train.tsv"
        data.write_text("\n".join(["sentence\tlabel", *lines]) + "\n", encoding="utf-8")
        usual = {"batch_size": 4, "max_seq_length": 16, "max_steps": LONG, "epochs": 1000,
                 "precision": "float32", "save_every": 5, "eval_every": 1_000}  # fmt: skip
        folder = runs.create(
            task="sst2", train=data, dev=data, model=str(folder_of("bert-pretraining")),
            settings=TrainSettings.model_validate({**usual, **settings}), home=tmp_path,
        )  # fmt: skip
        runs.launch(folder)
        return folder

    return start


def saved(folder: RunFolder) -> list[int]:
    return [each.step for each in folder.checkpoints() if each.problem is None]


def test_a_killed_run_is_seen_at_once_and_goes_on_where_it_was(launched) -> None:
    folder = launched(max_steps=800, save_every=50)
    status = until(folder, lambda status: bool(saved(folder)) or status.over)
    assert not status.over, folder.read_log()
    os.kill(status.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(status.pid)] if psutil.pid_exists(status.pid) else [], 10)
    now = runs.status(folder)
    assert (now.state, now.reason) == ("failed", "killed")
    before = saved(folder)
    assert before
    runs.resume(folder)
    assert ended(folder).state == "finished", folder.read_log()
    resumed = [row["step"] for row in folder.read_metrics().rows if row["kind"] == "resumed"]
    assert resumed == [before[-1]]
    assert inspect(folder.result, source="result").heads == ("classification",)


def test_a_stop_ends_in_a_partial_model_and_the_same_run_goes_on(launched) -> None:
    folder = launched()
    until(folder, lambda status: status.step >= 3 or status.over)
    runs.stop(folder)
    status = ended(folder)
    assert status.state == "stopped", folder.read_log()
    assert "saved" in status.message
    record = folder.read_result()
    assert record is not None
    assert record["partial"] is True
    assert "partial" in (folder.result / "README.md").read_text("utf-8").lower()
    assert load_file(folder.result / "model.safetensors")
    assert saved(folder)[-1] == status.step == record["step"]


def test_a_stop_while_texts_are_cut_into_pieces_is_heard(launched) -> None:
    folder = launched(rows=200_000)
    until(folder, lambda status: "encoding" in status.message or status.over)
    runs.stop(folder)
    status = ended(folder)
    assert (status.state, status.step) == ("stopped", 0), folder.read_log()
    assert inspect(folder.result, source="result").heads == ("masked_word", "next_sentence")


def test_a_full_disk_leaves_the_checkpoint_before_it_loadable(launched) -> None:
    """From some moment on the process may write no file as large as a checkpoint's."""
    folder = launched()
    until(folder, lambda status: len(saved(folder)) >= 1 or status.over)
    pid = runs.status(folder).pid
    assert pid is not None
    psutil.Process(pid).rlimit(psutil.RLIMIT_FSIZE, (60_000, 60_000))
    status = ended(folder)
    assert (status.state, status.reason) == ("failed", "disk"), folder.read_log()
    assert "full" in status.message
    point = folder.resume_point()
    assert point.checkpoint is not None
    assert load_file(point.checkpoint.path / "model.safetensors")
    size = (point.checkpoint.path / "model.safetensors").stat().st_size
    assert size > 60_000, "the limit was below what a checkpoint needs"


def test_a_checkpoint_that_holds_a_program_is_never_run(launched, tmp_path: Path) -> None:
    """optimizer.pt in a pickle's clothes: loading it would touch a file."""
    folder = launched()
    until(folder, lambda status: status.step >= 7 or status.over)
    runs.stop(folder)
    assert ended(folder).state == "stopped", folder.read_log()
    touched = tmp_path / "touched"
    evil = b"cos\nsystem\n(S'touch " + str(touched).encode() + b"'\ntR."
    newest = folder.resume_point().checkpoint
    assert newest is not None
    (newest.path / "optimizer.pt").write_bytes(evil)
    assert folder.resume_point().checkpoint != newest, "its bytes are no longer those saved"
    # Even with a marker that fits, the loader refuses what is no tensor.
    from bert_core.training import saves

    saves.seal(newest.path)
    runs.resume(folder)
    status = ended(folder)
    assert status.state == "failed"
    assert not touched.exists()
