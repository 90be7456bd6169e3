"""What becomes of a run when its ranks end in different ways, and when a rank gives itself up."""

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from bert_core.training.control import Control
from bert_core.training.engines import lease
from bert_core.training.engines.lease import LEASE, Lease, forget_ranks, ranks_folder
from bert_core.training.engines.outcomes import Outcome, Telling, settle
from bert_core.training.folder import RunFolder
from bert_core.training.states import SILENT_SECONDS
from bert_core.training.together import any_rank, rank_0_first
from bert_core.training.worker import Ending
from tests.unit.runs_of_tests import order, save

FINISHED = {"state": "finished"}
STOPPED = {"state": "stopped", "message": "Stopped after 7 steps."}
NO_MEMORY = {"state": "failed", "reason": "out of memory", "message": "Too large.", "time": 2.0}
LATER = {"state": "failed", "reason": "data", "message": "Row 3.", "time": 3.0}
ECHO = {"state": "failed", "reason": "other", "message": "Closed by peer.", "echo": True}
SILENT: dict[str, object] = {}

ENDS = {
    "all finished": ((FINISHED, FINISHED), False, ("finished", None, "Finished.")),
    "all stopped, though only a rank was told": ((STOPPED, STOPPED), False, ("stopped", None, "7")),
    "stopped, one was gone too early": ((STOPPED, ECHO), True, ("stopped", None, "7 steps")),
    "the error, not its echo": ((ECHO, NO_MEMORY), False, ("failed", "out of memory", "Too")),
    "the first of two errors": ((LATER, NO_MEMORY), False, ("failed", "out of memory", "Too")),
    "an error while others stop": ((STOPPED, LATER), True, ("failed", "data", "Row 3.")),
    "killed": ((ECHO, SILENT), False, ("failed", "killed", "Rank 1 of 2")),
    "killed, the other told to end": ((STOPPED, SILENT), False, ("failed", "killed", "Rank 1")),
    "only echoes": ((ECHO, ECHO), False, ("failed", "other", "Closed by peer.")),
    "none began": ((None, None), False, ("failed", "other", "did not begin. It says why.")),
}


@pytest.mark.parametrize(("ranks", "asked", "end"), ENDS.values(), ids=ENDS)
def test_the_end_of_a_run_follows_from_its_ranks(tmp_path: Path, ranks, asked, end) -> None:
    folder = order(tmp_path, "settled")
    forget_ranks(folder)
    for rank, said in enumerate(ranks):
        if said is not None:
            whole = {"rank": rank, "world": 2, "time": 1.0, **said}
            text = Outcome.model_validate(whole).model_dump_json() if said else " " * 100
            (ranks_folder(folder) / f"rank-{rank}").write_text(text)
    if asked:
        folder.ask_to_stop()
    control = Control(folder)
    with Ending(folder, control):
        settle(folder, control, 2, "It says why.")
    state, reason, words = end
    assert (folder.status.state, folder.status.reason) == (state, reason)
    assert words in folder.status.message


def test_a_full_disk_is_told_and_half_a_checkpoint_goes(tmp_path: Path) -> None:
    folder = order(tmp_path, "full")
    save(folder, 1)
    folder.checkpoint_path(2).mkdir()
    forget_ranks(folder)
    with Lease(folder):
        with Telling(folder, 0, 1) as telling:
            raise OSError(28, "No space left on device")
        assert telling.code == 1
        size = (ranks_folder(folder) / "rank-0").stat().st_size
        control = Control(folder)
        settle(folder, control, 1, "")
    assert size == 4096, "the room for the last words was taken before"
    assert (control.status.state, control.status.reason) == ("failed", "disk")
    assert [saved.step for saved in folder.checkpoints()] == [1]


@pytest.fixture
def far(tmp_path: Path, monkeypatch) -> tuple[RunFolder, list[float], Callable[[], lease._Sight]]:
    """A run of another machine, a clock, and what a rank here sees of that run."""
    folder = order(tmp_path, "far")
    folder.write_status(folder.status.changed(host="elsewhere", pid=1, process_started=1.0))
    forget_ranks(folder)
    clock = [100.0]
    fake = SimpleNamespace(monotonic=lambda: clock[0], time_ns=time.time_ns)
    monkeypatch.setattr(lease, "time", fake)
    return folder, clock, lambda: lease._Sight(folder)


def test_a_rank_lives_as_long_as_its_lease_is_renewed(far) -> None:
    folder, clock, look = far
    with Lease(folder) as held:
        sight = look()
        assert sight.begins()
        for _ in range(3):
            clock[0] += SILENT_SECONDS - 1
            held.renew()
            assert sight.lives()
        clock[0] += SILENT_SECONDS + 1
        assert not sight.lives()
    assert not sight.lives()


def test_a_rank_does_not_live_on_the_lease_of_a_later_attempt(far) -> None:
    folder, _, look = far
    with Lease(folder):
        sight = look()
        assert sight.begins()
        assert sight.lives()
    with Lease(folder):
        assert not sight.lives()


def test_a_rank_that_starts_late_waits_for_its_own_lease(far, monkeypatch) -> None:
    folder, _, look = far
    monkeypatch.setenv(LEASE, "job-1")
    sight = look()
    assert not sight.begins()
    with Lease(folder, "job-2"):
        assert not sight.begins()
    with Lease(folder, "job-1"):
        assert sight.begins()
        assert sight.lives()


def test_one_rank_alone_waits_for_nobody() -> None:
    assert any_rank(True)
    assert not any_rank(False)
    assert rank_0_first(lambda: "done") == "done"
