"""The queue of a device: one at a time, first come first served, whatever dies meanwhile."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bert_core.settings import PROJECT
from bert_core.training import queue
from bert_core.training.control import Stopped
from bert_core.training.states import this_host

LIMIT = 60.0


class Waiting:
    """A run in a thread of its own, that waits for its turn, works until told, and tells."""

    def __init__(self, home: Path, run: str, *devices: str) -> None:
        self.behind: list[list[str]] = []
        self.dead: list[str] = []
        self.waits, self.works = threading.Event(), threading.Event()
        self.go, self.stop = threading.Event(), threading.Event()
        self.stopped = False
        self._arguments = (home, run, devices or ("cpu",))
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        try:
            with queue.turn(
                *self._arguments, on_wait=self._wait, on_dead=self.dead.append, check=self._check
            ):
                self.works.set()
                assert self.go.wait(LIMIT)
        except Stopped:
            self.stopped = True

    def _wait(self, ahead: tuple[queue.Ticket, ...]) -> None:
        self.behind.append([ticket.run for ticket in ahead])
        self.waits.set()

    def _check(self) -> None:
        if self.stop.is_set():
            raise Stopped

    def end(self) -> None:
        self.go.set()
        self.stop.set()
        self._thread.join(LIMIT)
        assert not self._thread.is_alive()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "POLL_SECONDS", 0.01)


@contextmanager
def ended(*waiting: Waiting) -> Iterator[None]:
    try:
        yield
    finally:
        for each in waiting:
            each.end()


def test_the_second_waits_for_the_first_and_the_third_for_both(tmp_path: Path) -> None:
    first = Waiting(tmp_path, "a")
    assert first.works.wait(LIMIT)
    second = Waiting(tmp_path, "b")
    assert second.waits.wait(LIMIT)
    third = Waiting(tmp_path, "c")
    with ended(first, second, third):
        assert third.waits.wait(LIMIT)
        assert second.behind == [["a"]]
        assert third.behind == [["a", "b"]]
        assert [ticket.run for ticket in queue.tickets(tmp_path)] == ["a", "b", "c"]
        third.waits.clear()
        first.end()
        assert second.works.wait(LIMIT)
        assert third.waits.wait(LIMIT)
        assert not third.works.is_set()
        second.end()
        assert third.works.wait(LIMIT)
        assert third.behind == [["a", "b"], ["b"]]
    assert queue.tickets(tmp_path) == ()


def test_as_many_work_at_a_time_as_the_operator_lets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BERT_EXPLORER_RUNS_PER_DEVICE", "2")
    first, second = Waiting(tmp_path, "a"), Waiting(tmp_path, "b")
    assert first.works.wait(LIMIT)
    assert second.works.wait(LIMIT)
    third = Waiting(tmp_path, "c")
    with ended(first, second, third):
        assert third.waits.wait(LIMIT)
        assert not third.works.is_set()
        assert sorted(third.behind[0]) == ["a", "b"]
        first.end()
        assert third.works.wait(LIMIT)


def test_other_devices_do_not_wait(tmp_path: Path) -> None:
    first, second = Waiting(tmp_path, "a", "cuda:0"), Waiting(tmp_path, "b", "cuda:1")
    with ended(first, second):
        assert first.works.wait(LIMIT)
        assert second.works.wait(LIMIT)


def test_two_devices_in_either_order_never_wait_for_each_other(tmp_path: Path) -> None:
    orders = (("cuda:0", "cuda:1"), ("cuda:1", "cuda:0"))
    runs = [Waiting(tmp_path, str(number), *orders[number % 2]) for number in range(6)]
    for each in runs:
        each.go.set()
    with ended():
        for each in runs:
            assert each.works.wait(LIMIT)
            each.end()


def test_a_run_on_two_devices_is_not_overtaken(tmp_path: Path) -> None:
    first = Waiting(tmp_path, "a", "cuda:0")
    assert first.works.wait(LIMIT)
    both = Waiting(tmp_path, "b", "cuda:0", "cuda:1")
    assert both.waits.wait(LIMIT)
    third = Waiting(tmp_path, "c", "cuda:1")
    with ended(first, both, third):
        assert third.waits.wait(LIMIT)
        assert third.behind == [["b"]]


def test_one_that_stops_while_it_waits_leaves_the_queue(tmp_path: Path) -> None:
    first = Waiting(tmp_path, "a")
    assert first.works.wait(LIMIT)
    second = Waiting(tmp_path, "b")
    assert second.waits.wait(LIMIT)
    third = Waiting(tmp_path, "c")
    with ended(first, second, third):
        second.end()
        assert second.stopped
        assert not second.works.is_set()
        first.end()
        assert third.works.wait(LIMIT)


HOLDS = """
import sys, time
from pathlib import Path
from bert_core.training import queue
with queue.turn(Path(sys.argv[1]), "victim", ["cpu"]):
    print("works", flush=True)
    time.sleep(600)
"""


def test_a_killed_process_frees_its_device(tmp_path: Path) -> None:
    victim = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, cwd=PROJECT
    )
    assert victim.stdout is not None
    assert victim.stdout.readline() == b"works\n"
    second = Waiting(tmp_path, "b")
    with ended(second):
        assert second.waits.wait(LIMIT)
        os.kill(victim.pid, signal.SIGKILL)
        victim.communicate()
        assert second.works.wait(LIMIT)
        assert second.dead == ["victim"]
        assert [ticket.run for ticket in queue.tickets(tmp_path)] == ["b"]


def test_a_ticket_that_was_never_written_to_its_end_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "devices" / this_host()
    folder.mkdir(parents=True)
    (folder / "000000001.ticket").write_text('{"run"', encoding="utf-8")
    first = Waiting(tmp_path, "a")
    with ended(first):
        assert first.works.wait(LIMIT)
