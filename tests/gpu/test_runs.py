"""Runs that train on a GPU: real processes, killed, stopped, queued and out of memory."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from safetensors.numpy import load_file

from bert_core.errors import InputError, RunError
from bert_core.training import preflight, processes, runs
from bert_core.training.folder import RunFolder
from bert_core.training.settings import TrainSettings
from tests import tiny
from tests.gpu.conftest import table
from tests.unit.runs_of_tests import ended, until

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]
LONG = 1_000_000
"""Steps that no test waits for."""
Launched = Callable[..., RunFolder]


def saved(folder: RunFolder) -> list[int]:
    return [each.step for each in folder.checkpoints() if each.problem is None]


def finished(folder: RunFolder) -> dict[str, object]:
    """The record of a run that must come to its end."""
    assert ended(folder).state == "finished", folder.read_log()
    record = folder.read_result()
    assert record is not None
    return dict(record)


@pytest.mark.parametrize(
    "settings",
    [
        {"precision": "float32"},
        {"precision": "bfloat16", "epochs": 24},
        {"precision": "float16", "epochs": 24},
        {"precision": "float16", "optimizer": "google", "epochs": 24},
        {"precision": "bfloat16", "gradient_checkpointing": True, "accumulation": 2, "epochs": 40},
        {"precision": "bfloat16", "lora_rank": 8, "epochs": 40},
        {"precision": "bfloat16", "compile": True, "epochs": 24},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
def test_a_run_learns(launched: Launched, settings: dict[str, object]) -> None:
    import torch

    folder = launched(**settings)
    record = finished(folder)
    rows = [row for row in folder.read_metrics().rows if row["kind"] == "train"]
    assert rows[-1]["loss"] < 0.7 * rows[0]["loss"]
    assert rows[-1]["memory_mib"] > 1, "of the GPU"
    assert record["metrics"]["accuracy"] > 0.8  # type: ignore[index]
    assert record["products"] == settings["precision"]
    assert record["hardware"] == torch.cuda.get_device_name(0)
    assert load_file(folder.result / "model.safetensors")


def test_precision_auto_takes_16_bits(launched: Launched) -> None:
    assert finished(launched(precision="auto", max_steps=4))["products"] in ("bfloat16", "float16")


def test_a_killed_run_ends_as_one_that_was_not(launched: Launched) -> None:
    settings = {"epochs": 200, "max_steps": 800, "save_every": 50, "eval_every": 400}
    whole, killed = launched(**settings), launched(**settings)
    until(killed, lambda status: bool(saved(killed)) or status.over)
    pid = killed.status.pid
    assert pid is not None
    leader = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    processes.wait([leader], 60)
    status = runs.status(killed)
    assert (status.state, status.reason) == ("failed", "killed")
    before = saved(killed)
    runs.resume(killed)
    one, other = finished(whole), finished(killed)
    resumed = [row["step"] for row in killed.read_metrics().rows if row["kind"] == "resumed"]
    assert resumed == [before[-1]]
    assert one["step"] == other["step"]
    assert one["metrics"] == pytest.approx(other["metrics"], abs=0.02)
    weights = [load_file(each.result / "model.safetensors") for each in (whole, killed)]
    gaps = [abs(weights[0][name] - weights[1][name]).max() for name in weights[0]]
    # A GPU adds up in another order each time; other batches would be far off.
    assert max(gaps) < 0.05


def test_a_stop_saves_what_was_learnt(launched: Launched) -> None:
    folder = launched(max_steps=LONG, epochs=1000)
    until(folder, lambda status: status.step >= 3 or status.over)
    runs.stop(folder)
    status = ended(folder)
    assert status.state == "stopped", folder.read_log()
    record = folder.read_result()
    assert record is not None
    assert record["partial"] is True
    assert saved(folder)[-1] == status.step == record["step"]
    assert load_file(folder.result / "model.safetensors")


def test_a_batch_that_does_not_fit_is_said_with_one_that_may(
    home: Path, models: Path, device: str
) -> None:
    """The wide layer wants 200 GB at once, so that nothing else on the GPU suffers."""
    model = models / "wide"
    if not model.exists():
        tiny.write_bert(
            model, hidden_size=64, num_hidden_layers=1, intermediate_size=24_576,
            max_position_embeddings=512,
        )  # fmt: skip
    data = table(home / "long.tsv", rows=4_096, words=600)
    folder = runs.create(
        task="sst2", train=data, dev=table(home / "dev.tsv", 8), model=str(model), home=home,
        devices=(device,),
        settings=TrainSettings(batch_size=4_096, max_seq_length=512, precision="float32"),
    )  # fmt: skip
    runs.launch(folder)
    status = ended(folder)
    assert (status.state, status.reason) == ("failed", "out of memory"), folder.read_log()
    assert "batch_size=2048 and accumulation=2" in status.message


def test_one_run_at_a_time_computes_on_a_gpu_and_sees_no_other(
    launched: Launched, device: str
) -> None:
    first = launched(max_steps=LONG, epochs=1000)
    until(first, lambda status: status.step >= 1 or status.over)
    second, beside = launched(max_steps=4), launched(max_steps=4, where="cpu")
    status = until(second, lambda status: "behind" in status.message or status.over)
    assert (status.state, status.message) == ("queued", f"Waits for {device} behind {first.id}.")
    shown = [
        psutil.Process(each.status.pid).environ()["CUDA_VISIBLE_DEVICES"]
        for each in (first, second)
    ]
    outer = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    assert shown == [outer, outer]
    finished(beside)
    assert not runs.status(first).over, "the processor is a device of its own"
    runs.stop(first)
    assert ended(first).state == "stopped", first.read_log()
    finished(second)


def test_a_gpu_that_is_hidden_or_absent_is_refused(
    launched: Launched, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="no device cuda:99 on this machine"):
        launched(where="cuda:99")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(RunError, match="cuda:0 is hidden here"):
        launched()
    folder = runs.list_runs(home)[0]
    assert runs.status(folder).state == "failed"


def test_the_preflight_tells_time_and_memory_of_the_gpu(launched: Launched) -> None:
    folder = launched(max_steps=1)
    spec = folder.spec
    finished(folder)
    found = preflight.measure(spec)
    assert found.fits
    assert found.measured is not None
    assert 1 < found.measured.peak_mib < 1_000, "of the GPU, not of the process"
