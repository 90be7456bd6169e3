"""A server as ``make run`` starts it, in a process of its own, and how to ask and end it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests

from bert_core.serving.names import BASE
from bert_core.settings import COMMAND_LINE, PROJECT
from tests.browser.conftest import free_port

PATIENCE = 90.0
"""Seconds until a test gives up waiting for something. None of them takes a tenth of it."""
LEAVES = 10.0
"""Seconds in which a server that is told to end has to be gone."""


def until(met: Callable[[], Any], what: Callable[[], object] = lambda: "") -> Any:
    """Look again and again until something is true, and give it.

    Args:
        met: looks.
        what: tells how things stand, when that takes too long.
    """
    end = time.monotonic() + PATIENCE
    while not (found := met()):
        assert time.monotonic() < end, what()
        time.sleep(0.02)
    return found


class Served:
    """A running server.

    Args:
        home: of its runs; its log lies there too.
        extra: further environment variables.
    """

    def __init__(self, home: Path, **extra: str) -> None:
        self.home = home
        self.log_file = home / "server.log"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        environment = {**os.environ, "BERT_EXPLORER_HOME": str(home), **extra}
        environment.pop(COMMAND_LINE, None)
        command = [sys.executable, "-m", "bert_core", "serve", "--port", str(port)]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        self.seen = psutil.Process(self.process.pid)

    @property
    def log(self) -> str:
        """What it said so far."""
        return self.log_file.read_text("utf-8", "replace")

    def get(self, path: str) -> requests.Response:
        """Ask for a path on a connection of its own."""
        return requests.get(self.url + path, timeout=PATIENCE)

    def ask(self, route: str, **asked: Any) -> requests.Response:
        """Ask a route of the API."""
        return requests.post(f"{self.url}{BASE}/{route}", json=asked, timeout=PATIENCE)

    def ready(self) -> "Served":
        """Wait until it answers and the embedded model is in memory."""

        def loaded() -> bool:
            assert self.process.poll() is None, self.log
            try:
                return bool(self.get("/healthz").json()["model"]["loaded"])
            except requests.ConnectionError:
                return False

        until(loaded, lambda: self.log)
        return self

    def meter(self, line: str) -> float:
        """A number of ``/metrics``; 0 where there is none."""
        for each in self.get("/metrics").text.splitlines():
            if each.startswith(line + " "):
                return float(each.split()[-1])
        return 0.0

    def tell(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def left(self) -> None:
        """Wait for its end: within ten seconds, without an error, without a trace."""
        assert self.process.wait(LEAVES) == 0, self.log
        self.is_calm()

    def is_calm(self) -> None:
        """Nothing that it said is the trace of a fault."""
        assert "Traceback" not in self.log, self.log
        assert "Exception" not in self.log, self.log


@contextmanager
def served(home: Path, **extra: str) -> Iterator[Served]:
    """A server for a block."""
    home.mkdir(parents=True, exist_ok=True)
    server = Served(home, **extra)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def sentence(answer: requests.Response, *statuses: int) -> Mapping[str, Any]:
    """The problem that an answer is, with a sentence in it and nothing of the inside."""
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: Mapping[str, Any] = json.loads(answer.text)
    assert found["status"] == answer.status_code
    assert found["detail"].endswith(".")
    assert "Traceback" not in answer.text
    return found
