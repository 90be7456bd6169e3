"""How soon the server stands, and whether it grows: a cold start, and a long day in small.

Three parts, each with servers of its own:

1. A cold start beside that of an empty Streamlit app with the same configuration, in alternating
   rounds: from the start of the process to the first health answer, to the first heading that
   stands in Chromium, and from a start of its own to the answer of the masked-word page. The disk's
   cache is warm and Python has compiled the project before; the browser's cache is empty.
2. The memory that the server holds after its first answer.
3. A soak: every page by turns, each visit by a visitor of its own, and what the server's memory has
   grown by since it settled.

The processor time that the server spent until a moment stands beside the clock: on a busy machine
it says more.

Options: ``--rounds``, ``--minutes`` of the soak (30 for the figure that counts), ``--settle``,
``--only start|soak``, ``--port``.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from bert_core.settings import PROJECT
from tests.bench.fill_mask import masked_texts
from tests.browser.chromium import find_chromium
from tests.browser.conftest import ARGUMENTS
from tests.browser.test_every_page import PAGES

EMPTY = 'import streamlit as st\n\nst.title("Empty")\n'
LONG = 180_000
"""Milliseconds that an answer may take on a busy machine."""
MIB = 2**20
SAMPLES = 8
"""Visits over which the memory is averaged: with each page once, it goes up and down."""


@dataclass(frozen=True, slots=True)
class Moment:
    """How far a server was: seconds since its start, by the clock and of its processor time."""

    clock: float
    processor: float


class Server:
    """A server that was just started.

    Args:
        command: of the process.
        folder: that it runs in.
        url: where it will answer.
    """

    def __init__(self, command: list[str], folder: Path, url: str) -> None:
        self.url = url
        self.begun, self.since_1970 = time.perf_counter(), time.time()
        # Python may keep what it compiled, as it does unless somebody forbids it.
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        self.process = psutil.Popen(command, cwd=folder, env=kept, stdout=subprocess.DEVNULL)

    def moment(self) -> Moment:
        """How far it is now."""
        spent = self.process.cpu_times()
        return Moment(time.perf_counter() - self.begun, spent.user + spent.system)

    def memory(self) -> float:
        """MiB in memory, of the process and those it started."""
        family = [self.process, *self.process.children(recursive=True)]
        return float(sum(each.memory_info().rss for each in family)) / MIB

    def healthy(self, path: str) -> Moment:
        """Wait for the first good answer of a health check."""
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}{path}", timeout=5):
                    return self.moment()
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None or self.moment().clock > LONG / 1000:
                    raise SystemExit("The server did not start.") from None
                time.sleep(0.01)

    def end(self) -> None:
        """Tell it to end, and wait."""
        self.process.terminate()
        self.process.wait(30)


@contextmanager
def app(port: int) -> Iterator[Server]:
    """The app, as ``make run`` starts it."""
    command = [sys.executable, "-m", "bert_core", "serve", "--port", str(port)]
    server = Server(command, PROJECT, f"http://127.0.0.1:{port}")
    try:
        yield server
    finally:
        server.end()


@contextmanager
def empty(port: int) -> Iterator[Server]:
    """A Streamlit app of one line, with the same configuration."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(PROJECT / ".streamlit", folder / ".streamlit")
        (folder / "app.py").write_text(EMPTY, "utf-8")
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        server = Server(command, folder, f"http://127.0.0.1:{port}")
        try:
            yield server
        finally:
            server.end()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser."""
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        yield running
        running.close()


@contextmanager
def visitor(browser: Browser) -> Iterator[Page]:
    """A page of somebody who was never here."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    yield context.new_page()
    context.close()


# ---- the start ---------------------------------------------------------------------------------


STANDS = """words => {
    const parts = (root) => [root, ...[...root.querySelectorAll("*")].flatMap(
        (each) => each.shadowRoot ? parts(each.shadowRoot) : [])];
    const found = words === null
        ? document.querySelector("h1")?.checkVisibility()
        : document.body && parts(document.body).some(
              (part) => part.textContent.toLowerCase().includes(words.toLowerCase()));
    return found ? performance.timeOrigin + performance.now() : false;
}"""
"""When a frame was drawn with a heading, or with words: milliseconds since 1970, as the browser has
it. Looked up from outside it would be a matter of how often one looks: Playwright's own waiting
looks twice a second after its first half second."""


def seen(browser: Browser, server: Server, path: str, words: str | None) -> Moment:
    """How far the server is when a page shows its first heading, or some words."""
    with visitor(browser) as page:
        page.goto(f"{server.url}/{path}", wait_until="commit")
        stood = page.wait_for_function(STANDS, arg=words, polling="raf", timeout=LONG)
        return Moment(stood.json_value() / 1000 - server.since_1970, server.moment().processor)


def once(browser: Browser, port: int) -> dict[str, tuple[Moment, Moment]]:
    """One round: each moment of the empty app and of this one; the memory as its last."""
    found: dict[str, list[Moment]] = {"health answer": [], "home painted": []}
    for begin, health in ((empty, "/_stcore/health"), (app, "/healthz")):
        with begin(port) as server:
            found["health answer"].append(server.healthy(health))
            found["home painted"].append(seen(browser, server, "", None))
            if begin is empty:
                least = server.memory()
    with app(port) as server:
        server.healthy("/healthz")
        words = PAGES["masked_word"]
        found["first answer"] = [
            found["home painted"][0],
            seen(browser, server, "masked_word", words),
        ]
        held = server.memory()
    found["memory, MiB"] = [Moment(least, 0), Moment(held, 0)]
    return {name: (both[0], both[1]) for name, both in found.items()}


def start(browser: Browser, rounds: int, port: int) -> None:
    """Compare cold starts; medians of the rounds, after one that is not counted."""
    once(browser, port)
    all_rounds = [once(browser, port) for _ in range(rounds)]
    print(f"\ncold start, medians of {rounds}; seconds by the clock (of the processor)")
    print(f"{'':<16}{'empty app':>16}{'this app':>16}{'ratio':>14}{'more':>8}")
    middle: Callable[[str, int, str], float] = lambda name, which, unit: statistics.median(  # noqa: E731
        getattr(each[name][which], unit) for each in all_rounds
    )
    for name in all_rounds[0]:
        clock = [middle(name, which, "clock") for which in (0, 1)]
        spent = [middle(name, which, "processor") for which in (0, 1)]
        ratio = statistics.median(e[name][1].clock / e[name][0].clock for e in all_rounds)
        work = f" ({spent[1] / spent[0]:.2f})" if spent[0] else ""
        both = [
            f"{c:.2f} ({s:.2f})" if s else f"{c:.0f}" for c, s in zip(clock, spent, strict=True)
        ]
        print(
            f"{name:<16}{both[0]:>16}{both[1]:>16}{ratio:>7.2f}{work:>7}{clock[1] - clock[0]:>8.2f}"
        )


# ---- the soak ----------------------------------------------------------------------------------


def visit(browser: Browser, server: Server, path: str, words: str) -> float:
    """Open a page as a new visitor, wait for its answer, leave; MiB that the server holds then."""
    with visitor(browser) as page:
        page.goto(f"{server.url}/{path}")
        page.get_by_text(words).first.wait_for(timeout=LONG)
        return server.memory()


def soak(browser: Browser, minutes: float, settle: float, port: int) -> None:
    """Visit all pages by turns and print the memory, minute by minute, and its growth."""
    texts = masked_texts(256, 1)
    held: list[tuple[float, float]] = []  # minutes since the beginning, MiB
    print(f"\nsoak of {minutes:.0f} minutes, growth after the first {settle:.0f}")
    with app(port) as server:
        server.healthy("/healthz")
        begun = time.monotonic()
        while (passed := (time.monotonic() - begun) / 60) < minutes:
            number = len(held)
            path, words = list(PAGES.items())[number % len(PAGES)]
            if path == "masked_word":  # each time another text, which nobody has asked before
                path += f"?text={urllib.request.quote(texts[number // len(PAGES) % len(texts)])}"
            memory = visit(browser, server, path, words)
            if not held or int(passed) > int(held[-1][0]):
                print(f"{passed:5.1f} min, {number} visits: {memory:.0f} MiB", flush=True)
            held.append((passed, memory))
    turn = len(PAGES)
    settled = [memory for passed, memory in held if passed <= settle][-turn:]
    last = [memory for _, memory in held][-turn:]
    before, after = statistics.mean(settled), statistics.mean(last)
    print(
        f"{len(held)} visits; {before:.0f} MiB after {settle:.0f} minutes, {after:.0f} at the end "
        f"(means of one turn): {after / before - 1:+.1%}"
    )


def main() -> None:
    """Measure both."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--minutes", type=float, default=4.0)
    options.add_argument(
        "--settle", type=float, help="minutes; by default 5, or half of a short soak"
    )
    options.add_argument("--port", type=int, default=8628)
    options.add_argument("--only", choices=("start", "soak"))
    chosen = options.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the beginning")
    with chromium() as browser:
        if chosen.only != "soak":
            start(browser, chosen.rounds, chosen.port)
        if chosen.only != "start":
            settle = chosen.settle or min(5.0, chosen.minutes / 2)
            soak(browser, chosen.minutes, settle, chosen.port)


if __name__ == "__main__":
    main()
