"""Many visitors at one model: how long they wait, and how many are answered when all ask at once.

Two parts. In the first, a server of its own answers masked words through the JSON API to 20
visitors, each asking every 3 seconds. In the second, 20 threads of this process ask the core as
fast as they are answered, with small questions computed together and, in alternating rounds, with
the encoder behind a plain lock that computes one question after another. Each asks as the page
does, hidden states included, and as the API does, without them.
Where other work keeps the machine busy, the processor time of an answer says more than the clock.

Options: ``--seconds`` of the first part, ``--visitors``, ``--rounds``, ``--only paced|full``.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

import bert_core
from bert_core.model.waiting import Line, Ticket
from bert_core.settings import PROJECT
from bert_core.tasks.masked import fill_trace, trace_masks
from tests.bench.fill_mask import masked_texts

PAUSE = 3.0
ROUND_SECONDS = 5.0
PORT = 8623
Question = Callable[[str], object]


class PlainLock(Line):
    """What an encoder had before: a lock that takes whoever comes, one question at a time."""

    def __init__(self) -> None:
        super().__init__(0)
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, ticket: Ticket | None = None, **_how: Any) -> Iterator[Ticket]:
        """A block that one caller is in."""
        with self._lock:
            yield ticket or Ticket()

    def others(self) -> list[Ticket]:
        """Nobody is taken along."""
        return []


def percentile(times: Sequence[float], share: float) -> float:
    """A percentile of some times, in seconds."""
    return float(np.percentile(list(times), 100 * share))


# ---- everybody now and then --------------------------------------------------------------------


@contextmanager
def served() -> Iterator[str]:
    """The app in a process of its own; its address, once the embedded model is in memory."""
    command = [sys.executable, "-m", "streamlit", "run", str(PROJECT / "app.py"),
               "--server.headless", "true", "--server.address", "127.0.0.1",
               "--server.port", str(PORT)]  # fmt: skip
    env = {**os.environ, "BERT_EXPLORER_REQUESTS_PER_MINUTE": "100000"}
    process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{PORT}"
    try:
        deadline = time.monotonic() + 120
        while not _ready(address):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("The server did not start.")
            time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as reply:
            return bool(json.load(reply)["model"]["loaded"])
    except (OSError, ValueError):
        return False


def ask_api(address: str, text: str) -> bool:
    """Fill a mask; whether there was an answer."""
    body = json.dumps({"text": text, "k": 10}).encode()
    request = urllib.request.Request(
        f"{address}/api/v1/fill", body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return bool(json.load(reply)["masks"])
    except (urllib.error.URLError, OSError, ValueError, KeyError) as error:
        print(f"lost: {error}")
        return False


def paced(address: str, visitors: int, seconds: float, texts: Sequence[str]) -> None:
    """Let every visitor ask every 3 seconds, beginning at different moments."""
    ask_api(address, texts[0])  # the first request imports what answers
    times: list[float] = []
    lost: list[str] = []
    begun = time.monotonic()

    def visit(number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - reproducible texts, no secret
        due = begun + PAUSE * number / visitors
        while due < begun + seconds:
            time.sleep(max(0.0, due - time.monotonic()))
            text, asked = chance.choice(texts), time.monotonic()
            (times if ask_api(address, text) else lost).append(  # type: ignore[attr-defined]
                time.monotonic() - asked
            )
            due = max(due + PAUSE, time.monotonic())

    together([lambda n=n: visit(n) for n in range(visitors)])  # type: ignore[misc]
    print(
        f"{visitors} visitors, every {PAUSE:.0f} s for {seconds:.0f} s, through the JSON API: "
        f"{len(times)} answers, {len(lost)} lost; median {percentile(times, 0.5):.3f} s, "
        f"p95 {percentile(times, 0.95):.3f} s, longest {max(times):.3f} s"
    )


# ---- everybody at once -------------------------------------------------------------------------


def together(work: Sequence[Callable[[], object]]) -> None:
    """Run each in a thread of its own until all are done."""
    threads = [threading.Thread(target=each) for each in work]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def rate(
    question: Question, texts: Sequence[str], visitors: int, seconds: float
) -> tuple[float, float]:
    """When every visitor asks again as soon as it is answered.

    Returns:
        Answers per second, and seconds of processor time for each answer.
    """
    counts = [0] * visitors
    begun, spent = time.perf_counter(), time.process_time()

    def visit(number: int) -> None:
        chance = random.Random(number)  # noqa: S311
        while time.perf_counter() < begun + seconds:
            question(chance.choice(texts))
            counts[number] += 1

    together([lambda n=n: visit(n) for n in range(visitors)])  # type: ignore[misc]
    answers = sum(counts)
    return answers / (time.perf_counter() - begun), (time.process_time() - spent) / answers


def question_of(encoder: bert_core.Encoder, hidden: bool) -> Question:
    """From a text to what fits its mask."""

    def ask(text: str) -> object:
        tokens = encoder.tokenize(text)
        return fill_trace(encoder, trace_masks(encoder, tokens, hidden=hidden))

    return ask


def full(texts: Sequence[str], visitors: int, rounds: int) -> None:
    """Compare both ways in alternating rounds, with hidden states and without."""
    merged, plain = bert_core.load(), bert_core.load()
    plain.line = PlainLock()
    callers: list[int] = []
    merged.on_pass = lambda together, _: callers.append(together)
    print(f"\n{visitors} visitors at once, {rounds} rounds of {ROUND_SECONDS:.0f} s each way")
    print(f"{'':<42}{'lock':>8}{'together':>10}{'ratio':>8}")
    for what, hidden in (("as the page asks", True), ("as the API asks", False)):
        ways = [question_of(encoder, hidden) for encoder in (plain, merged)]
        for way in ways:
            rate(way, texts, visitors, 1.0)
        found = [[rate(way, texts, visitors, ROUND_SECONDS) for way in ways] for _ in range(rounds)]
        wall = [statistics.median(each[way][0] for each in found) for way in (0, 1)]
        cost = [statistics.median(each[way][1] * 1000 for each in found) for way in (0, 1)]
        faster = statistics.median(two[0] / one[0] for one, two in found)
        cheaper = statistics.median(one[1] / two[1] for one, two in found)
        print(f"{what + ', answers/s':<42}{wall[0]:>8.0f}{wall[1]:>10.0f}{faster:>8.2f}")
        print(f"{what + ', processor ms/answer':<42}{cost[0]:>8.1f}{cost[1]:>10.1f}{cheaper:>8.2f}")
    print(f"computed together with others: {sum(n for n in callers if n > 1) / sum(callers):.1%}")


def main() -> None:
    """Measure both parts."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=180.0)
    options.add_argument("--visitors", type=int, default=20)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", choices=("paced", "full"))
    chosen = options.parse_args()
    texts = masked_texts(64, 1)
    print(
        f"single sentences; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the beginning"
    )
    if chosen.only != "full":
        with served() as address:
            paced(address, chosen.visitors, chosen.seconds, texts)
    if chosen.only != "paced":
        full(texts, chosen.visitors, chosen.rounds)


if __name__ == "__main__":
    main()
