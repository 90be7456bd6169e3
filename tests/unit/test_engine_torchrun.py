"""Two ranks on the CPU: they train as one, stop as one, and none of them outlives its run."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from safetensors.numpy import load_file

from bert_core.errors import RunError
from bert_core.model.checkpoints import inspect
from bert_core.settings import PROJECT
from bert_core.training import loop, processes, runs
from bert_core.training.control import Control, Stopped
from bert_core.training.engines import find_engine
from bert_core.training.engines.lease import ranks_folder
from bert_core.training.engines.outcomes import Outcome, read_outcomes
from bert_core.training.engines.torchrun import Torchrun, nodes_of, ranks_of
from bert_core.training.folder import RunFolder, runs_folder
from bert_core.training.provenance import describe
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import RunSpec
from tests.tiny import WORDS
from tests.unit.ranks_of_tests import STOP_AT
from tests.unit.runs_of_tests import until

STAND_IN = Torchrun((str(Path(__file__).with_name("ranks_of_tests.py")),))
NOT_OURS = "Traceback"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of runs that the ranks find, too."""
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    return tmp_path.resolve()


@pytest.fixture
def new_run(home: Path, own_copy) -> Iterator[Callable[..., RunFolder]]:
    """Makes a run of two ranks on a tiny checkpoint without dropout. None outlives the test."""
    model = own_copy("bert-pretraining")
    config = json.loads((model / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (model / "config.json").write_text(json.dumps(config))
    random = np.random.default_rng(5)
    rows = [f"{' '.join(random.choice(WORDS, 6))}\t{row % 2}" for row in range(32)]
    table = home / "train.tsv"
    table.write_text("\n".join(["sentence\tlabel", *rows]) + "\n", encoding="utf-8")
    made = []

    def make(name: str, *, id: str = "pair", **values: object) -> RunFolder:
        usual = {"batch_size": 4, "learning_rate": 1e-3, "epochs": 2, "max_seq_length": 16,
                 "precision": "float32", "grouped": False}  # fmt: skip
        settings = TrainSettings.model_validate({**usual, **values})
        folder = RunFolder(runs_folder(home) / id)
        data = describe(table, {}, "train")
        folder.create(
            RunSpec(id=id, name=name, task="sst2", model=str(model), train=data, dev=data,
                    settings=settings, engine="torchrun", processes=2)
        )  # fmt: skip
        made.append(folder)
        return folder

    yield make
    for folder in made:
        assert processes.kill_all(folder) == 0, "all had ended by themselves"


def execute(engine: Torchrun, folder: RunFolder) -> Control:
    """What the run's own process does when it is its turn."""
    with Control(folder) as control:
        control.claim()
        engine.execute(folder, control)
    return control


def weights(folder: RunFolder) -> dict[str, np.ndarray]:
    return load_file(folder.result / "model.safetensors")


def test_two_ranks_stop_together_go_on_and_end_as_one_process_with_twice_the_batch(new_run) -> None:
    folder = new_run("train")
    with pytest.raises(Stopped, match=f"after {STOP_AT} steps"):
        execute(STAND_IN, folder)  # rank 1 alone was asked to stop
    assert {(each.rank, each.world, each.state, each.message) for each in read_outcomes(folder)} == {
        (rank, 2, "stopped", f"Stopped after {STOP_AT} steps; what was learnt until then is saved.")
        for rank in (0, 1)
    }
    (saved,) = folder.checkpoints(deep=True)
    assert (saved.step, saved.partial, saved.problem) == (STOP_AT, True, None)
    assert len(list(saved.path.glob("rng_state*"))) == 2
    assert inspect(folder.result, source="partial").heads == ("classification",)

    control = execute(STAND_IN, folder)
    assert not control.status.over, "the worker writes a good end"
    assert {each.state for each in read_outcomes(folder)} == {"finished"}
    assert control.status.step == control.status.total_steps == 8
    steps = [(row["kind"], row["step"]) for row in folder.read_metrics().rows]
    assert steps.count(("train", 1)) == 1, "only rank 0 writes"
    assert ("resumed", STOP_AT) in steps

    alone = new_run("alone", id="alone", batch_size=8)
    loop.train(alone, Control(alone))
    one, two = weights(alone), weights(folder)
    assert one.keys() == two.keys()
    for name in one:
        np.testing.assert_allclose(two[name], one[name], atol=1e-4, err_msg=name)
    results = [each.read_result() for each in (alone, folder)]
    assert results[0]["metrics"] == results[1]["metrics"]


def test_no_rank_outlives_its_run_and_the_run_is_known_as_killed(new_run) -> None:
    folder = new_run("for long", epochs=1000)
    runs.launch(folder)
    status = until(folder, lambda status: status.step > 0 or status.over)
    assert status.state == "running", folder.read_log()
    left = processes.processes_of(folder)
    ranks = [int(pid) for pid in re.findall(r"Rank \d of 2 .* process (\d+)", folder.read_log())]
    assert {process.pid for process in left} >= {*ranks, status.pid}
    assert len(ranks) == 2
    os.kill(status.pid, signal.SIGKILL)
    # Nobody asks for the run's status here: that would end them as well.
    _, alive = psutil.wait_procs(left, timeout=60)
    assert alive == []
    after = runs.status(folder)
    assert (after.state, after.reason) == ("failed", "killed")


def test_ranks_meet_without_a_port_that_others_can_reach(new_run) -> None:
    folder = new_run("meet")
    execute(STAND_IN, folder)
    met = [json.loads((folder.path / f"met-{rank}").read_text()) for rank in (0, 1)]
    assert [order for order, _ in met] == [0, 1], "rank 0 comes first"
    assert {address for _, found in met for address in found} <= {"127.0.0.1", "::1"}
    assert "Rank 1 of 2 computes on cpu" in folder.read_log()


def test_the_rank_that_had_no_memory_has_the_say(new_run) -> None:
    folder = new_run("no_memory")
    status = execute(STAND_IN, folder).status
    assert (status.state, status.reason) == ("failed", "out of memory")
    assert "batch_size=2 and accumulation=2" in status.message
    assert "MemoryError" in folder.read_log()


def test_a_rank_that_was_killed_is_named(new_run) -> None:
    folder = new_run("killed")
    status = execute(STAND_IN, folder).status
    assert (status.state, status.reason) == ("failed", "killed")
    assert "Rank 1 of 2 is gone" in status.message


def test_a_stop_while_rank_0_prepares_stops_both(new_run) -> None:
    folder = new_run("stop_early")
    with pytest.raises(Stopped):
        execute(STAND_IN, folder)
    assert [each.state for each in read_outcomes(folder)] == ["stopped", "stopped"]


def test_ranks_that_never_begin_are_explained(new_run, tmp_path: Path) -> None:
    folder = new_run("nothing")
    status = execute(Torchrun((str(tmp_path / "missing.py"),)), folder).status
    assert (status.state, status.reason) == ("failed", "other")
    assert "did not begin" in status.message
    assert "missing.py" in folder.read_log()
