"""A server that is told to end while it computes for long, or before it began.

What it does with what is soon over stands in ``test_runs.py``.
"""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import requests

from bert_core.settings import PROJECT
from tests.faults.serving import PATIENCE, sentence, served, until
from tests.faults.visitor import Visitor

TEXT = "The ferry carried thirty people across the river. "


def test_what_would_take_longer_is_given_up(tmp_path: Path) -> None:
    found: list[requests.Response] = []
    asked = {"question": "What did the ferry carry?", "context": TEXT * 18_000}
    with served(tmp_path) as server, Visitor(server.ready().url) as visitor:
        asking = threading.Thread(target=lambda: found.append(server.ask("ask", **asked)))
        asking.start()
        until(lambda: server.meter("bert_explorer_requests_at_work") == 1)
        visitor.begin("question_answering", example="own text", text=TEXT * 500)
        server.tell(signal.SIGINT)
        asking.join()
        assert "ending" in sentence(found[0], 503)["detail"]
        server.left()


def test_told_to_end_before_it_began(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        until(lambda: server.seen.memory_info().rss > 40 * 2**20)
        server.tell()
        server.left()


def test_the_end_needs_no_place_to_tell_it() -> None:
    script = (
        "import threading; from pages._server.ending import _leave; "
        "threading.Timer(0, _leave).start(); threading.Event().wait()"
    )
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT, stderr=full)
        try:
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
