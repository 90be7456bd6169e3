"""A run that was launched on a page: killed, left alone by its server, and out of disk."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from websockets.exceptions import ConnectionClosed

from bert_core.training import processes, runs
from bert_core.training.folder import RunFolder
from tests.faults.disks import Disk, small_disk
from tests.faults.serving import Served, served, until
from tests.faults.training import fill_in
from tests.faults.visitor import Visitor
from tests.unit.runs_of_tests import ended


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path.resolve() / "disk") as made:
        yield made
        for folder in runs.list_runs(made.folder):
            processes.kill_all(folder)


def trains(folder: RunFolder, steps: int = 5) -> None:
    """Wait until it has done some more steps."""
    before = runs.status(folder).step
    until(
        lambda: runs.status(folder).step > before + steps,
        lambda: (runs.status(folder), folder.read_log()),
    )


def killed(server: Served, page: Visitor, folder: RunFolder) -> None:
    """Its page and the list say so, and others are served."""
    os.kill(runs.status(folder).pid or 0, signal.SIGKILL)
    until(lambda: runs.status(folder).over)
    text = page.open("fine_tune", run=folder.id).text
    assert "Its process is gone and had no time to say why: it was killed" in text
    assert server.meter('bert_explorer_runs{state="failed"}') == 1
    assert server.get("/healthz").json()["status"] == "ok"
    assert server.ask("fill", text="The heron ___ near the lake.").ok


def told_to_end(server: Served, page: Visitor) -> None:
    """Twice, with an answer under way and a page open: the answer comes, the server goes."""
    found: list[requests.Response] = []
    context = "The ferry carried thirty people across the river. " * 24
    asked = {"question": "What did the ferry carry?", "context": context}
    assert server.ask("ask", **asked | {"context": context[:50]}).ok, "the reader is in memory"
    asking = threading.Thread(target=lambda: found.append(server.ask("ask", **asked)))
    asking.start()
    until(lambda: server.meter("bert_explorer_requests_at_work") == 1)
    server.tell()
    server.tell()
    asking.join()
    assert found[0].json().get("best"), found[0].text
    with pytest.raises(ConnectionClosed):
        page.look()
    server.left()
    assert server.log.rstrip().endswith("}"), "the event of the answer is there as a whole"


def test_a_run_outlives_all_that(
    disk: Disk, folder_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = disk.folder
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(home))
    extra = {"BERT_EXPLORER_LOG_EVENTS": "yes", "BERT_EXPLORER_FOLDERS": "/"}
    with served(home, **extra) as server, Visitor(server.ready().url) as page:
        fill_in(page, folder_of("bert-pretraining")).click("Launch")
        (folder,) = runs.list_runs(home)
        trains(folder)
        killed(server, page, folder)
        runs.resume(folder)
        trains(folder)
        assert "running" in page.open("fine_tune", run=folder.id).text
        told_to_end(server, page)
    trains(folder)
    with disk.full(processes.processes_of(folder)[0]):
        status = ended(folder)
    assert (status.state, status.reason) == ("failed", "disk"), folder.read_log()
    assert folder.resume_point().checkpoint is not None
