"""What browser tests stand on: a real server, a real Chromium."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.browser.chromium import find_chromium
from tests.browser.visits import CUT_OFF, Visits

PROJECT = Path(__file__).resolve().parents[2]
# Playwright's own 5 seconds are too few while other tests compute.
expect.set_options(timeout=30_000)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the server answers; fail with the end of its log when it does not."""
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the server did not come up:\n{log.read_text('utf-8', 'replace')[-3000:]}")


def start_server(
    script: Path, log: Path, cwd: Path, extra: dict[str, str]
) -> tuple[subprocess.Popen[bytes], str]:
    """Start ``streamlit run`` on a free port."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.port", str(port), "--server.headless", "true"]
    paths = [str(PROJECT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), **extra}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, stdout=sink, stderr=subprocess.STDOUT, cwd=cwd, env=environment
        )
    return process, f"http://127.0.0.1:{port}"


class Servers:
    """The servers of a session.

    Args:
        folder: for what they log.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self._known: dict[Path, str] = {}
        self._shared: list[subprocess.Popen[bytes]] = []
        self._fresh: list[subprocess.Popen[bytes]] = []

    def __call__(
        self, script: Path, *, fresh: bool = False, cwd: Path = PROJECT, **extra: str
    ) -> str:
        """Serve a script, and give the address."""
        if not fresh and script in self._known:
            return self._known[script]
        log = self._folder / f"{self._number}.log"
        self._number += 1
        process, url = start_server(script, log, cwd, extra)
        (self._fresh if fresh else self._shared).append(process)
        wait_until_healthy(url, process, log)
        if not fresh:
            self._known[script] = url
        return url

    def end_fresh(self) -> None:
        """End those that one module had for itself: half a GiB each."""
        end(self._fresh)
        self._fresh.clear()

    def end_all(self) -> None:
        """End them all."""
        end([*self._fresh, *self._shared])


def end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """End servers, those that do not listen too."""
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def serve() -> Iterator[Servers]:
    """Serve a script: ``serve(path)`` gives the address, ``fresh=True`` a server of its own.

    One of its own ends with the module of tests that started it. Further keywords are environment
    variables of that server.
    """
    with tempfile.TemporaryDirectory() as folder:
        servers = Servers(Path(folder))
        yield servers
        servers.end_all()


@pytest.fixture(scope="module", autouse=True)
def fresh_servers_end(serve: Servers) -> Iterator[None]:
    """End what a module of tests has served for itself."""
    yield
    serve.end_fresh()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium for pages with contexts of their own."""
    running = playwright.chromium.launch(
        executable_path=find_chromium(), args=[*ARGUMENTS, CUT_OFF]
    )
    yield running
    running.close()


@pytest.fixture(scope="session")
def profile(playwright: Playwright) -> Iterator[BrowserContext]:
    """The context of a Chromium that most pages share; see :mod:`tests.browser.visits`."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        context = playwright.chromium.launch_persistent_context(
            folder, executable_path=find_chromium(), args=[*ARGUMENTS, CUT_OFF]
        )
        yield context
        context.close()


@pytest.fixture
def open_page(
    profile: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Open an address, cut off from every other host; see :meth:`tests.browser.visits.Visits.open`.

    What is changed of a page's context, such as its rights or its network, wants ``apart=True``.
    At the end of the test a page error, an error in the console or a request to another host
    fails it.
    """
    visits = Visits(profile, lambda: request.getfixturevalue("browser"))
    try:
        yield visits.open
    finally:
        visits.end()
    assert not visits.complaints, "\n".join(visits.complaints)
