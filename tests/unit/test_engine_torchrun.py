"""Two ranks on the CPU: they train as one, stop as one, and none of them outlives its run."""

import itertools
import json
import shlex
import socket
import subprocess
import sys
import threading
import time
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
from bert_core.training.control import Control
from bert_core.training.engines.outcomes import read_outcomes
from bert_core.training.engines.torchrun import Torchrun, nodes_of, ranks_of
from bert_core.training.folder import RunFolder, runs_folder
from bert_core.training.provenance import describe
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import RunSpec
from tests.tiny import WORDS
from tests.unit.ranks_of_tests import PROGRAM, STOP_AT, execute
from tests.unit.runs_of_tests import PATIENCE, ended


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of runs that the ranks find, too."""
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path))
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

    def make(name: str, *, id: str = "pair", processes: int = 2, **values: object) -> RunFolder:
        usual = {"batch_size": 4, "learning_rate": 1e-3, "epochs": 2, "max_seq_length": 16,
                 "precision": "float32", "grouped": False}  # fmt: skip
        settings = TrainSettings.model_validate({**usual, **values})
        folder = RunFolder(runs_folder(home) / id)
        data = describe(table, {}, "train")
        folder.create(
            RunSpec(id=id, name=name, task="sst2", model=str(model), train=data, dev=data,
                    settings=settings, engine="torchrun", processes=processes)
        )  # fmt: skip
        made.append(folder)
        return folder

    yield make
    for folder in made:
        assert processes.kill_all(folder) == 0, "all had ended by themselves"


def lines_of(folder: RunFolder, begin: str) -> Iterator[str]:
    """Whole lines of the log that begin so, as they come."""
    end = time.monotonic() + PATIENCE
    seen = 0
    while time.monotonic() < end:
        lines = folder.read_log().split("\n")[:-1]
        yield from (line for line in lines[seen:] if line.startswith(begin))
        seen = len(lines)
        threading.Event().wait(0.05)


def weights(folder: RunFolder) -> dict[str, np.ndarray]:
    return load_file(folder.result / "model.safetensors")


def test_two_ranks_stop_together_go_on_and_end_as_one_process_with_twice_the_batch(new_run) -> None:
    folder = new_run("train")
    status = execute(folder)  # rank 1 alone is asked to stop
    message = f"Stopped after {STOP_AT} steps; what was learnt until then is saved."
    assert (status.state, status.message) == ("stopped", message)
    assert {(each.rank, each.world, each.message) for each in read_outcomes(folder)} == {
        (0, 2, message),
        (1, 2, message),
    }
    (saved,) = folder.checkpoints(deep=True)
    assert (saved.step, saved.partial, saved.problem) == (STOP_AT, True, None)
    assert len(list(saved.path.glob("rng_state*"))) == 2
    assert inspect(folder.result, source="partial").heads == ("classification",)

    runs.resume(folder)  # by a process of its own and the engine as it is
    status = ended(folder)
    assert status.state == "finished", folder.read_log()
    assert status.step == status.total_steps == 8
    assert {each.state for each in read_outcomes(folder)} == {"finished"}
    rows = [(row["kind"], row["step"]) for row in folder.read_metrics().rows]
    assert rows.count(("train", 1)) == 1, "only rank 0 writes"
    assert ("resumed", STOP_AT) in rows

    alone = new_run("alone", id="alone", batch_size=8)
    loop.train(alone, Control(alone))
    one, two = weights(alone), weights(folder)
    assert one.keys() == two.keys()
    for name in one:
        np.testing.assert_allclose(two[name], one[name], atol=1e-4, err_msg=name)
    results = [each.read_result() for each in (alone, folder)]
    assert results[0]["metrics"] == results[1]["metrics"]


def test_no_rank_outlives_its_run_and_the_run_is_known_as_killed(new_run) -> None:
    folder = new_run("forever")
    process = subprocess.Popen([sys.executable, *PROGRAM, "run", folder.id], cwd=PROJECT)
    ranks = [
        int(line.rpartition(" ")[2].rstrip("."))
        for line in itertools.islice(lines_of(folder, "Rank "), 2)
    ]
    left = [psutil.Process(pid) for pid in ranks]
    left += [psutil.Process(left[0].ppid())]
    process.kill()
    process.wait()
    # Nobody asks for the run's status here: that would end them as well.
    processes.wait(left, PATIENCE)
    assert not any(map(processes.lives, left))
    after = runs.status(folder)
    assert (after.state, after.reason) == ("failed", "killed")


def test_the_rank_that_had_no_memory_has_the_say_and_no_port_is_open_to_others(new_run) -> None:
    folder = new_run("no_memory")
    status = execute(folder)
    assert (status.state, status.reason) == ("failed", "out of memory")
    assert "batch_size=2 and accumulation=2" in status.message
    assert "MemoryError" in folder.read_log()
    assert set(json.loads((folder.path / "open").read_text())) <= {"127.0.0.1", "::1"}


def test_two_machines_meet_where_they_are_told_to(new_run, monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Two launchers on this machine; the rest of what torchrun reads is for its one network.
    for name, value in {"PET_NNODES": "2", "PET_RDZV_ENDPOINT": f"127.0.0.1:{port}",
                        "PET_LOCAL_ADDR": "127.0.0.1"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    folder = new_run("meet", processes=1)
    others: list[subprocess.Popen[bytes]] = []

    def other_machine() -> None:
        line = next(lines_of(folder, "On each other machine"))
        others.append(subprocess.Popen(shlex.split(line.partition("start: ")[2]), cwd=PROJECT))

    thread = threading.Thread(target=other_machine)
    thread.start()
    assert execute(folder).state == "finished"
    thread.join()
    assert others[0].wait(60) == 0
    met = sorted((folder.path / f"met-{rank}").read_text() for rank in (0, 1))
    assert met == ["0", "1"]
    assert {each.state for each in read_outcomes(folder)} == {"finished"}


def test_a_rank_that_was_killed_is_named(new_run) -> None:
    folder = new_run("killed")
    status = execute(folder)
    assert (status.state, status.reason) == ("failed", "killed")
    assert "Rank 1 of 2 is gone" in status.message


def test_a_stop_while_rank_0_prepares_stops_both(new_run) -> None:
    folder = new_run("stop_early")
    assert execute(folder).state == "stopped"
    assert [each.state for each in read_outcomes(folder)] == ["stopped", "stopped"]


def test_ranks_that_never_begin_are_explained(new_run, tmp_path: Path) -> None:
    folder = new_run("nothing")
    status = execute(folder, Torchrun((str(tmp_path / "missing.py"),)))
    assert (status.state, status.reason) == ("failed", "other")
    assert "did not begin" in status.message
    assert "missing.py" in folder.read_log()


@pytest.mark.parametrize(
    ("values", "number"),
    [
        ({"processes": 3}, 3),
        ({"devices": ("cuda:0", "cuda:1")}, 2),
        ({"devices": ("cuda:0", "cuda:1"), "processes": 2}, 2),
    ],
)
def test_each_gpu_has_a_rank_and_the_cpu_as_many_as_are_wanted(new_run, values, number) -> None:
    assert ranks_of(new_run("counted").spec.changed(**values)) == number


def test_numbers_that_do_not_fit_are_refused_with_a_sentence(new_run) -> None:
    spec = new_run("counted").spec
    with pytest.raises(RunError, match="3 processes do not fit cuda:0, cuda:1"):
        ranks_of(spec.changed(devices=("cuda:0", "cuda:1"), processes=3))
    with pytest.raises(RunError, match="do not fit cpu, cuda:1"):
        ranks_of(spec.changed(devices=("cpu", "cuda:1")))
    with pytest.raises(RunError, match="PET_NNODES is '1:4'"):
        nodes_of({"PET_NNODES": "1:4"})
    with pytest.raises(RunError, match="HOST:PORT"):
        nodes_of({"PET_NNODES": "2"})
    alone = new_run("alone", id="alone", processes=1)
    assert "for several processes" in execute(alone).message
