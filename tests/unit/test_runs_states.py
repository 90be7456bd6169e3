"""What a run's file says, held against its process: dead, reused, silent, elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from pydantic import ValidationError

from bert_core.training.states import Status, alive, reconcile, started_at, this_host

NOW = 1_700_000_000.0


def here(pid: int, **values: object) -> Status:
    """A running process of this machine that was heard a moment ago."""
    said = Status(
        state="running",
        message="Training.",
        pid=pid,
        process_started=started_at(pid) or NOW - 100,
        host=this_host(),
        heartbeat=NOW - 1,
        step=7,
    )
    return said.changed(**values)


@pytest.fixture
def dead() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_living_process_is_believed() -> None:
    for state in ("queued", "preparing", "running", "stopping"):
        said = here(os.getpid(), state=state)
        assert alive(said)
        assert reconcile(said, NOW) == said


@pytest.mark.parametrize("state", ["queued", "preparing", "running", "stopping"])
def test_a_dead_process_was_killed(dead: int, state: str) -> None:
    true = reconcile(here(dead, state=state), NOW)
    assert (true.state, true.reason, true.ended, true.step) == ("failed", "killed", NOW, 7)
    assert "killed" in true.message


def test_a_number_that_another_process_has_now_is_not_the_run() -> None:
    said = here(os.getpid(), process_started=psutil.Process().create_time() - 3600)
    assert not alive(said)
    assert reconcile(said, NOW).reason == "killed"


def test_a_corrected_clock_does_not_kill_a_run() -> None:
    assert alive(here(os.getpid(), process_started=psutil.Process().create_time() + 2))


def test_a_process_that_nobody_waited_for_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read()  # its end; the entry in the table stays until it is waited for
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert started_at(process.pid) is None
        assert reconcile(here(process.pid), NOW).reason == "killed"


@pytest.mark.parametrize("state", ["stopped", "finished", "failed", "lost"])
def test_an_end_stays_an_end(dead: int, state: str) -> None:
    said = here(dead, state=state)
    assert reconcile(said, NOW + 1e6) == said


def test_one_that_was_not_started_waits_forever() -> None:
    assert reconcile(Status(), NOW).state == "queued"


def test_another_machine_is_believed_as_long_as_it_is_heard() -> None:
    # Its process has a number that lives here too, which says nothing.
    said = here(os.getpid(), host="another-machine")
    assert reconcile(said, NOW) == said
    true = reconcile(said, NOW + 300)
    assert (true.state, true.reason) == ("lost", None)
    assert "another-machine" in true.message
    assert "301 seconds" in true.message


def test_a_silent_process_lives_and_is_said_to_be_silent() -> None:
    true = reconcile(here(os.getpid()), NOW + 300)
    assert true.state == "running"
    assert "301 seconds" in true.message


def test_a_status_is_checked_and_never_changed() -> None:
    status = Status()
    with pytest.raises(ValidationError):
        status.state = "running"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        status.changed(state="dancing")
    # A status of a newer version of the program can still be read.
    assert Status.model_validate_json('{"state": "running", "new": 1}').state == "running"


def test_it_fits_into_a_file_and_back(tmp_path: Path) -> None:
    status = here(os.getpid(), notes=("one",), best={"step": 3, "accuracy": 0.5})
    assert Status.model_validate_json(status.model_dump_json()) == status
