"""A disk that is full, and a trial that is killed, while pages are served."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bert_core.training import runs
from tests.faults.disks import Disk, small_disk
from tests.faults.serving import Served, served, until
from tests.faults.training import fill_in
from tests.faults.visitor import Visitor

ROWS = b"text,label\n" + b"the bread is warm,good\nthe train is late,bad\n" * 120
UPLOAD = "Training data; at most 100 MiB"


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    with small_disk(tmp_path_factory.mktemp("disk").resolve()) as made:
        yield made


@pytest.fixture(scope="module")
def server(disk: Disk) -> Iterator[Served]:
    """Its runs, its uploads, its temporary files and its log are all on that disk."""
    (disk.folder / "tmp").mkdir()
    extra = {"BERT_EXPLORER_LOG_EVENTS": "yes", "TMPDIR": str(disk.folder / "tmp"),
             "BERT_EXPLORER_FOLDERS": "/", "OMP_NUM_THREADS": "1"}  # fmt: skip
    with served(disk.folder / "home", **extra) as running:
        yield running.ready()
        running.is_calm()


@pytest.fixture(autouse=True)
def others_are_served(server: Served) -> Iterator[None]:
    yield
    assert server.get("/healthz").json()["status"] == "ok"
    assert server.ask("fill", text="The heron ___ near the lake.").status_code == 200


def test_nothing_can_be_kept_and_the_server_says_so(
    server: Served, disk: Disk, folder_of: Callable[[str], Path]
) -> None:
    with Visitor(server.url) as visitor:
        fill_in(visitor, folder_of("bert-pretraining"))
        with disk.full(server.seen):
            assert any("No space" in said or "too large" in said for said in
                       visitor.click("Launch").alerts), visitor.alerts  # fmt: skip
            assert runs.list_runs(server.home) == ()
            visitor.choose("Where the data is", "Upload")
            said = visitor.send(UPLOAD, "rows.csv", ROWS).alerts[0]
            assert "cannot be kept" in said
            assert "Free some space" in said
            # Sent in earnest: what is larger than a MiB is kept on the disk while it comes.
            assert not visitor.put(UPLOAD, "rows.csv", ROWS * 300).ok
            for _ in range(60):  # more lines than fit into what is left of the log's last block
                assert server.ask("tokenize", text="Each answer is an event in the log.").ok
        assert server.ask("tokenize", text="The log goes on.").ok

        def events() -> list[str]:
            return [line for line in server.log.splitlines() if '"event": "log"' in line]

        (told,) = until(events, lambda: server.log)  # written once the answer is away
        assert json.loads(told)["unwritten"] > 0
        visitor.send(UPLOAD, "rows.csv", ROWS)
        assert not visitor.alerts, "there is room again"
        assert list((server.home / "uploads").glob("*.csv"))


def test_a_killed_trial_is_one_that_does_not_fit(
    server: Served, folder_of: Callable[[str], Path]
) -> None:
    """The system kills in this way what takes too much memory."""

    def helpers() -> list[int]:
        found = server.seen.children(recursive=True)
        return [each.pid for each in found if "bert_core.training.trial" in each.cmdline()]

    with Visitor(server.url) as visitor:
        fill_in(visitor, folder_of("bert-pretraining"), batch=1).click("Pre-flight")

        def over() -> bool:
            for pid in helpers():
                os.kill(pid, signal.SIGKILL)
            return "Not even one example" in visitor.look().text

        until(over, lambda: visitor.text)
