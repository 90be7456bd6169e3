"""However the work of a run ends, its status says so: the worker inside this very process."""

import signal
import sys
from pathlib import Path

import pytest

from bert_core.errors import RunError
from bert_core.training import processes, worker
from bert_core.training.control import Control, Stopped
from bert_core.training.folder import RunFolder
from tests.unit.runs_of_tests import acting_loop, order


@pytest.fixture
def carry_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Orders a run that does an act, carries it out here, and gives the exit code and folder."""

    def done(act: str, *, changed: bool = False) -> tuple[int, RunFolder]:
        folder = order(tmp_path, act)
        if changed:
            Path(folder.spec.train.path).write_text("other", encoding="utf-8")
        monkeypatch.setenv(processes.MARK, str(folder.path))  # or it would hide this one's GPUs
        monkeypatch.setitem(sys.modules, "bert_core.training.loop", acting_loop())
        return worker.main(folder.id, tmp_path), folder

    return done


@pytest.mark.parametrize(
    ("act", "reason", "sentence"),
    [
        ("astray", "not a number", "the loss is nan at step 7"),
        ("too_large", "out of memory", "batch_size=16"),
        ("full_metrics", "disk", "The disk is full"),
        ("crash", "other", "KeyError: 'no such thing'"),
        ("leave", "other", "SystemExit: a library that leaves"),
        ("child_ends", "out of memory", "The memory of rank 0 was not enough."),
    ],
)
def test_failures_have_a_reason_and_a_sentence(  # type: ignore[no-untyped-def]
    carry_out, act: str, reason: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, folder = carry_out(act)
    status = folder.status
    assert (code, status.state, status.reason) == (1, "failed", reason)
    assert sentence in status.message
    assert status.ended is not None
    assert "Traceback" in capsys.readouterr().err


def test_changed_data_is_found_before_the_work_begins(carry_out) -> None:  # type: ignore[no-untyped-def]
    code, folder = carry_out("finish", changed=True)
    assert (code, folder.status.reason) == (1, "data")
    assert "train.tsv was changed" in folder.status.message
    assert folder.read_metrics().rows == ()


def test_only_rank_0_writes(carry_out) -> None:  # type: ignore[no-untyped-def]
    code, folder = carry_out("rank_speaks")
    assert (code, folder.status.state) == (0, "finished")
    assert folder.read_metrics().rows == ()


def test_a_stop_and_an_interrupt_are_no_failures(carry_out) -> None:  # type: ignore[no-untyped-def]
    code, folder = carry_out("interrupted")
    assert (code, folder.status.state, folder.status.reason) == (130, "stopped", None)


def test_a_finished_run_is_not_done_again(carry_out, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    code, folder = carry_out("finish")
    assert code == 0
    with pytest.raises(RunError, match="finished"):
        worker.main(folder.id, tmp_path)
    with pytest.raises(RunError, match="There is no run"):
        worker.main("another", tmp_path)


def test_signals_ask_only_while_a_run_listens(tmp_path: Path) -> None:
    folder = order(tmp_path, "finish")
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with Control(folder) as control:
        control.check()
        signal.raise_signal(signal.SIGTERM)
        assert control.stop_requested
        with pytest.raises(Stopped):
            control.check()
        control.stage("running")
        assert folder.status.state == "stopping", "everyone who watches sees it"
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_the_time_that_is_left_counts_the_steps_of_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = Control(order(tmp_path, "finish"))
    clock = iter([100.0, 110.0, 120.0])
    monkeypatch.setattr("bert_core.training.control.time.monotonic", lambda: next(clock))
    control.steps(500, 1000)  # resumed there
    assert control.status.eta_seconds is None
    control.steps(505, 1000, epoch=1.5)
    assert control.status.eta_seconds == pytest.approx(2 * 495)
    control.steps(520, 1000)
    assert control.status.eta_seconds == pytest.approx(480)
    assert control.status.epoch == 1.5
