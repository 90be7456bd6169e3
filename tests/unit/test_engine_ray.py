"""A local Ray cluster: jobs train, wait, stop, and end with the run that ordered them.

The head listens on every interface, so it has a token, and a network of its own where the system
lets one be made; what talks to it runs in there.
"""

import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path

import psutil
import pytest

from bert_core.errors import RunError
from bert_core.model.checkpoints import inspect
from bert_core.settings import PROJECT
from bert_core.training import processes, runs
from bert_core.training.engines import find_engine, usable_engines
from bert_core.training.folder import RunFolder, runs_folder
from bert_core.training.provenance import describe
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import RunSpec
from tests.tiny import WORDS
from tests.unit.ranks_of_tests import PROGRAM
from tests.unit.runs_of_tests import PATIENCE, ended, until

needs_ray = pytest.mark.ray
NEW_NETWORK = ("unshare", "--user", "--map-root-user", "--net")
START = """
ip link set lo up 2>/dev/null
exec "$@"
"""


@dataclass(frozen=True)
class Cluster:
    """A head that runs.

    Attributes:
        inside: what a command is begun with to be in its network.
        environment: of what talks to it.
    """

    inside: tuple[str, ...]
    environment: dict[str, str]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head with two CPUs and a token; nothing of it is left afterwards."""
    place = Path(tempfile.mkdtemp(prefix="ray-"))  # Ray's sockets need a short path
    ports = [free_port() for _ in range(2)]
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(16)}
    confined = subprocess.run([*NEW_NETWORK, "true"], capture_output=True).returncode == 0
    command = [
        str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--num-cpus=2",
        "--num-gpus=0", "--object-store-memory=80000000", f"--temp-dir={place}", "--port=0",
        "--dashboard-host=127.0.0.1", f"--dashboard-port={ports[0]}",
        f"--dashboard-agent-listen-port={ports[1]}", "--disable-usage-stats",
    ]  # fmt: skip
    begin = [*NEW_NETWORK, "sh", "-c", START, "sh"] if confined else []
    with (place / "said").open("wb") as said:
        head = subprocess.Popen(
            [*begin, *command], env={**os.environ, **token}, stdout=said, stderr=said,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until_started(head, place / "said")
        network = ("nsenter", "-t", str(head.pid), "-U", "--preserve-credentials", "-n")
        address = {"RAY_ADDRESS": f"http://127.0.0.1:{ports[0]}"}
        yield Cluster(network if confined else (), {**token, **address})
    finally:
        everything = [*psutil.Process(head.pid).children(recursive=True), psutil.Process(head.pid)]
        for process in everything:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        head.wait()
        processes.wait(everything, PATIENCE)
        shutil.rmtree(place, ignore_errors=True)
    assert not any(map(processes.lives, everything))


def wait_until_started(head: "subprocess.Popen[bytes]", said: Path) -> None:
    """Wait for the sentence with which the head says that it runs."""
    end = time.monotonic() + PATIENCE
    while "Ray runtime started" not in said.read_text(errors="replace"):
        assert head.poll() is None, said.read_text(errors="replace")
        assert time.monotonic() < end, said.read_text(errors="replace")
        threading.Event().wait(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def start(cluster: Cluster) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts Python with some arguments where the cluster can be reached."""
    with contextlib.ExitStack() as stack:

        def begin(*command: str, **environment: str) -> "subprocess.Popen[bytes]":
            process = subprocess.Popen(
                [*cluster.inside, sys.executable, *command], cwd=PROJECT,
                env={**os.environ, **cluster.environment, **environment},
            )  # fmt: skip
            stack.enter_context(process)  # waits
            stack.callback(process.kill)
            return process

        yield begin


@pytest.fixture
def new_run(tmp_path: Path, monkeypatch, folder_of) -> Callable[..., RunFolder]:
    """Makes a run for the cluster, of a task or of an act of a stand-in."""
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path))
    table = tmp_path / "train.tsv"
    rows = [f"{' '.join(WORDS[row : row + 5])}\t{row % 2}" for row in range(20)]
    table.write_text("\n".join(["sentence\tlabel", *rows]) + "\n", encoding="utf-8")

    def make(name: str, **values: object) -> RunFolder:
        folder = RunFolder(runs_folder(tmp_path) / "job")
        data = describe(table, {}, "train")
        settings = TrainSettings(max_steps=4, batch_size=4, max_seq_length=16)
        spec = RunSpec(id="job", name=name, task="sst2", model=str(folder_of("bert-pretraining")),
                       train=data, dev=data, settings=settings, engine="ray")  # fmt: skip
        folder.create(spec.changed(**values))
        return folder

    return make


def test_it_is_hidden_where_it_is_not_installed_or_has_no_cluster(monkeypatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RunError, match=r"pip install -r requirements-ray\.txt"):
        find_engine("ray")
    installed = importlib.util.module_from_spec(ModuleSpec("ray", None))
    monkeypatch.setitem(sys.modules, "ray", installed)
    with pytest.raises(RunError, match="Set RAY_ADDRESS"):
        find_engine("ray")
    assert "ray" not in usable_engines()
    monkeypatch.setenv("RAY_ADDRESS", "http://127.0.0.1:8265")
    assert find_engine("ray").unavailable() is None


STAND_IN = (*PROGRAM, "run", "job")
LEFT_BEHIND = """
from ray.job_submission import JobSubmissionClient
client = JobSubmissionClient()
client.submit_job(entrypoint="sleep 600", submission_id="job-1", entrypoint_num_cpus=2)
"""


@needs_ray
def test_a_job_trains_and_what_an_earlier_one_left_in_the_cluster_is_stopped(
    start, new_run
) -> None:
    assert start("-c", LEFT_BEHIND).wait(PATIENCE) == 0  # it takes the whole cluster
    folder = new_run("whole")
    process = start("-m", "bert_core", "train", "--run", "job")
    assert process.wait(2 * PATIENCE) == 0, folder.read_log()
    status = runs.status(folder)
    assert (status.state, status.step, status.total_steps) == ("finished", 4, 4)
    assert folder.read_result()["data"]["train"] == 20
    assert inspect(folder.result, source="result").heads == ("classification",)
    # What the job printed, once, although it was fetched again and again.
    assert len(re.findall(r"Rank 0 of 1 computes on cpu", folder.read_log())) == 1


@needs_ray
def test_a_job_without_room_waits_with_an_explanation_and_can_be_stopped(start, new_run) -> None:
    folder = new_run("forever", processes=64)
    process = start(*STAND_IN)
    status = until(folder, lambda status: "Ray says" in status.message)
    assert status.state == "queued"
    assert status.message.startswith("Waits for 64 CPUs of the Ray cluster.")
    assert "waiting for resources" in status.message
    runs.stop(folder)
    assert process.wait(PATIENCE) == 130
    assert "nothing to save" in ended(folder).message


@needs_ray
def test_a_job_ends_with_its_run_and_goes_on_with_the_next(start, new_run) -> None:
    folder = new_run("forever")
    process = start(*STAND_IN)
    rank = psutil.Process(process_of_rank(folder))
    process.kill()
    process.wait()
    # Nobody but the rank itself sees that the process of its run is gone.
    processes.wait([rank], PATIENCE)
    assert not processes.lives(rank)
    status = runs.status(folder)
    assert (status.state, status.reason) == ("failed", "killed")

    again = start(*STAND_IN)
    assert process_of_rank(folder, number=2) != rank.pid
    runs.stop(folder)
    assert again.wait(PATIENCE) == 130
    assert ended(folder).state == "stopped"


@needs_ray
def test_a_job_that_does_not_hear_is_stopped_by_ray(start, new_run) -> None:
    folder = new_run("deaf")
    process = start(*STAND_IN)
    rank = psutil.Process(process_of_rank(folder))
    runs.stop(folder)
    assert process.wait(PATIENCE) == 1
    status = ended(folder)
    assert (status.state, status.reason) == ("failed", "killed")
    assert not processes.lives(rank)


@needs_ray
def test_a_wrong_token_and_a_wrong_address_are_explained(start, new_run) -> None:
    folder = new_run("forever")
    wrong = {"RAY_AUTH_TOKEN": secrets.token_hex(16)}
    assert start(*STAND_IN, **wrong).wait(PATIENCE) == 1
    assert "RAY_AUTH_TOKEN" in folder.status.message
    wrong = {"RAY_ADDRESS": f"http://127.0.0.1:{free_port()}"}
    assert start(*STAND_IN, **wrong).wait(PATIENCE) == 1
    assert "RAY_ADDRESS" in folder.status.message
    assert "\n" not in folder.status.message


def process_of_rank(folder: RunFolder, number: int = 1) -> int:
    """Wait for the line in the log with which the so-manyth rank of a run begins."""

    def begun() -> list[str]:
        return re.findall(r"Rank 0 of 1 .* process (\d+)", folder.read_log())

    until(folder, lambda status: len(begun()) >= number)
    assert len(begun()) == number, folder.read_log()
    return int(begun()[-1])
