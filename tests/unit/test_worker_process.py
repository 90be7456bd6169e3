"""Runs as real processes: how they start, wait, stop, fail and die, and who sees what of it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bert_core.errors import RunError
from bert_core.settings import COMMAND_LINE, PROJECT
from bert_core.training import processes, runs
from bert_core.training.folder import RunFolder, current_rows
from bert_core.training.states import started_at, this_host
from tests.unit import runs_of_tests as acting
from tests.unit.runs_of_tests import arrived, ended, let_go, order, until

AS_IT_IS = runs.WORKER


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker as it is, with an act in place of the training."""
    monkeypatch.setattr(runs, "WORKER", ("-m", acting.__name__))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for folder in runs.list_runs(tmp_path):
        processes.kill_all(folder)


def started(home: Path, act: str, *, number: int = 1) -> RunFolder:
    folder = order(home, act, number=number)
    runs.launch(folder)
    return folder


def test_a_run_finishes(home: Path) -> None:
    folder = started(home, "finish")
    status = ended(folder)
    assert (status.state, status.reason) == ("finished", None)
    assert status.last_metrics == {"loss": 0.5}
    assert status.host == this_host()
    assert status.started is not None
    assert status.ended is not None
    assert status.started <= status.ended
    with pytest.raises(RunError, match="finished"):
        runs.resume(folder)
    with pytest.raises(RunError, match="started already"):
        runs.launch(folder)
    assert runs.stop(folder).state == "finished", "too late to stop"


def test_it_has_a_session_of_its_own_and_leaves_no_zombie(home: Path) -> None:
    folder = started(home, "pause")
    arrived(folder)
    pid = folder.status.pid
    assert pid is not None
    assert os.getsid(pid) == os.getpgid(pid) == pid != os.getsid(0)
    let_go(folder)
    ended(folder)
    limit = time.monotonic() + acting.PATIENCE
    while psutil.pid_exists(pid):
        assert time.monotonic() < limit, "nobody took note of its end"


def test_it_lets_the_app_go_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run computes on all cores for hours, a visitor's question for milliseconds."""
    monkeypatch.delenv(COMMAND_LINE)
    folder = started(home, "pause")
    arrived(folder)
    pid, own = folder.status.pid, psutil.Process().nice()
    assert pid is not None
    assert psutil.Process(pid).nice() == max(own, processes.NICENESS)
    assert psutil.Process().nice() == own, "the app itself stays as it is"
    group = Path(f"/proc/{pid}/autogroup")
    if group.exists():
        assert group.read_text().split()[-1] == str(processes.NICENESS)
    let_go(folder)
    ended(folder)
    processes.give_way(pid)  # gone: nothing happens


def test_two_mib_of_output_that_nobody_reads(home: Path) -> None:
    folder = started(home, "shout")
    assert ended(folder).state == "finished"
    assert folder.log_file.stat().st_size >= 2 * 2**20
    assert folder.read_log().endswith("the last words\n")


def test_a_killed_process_is_seen_at_the_next_look(home: Path) -> None:
    folder = started(home, "steps")
    arrived(folder)
    pid = folder.status.pid
    assert pid is not None
    leader = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    processes.wait([leader], 60)
    status = runs.status(folder)
    assert (status.state, status.reason) == ("failed", "killed")
    until(folder, lambda status: folder.status.over)
    assert folder.status.reason == "killed", "and written down for everyone"


def test_the_second_on_a_device_waits_then_runs(home: Path) -> None:
    first = started(home, "pause", number=1)
    arrived(first)
    second = started(home, "finish", number=2)
    status = until(second, lambda status: "behind" in status.message)
    assert (status.state, status.message) == ("queued", "Waits for cpu behind run-1.")
    let_go(first)
    assert ended(first).state == "finished"
    assert ended(second).state == "finished"


def test_the_queue_moves_on_when_the_first_is_killed_with_its_children(home: Path) -> None:
    first = started(home, "deaf", number=1)
    arrived(first)
    second = started(home, "finish", number=2)
    until(second, lambda status: "behind" in status.message)
    os.kill(first.status.pid or 0, signal.SIGKILL)
    # Nobody looks at the first one but the second.
    assert ended(second).state == "finished"
    assert first.status.reason == "killed"
    assert started_at(int((first.path / "child").read_text(encoding="utf-8"))) is None


def test_a_stop_while_queued_ends_it_at_once(home: Path) -> None:
    first = started(home, "pause", number=1)
    arrived(first)
    second = started(home, "finish", number=2)
    until(second, lambda status: "behind" in status.message)
    assert runs.stop(second).state in ("stopping", "stopped")
    assert ended(second).state == "stopped"
    assert runs.status(first).state == "preparing"


def test_a_stop_while_data_is_prepared(home: Path) -> None:
    folder = started(home, "pause")
    arrived(folder)
    assert runs.stop(folder).state == "stopping"
    status = ended(folder)
    assert (status.state, status.message) == ("stopped", "Stopped as asked.")


@pytest.mark.parametrize("how", ["flag", "term", "interrupt"])
def test_every_way_to_ask_is_heard(home: Path, how: str) -> None:
    folder = started(home, "pause")
    arrived(folder)
    pid = folder.status.pid or 0
    match how:
        case "flag":
            folder.ask_to_stop()
            assert runs.status(folder).state in ("stopping", "stopped")
        case "term":
            os.kill(pid, signal.SIGTERM)
        case "interrupt":
            os.kill(pid, signal.SIGINT)
    assert ended(folder).state == "stopped"


def test_a_stop_right_after_the_start_never_looks_like_a_failure(home: Path) -> None:
    folder = started(home, "pause")
    runs.stop(folder)
    assert ended(folder).state == "stopped"


def test_one_that_was_never_started_can_be_stopped_resumed_and_deleted(home: Path) -> None:
    folder = order(home, "finish")
    assert runs.status(folder).state == "queued"
    assert runs.stop(folder).state == "stopped"
    runs.resume(folder)
    assert ended(folder).state == "finished"
    runs.delete(folder)
    assert runs.list_runs(home) == ()


def test_stop_and_resume_continue_the_same_run(home: Path) -> None:
    folder = started(home, "steps")
    arrived(folder)
    runs.stop(folder)
    assert ended(folder).state == "stopped"
    assert runs.resume(folder).state in ("queued", "preparing", "running", "finished")
    status = ended(folder)
    assert (status.state, status.step, status.total_steps) == ("finished", 10, 10)
    rows = current_rows(folder.read_metrics().rows)
    assert [row["step"] for row in rows] == list(range(1, 11))


def test_a_damaged_checkpoint_is_refused_by_name_on_resume(home: Path) -> None:
    folder = started(home, "steps")
    arrived(folder)
    runs.stop(folder, force=True, grace=60)
    damaged = folder.checkpoint_path(3) / "model.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    expected = (
        "checkpoint-3 cannot be used: model.safetensors has other bytes than when it was saved. "
        "checkpoint-2 is used instead."
    )
    assert expected in runs.resume(folder).notes
    status = ended(folder)
    assert status.state == "finished"
    assert status.notes == (expected,)
    resumed = [row for row in folder.read_metrics().rows if row["kind"] == "resumed"]
    assert [row["step"] for row in resumed] == [2]


def test_force_kills_all_its_processes_and_says_so(home: Path) -> None:
    folder = started(home, "deaf")
    arrived(folder)
    child = int((folder.path / "child").read_text(encoding="utf-8"))
    assert runs.stop(folder).state == "stopping", "it does not hear"
    status = runs.stop(folder, force=True, grace=0.1)
    assert (status.state, status.reason) == ("failed", "killed")
    assert "2 of its processes were killed. It saved nothing." in status.message
    assert started_at(child) is None
    assert runs.status(folder) == status


def test_an_error_is_a_sentence_in_the_status_and_a_trace_in_the_log(home: Path) -> None:
    folder = started(home, "crash")
    status = ended(folder)
    assert (status.state, status.reason) == ("failed", "other")
    assert "KeyError: 'no such thing'" in status.message
    assert "Traceback" not in status.message
    assert "Traceback" in folder.read_log()


def test_a_full_disk_keeps_the_checkpoint_before(home: Path) -> None:
    folder = started(home, "full")
    status = ended(folder)
    assert (status.state, status.reason) == ("failed", "disk")
    assert [(saved.step, saved.problem) for saved in folder.checkpoints(deep=True)] == [(1, None)]


def test_the_command_line_reaches_the_worker(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "WORKER", AS_IT_IS)
    folder = order(home, "finish")
    Path(folder.spec.train.path).write_text("other", encoding="utf-8")
    runs.launch(folder)
    status = ended(folder)
    assert (status.state, status.reason) == ("failed", "data"), folder.read_log()


def test_nothing_is_done_to_a_run_at_work(home: Path) -> None:
    folder = started(home, "pause")
    arrived(folder)
    with pytest.raises(RunError, match="at work"):
        runs.delete(folder)
    with pytest.raises(RunError, match="at work"):
        runs.resume(folder)
    with pytest.raises(RunError, match="started already"):
        runs.launch(folder)
    let_go(folder)
    assert ended(folder).state == "finished"


def test_a_second_process_of_the_same_run_gives_way(home: Path) -> None:
    folder = started(home, "pause")
    arrived(folder)
    again = subprocess.run(
        [sys.executable, "-c", GIVES_WAY, folder.id], cwd=PROJECT, capture_output=True, text=True,
        check=True, env=os.environ | {"BERT_EXPLORER_HOME": str(home)},
    )  # fmt: skip
    assert "Another process works on the run run-1." in again.stdout
    let_go(folder)
    assert ended(folder).state == "finished"


GIVES_WAY = """
import sys
from bert_core.errors import RunError
from bert_core.training import worker
worker.LOCK_SECONDS = 0.1
try:
    worker.main(sys.argv[1])
except RunError as error:
    print(error)
"""


def test_the_app_dies_and_another_one_takes_over(home: Path) -> None:
    folder = order(home, "steps")
    app = subprocess.Popen(
        [sys.executable, "-c", APP, str(folder.path)],
        cwd=PROJECT, stdout=subprocess.PIPE, stdin=subprocess.PIPE,
    )  # fmt: skip
    assert app.stdout is not None
    assert app.stdout.readline() == b"launched\n"
    app.kill()
    app.communicate()
    arrived(folder)
    status = until(folder, lambda status: status.step == 3)
    assert status.state == "running"
    let_go(folder)
    assert ended(folder).state == "finished"


APP = f"""
import sys
from pathlib import Path
from bert_core.training import runs
from bert_core.training.folder import RunFolder
runs.WORKER = ("-m", {acting.__name__!r})
runs.launch(RunFolder(Path(sys.argv[1])))
print("launched", flush=True)
sys.stdin.read()
"""


def test_the_heartbeat_goes_on_while_the_work_is_silent(home: Path) -> None:
    folder = started(home, "pause")
    arrived(folder)
    before = folder.status.heartbeat
    assert until(folder, lambda status: status.heartbeat > before).state == "preparing"
    runs.stop(folder)
    ended(folder)


def test_the_run_of_another_machine(home: Path) -> None:
    folder = order(home, "finish")
    folder.write_status(
        folder.status.changed(
            state="running", pid=os.getpid(), process_started=1.0, host="another-machine",
            heartbeat=time.time(),
        )
    )  # fmt: skip
    assert runs.status(folder).state == "running"
    assert runs.stop(folder).state == "stopping", "by the flag; a signal would hit a stranger"
    with pytest.raises(RunError, match="another-machine"):
        runs.stop(folder, force=True)
    folder.write_status(folder.status.changed(heartbeat=time.time() - 600))
    assert runs.status(folder).state == "lost"
    runs.resume(folder)
    assert ended(folder).state == "finished"


def test_a_disk_with_too_little_room_is_said_before(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = order(home, "finish", settings={"keep_checkpoints": 100})
    usage = type("Usage", (), {"free": 2**30})()
    monkeypatch.setattr("bert_core.training.space.shutil.disk_usage", lambda path: usage)
    with pytest.raises(RunError, match=r"has 1\.0 GiB free; this run needs about 3\d\.\d GiB"):
        runs.launch(folder)
    assert json.loads((folder.path / "status.json").read_text(encoding="utf-8"))["pid"] is None
