"""How many bytes a view of all heads takes, and how long a browser draws it.

Ours is the grid inside Streamlit, on the way the app takes: its server, its socket, its
component, in a page that is open already. The clock starts when the later of its two messages,
the weights and what is said of them, has arrived. Beside it stands the processor time of the
page's process from the click that asks for the grid until it is drawn, all that Streamlit does
included; other work on the machine changes it less.

The peer is bertviz's model view. Its bytes are those of the HTML it makes for a notebook. It is
drawn from the smaller page of :mod:`bert_core.views.bertviz_frames`, whose numbers have four
decimals: its own asks other hosts for its libraries. The clock starts when all data has been read
and the first line of its script runs, so its way to the browser costs it nothing.

Both clocks stop two frames after the last mark is in the page. The script of either then has
ended and a frame with its marks was made; what a compositor may still do in threads of its own
is not counted.
"""

import json
import math
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
import psutil
from playwright.sync_api import Browser, Error, Page, Playwright, sync_playwright

from bert_core.analysis.attention.attend import view
from bert_core.analysis.attention.measures import Weighed
from bert_core.views import bertviz_frames
from bert_core.views.attention_payload import grid_payload
from tests.bench.attention_grid import HEADS, LAYERS, made_weights
from tests.browser.chromium import find_chromium
from tests.browser.conftest import ARGUMENTS, start_server, wait_until_healthy
from tests.unit.made_attention import tokens_of

LENGTHS = (32, 64, 128, 256, 512)
ROUNDS = 5
LIMIT = 120.0
"""Seconds that a page may take to draw."""
MOST_MEMORY = 6 * 2**30
"""Bytes that the browser may take."""
SMALL = 5_000
"""Bytes of a message that brings no part of a grid, such as the end of a run."""
GRID = Path(__file__).with_name("attention_grid.py")

# Note when each message comes, and when the grid has been there for two frames.
WATCH_GRID = """
const arrived = window.arrived = [];
window.WebSocket = class extends window.WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) =>
      arrived.push([performance.now(), data.byteLength ?? data.size ?? data.length]));
  }
};
const hosts = () => [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")];
function look() {
  const there = hosts().some((host) => host.shadowRoot?.querySelector(".grid[data-drawn]"));
  requestAnimationFrame(there ? () => { window.drawn = performance.now(); } : look);
}
requestAnimationFrame(look);
"""
# Note when bertviz's script begins (it is given its data just before), and when all scripts of
# the page have run and two frames were made.
WATCH_BERTVIZ = """
let given;
Object.defineProperty(window, "bertviz_params", {
  get: () => given,
  set(params) { given = params; window.begun = performance.now(); },
});
document.addEventListener("DOMContentLoaded", () => requestAnimationFrame(() =>
  requestAnimationFrame(() => { window.drawn = performance.now(); })));
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One way to show all heads.

    Attributes:
        size: bytes that the browser is sent.
        rounds: seconds until it is drawn, each time; none: it was not.
        processor: seconds of processor time of the page's process, the median.
        why_not: what happened instead.
    """

    size: int
    rounds: tuple[float, ...] = ()
    processor: float = math.nan
    why_not: str = ""

    @property
    def seconds(self) -> float:
        """Until it is drawn, the median; NaN where it was not."""
        return statistics.median(self.rounds or (math.nan,))

    def words(self) -> str:
        """The median and, where there were several rounds, the fastest; or why there is none."""
        fastest = f" ({min(self.rounds):.3f})" if len(self.rounds) > 1 else ""
        return f"{self.seconds:.3f} s{fastest}" if self.rounds else self.why_not


class Watch:
    """A block in which a page may draw; given up, it is killed, since it answers to nothing else.

    Attributes:
        reason: why it was given up; empty: it was not.
    """

    def __init__(self) -> None:
        self.reason = ""
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        begun = time.perf_counter()
        while not self._done.wait(0.5):
            largest = max(psutil.Process().children(recursive=True), key=resident)
            if resident(largest) > MOST_MEMORY:
                self.reason = f"not drawn with {MOST_MEMORY >> 30} GiB"
            elif time.perf_counter() - begun > LIMIT:
                self.reason = f"not drawn within {LIMIT:.0f} s"
            if self.reason:
                largest.kill()
                return


def resident(process: psutil.Process) -> int:
    """Bytes of memory that a process takes; 0 once it has ended."""
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def open_browser(driver: Playwright) -> Browser:
    """A Chromium without a graphics card."""
    return driver.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))


def fresh_page(browser: Browser, watch: str) -> Page:
    """A page of its own context, cut off from the network."""
    # Playwright asks by eval, which bertviz's page of ours forbids.
    context = browser.new_context(viewport={"width": 1400, "height": 900}, bypass_csp=True)
    context.route("**/*", lambda route: route.continue_() if "//127.0.0.1" in route.request.url
                  or route.request.url.startswith("file:") else route.abort())  # fmt: skip
    page = context.new_page()
    page.add_init_script(watch)
    return page


def payload_size(pieces: int) -> int:
    """Bytes of the grid itself: its buffer and what is said of it."""
    numbers = range(1, LAYERS + 1)
    payload = grid_payload(made_weights(pieces), layers=numbers, heads=numbers)
    return len(payload.buffer) + len(json.dumps(payload.data).encode())


def renderer_seconds(browser: Browser) -> float:
    """Processor time so far of all pages of a browser."""
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return sum(float(each["cpuTime"]) for each in found if each["type"] == "renderer")


def draw_grid(browser: Browser, address: str, pieces: int) -> Drawn:
    """Open the page several times; the times, and the bytes of all messages to the browser."""
    sizes, spent, processor = [], [], []
    for _ in range(ROUNDS):
        page = fresh_page(browser, WATCH_GRID)
        page.goto(f"{address}/?pieces={pieces}")
        button = page.get_by_role("button", name="Draw")
        button.wait_for(timeout=1000 * LIMIT)
        before = renderer_seconds(browser)
        button.click()
        page.wait_for_function("window.drawn", timeout=1000 * LIMIT)
        processor.append(renderer_seconds(browser) - before)
        arrived, drawn = page.evaluate("[window.arrived, window.drawn]")
        sizes.append(sum(size for at, size in arrived if at < drawn))
        spent.append(
            (drawn - max(at for at, size in arrived if at < drawn and size > SMALL)) / 1000
        )
        page.context.close()
    median = statistics.median
    return Drawn(round(median(sizes)), tuple(spent), median(processor))


def notebook_size(weights: np.ndarray) -> int:
    """Bytes of what bertviz hands to a notebook for one text."""
    import torch
    from bertviz import model_view

    attention = list(torch.from_numpy(weights)[:, None])
    tokens = [f"word{number}" for number in range(weights.shape[-1])]
    return len(model_view(attention, tokens, html_action="return").data.encode())


def bertviz_page(weights: np.ndarray) -> str:
    """The model view as one page, however long the text."""
    pieces, numbers = weights.shape[-1], tuple(range(1, LAYERS + 1))
    tokens = tokens_of(" ".join(f"word{number}" for number in range(pieces - 2)))
    whole = Weighed("made up", tokens, "raw", numbers, numbers, weights, ())
    with patch.multiple(bertviz_frames, MODEL_VIEW_UNITS=pieces, MOST_NUMBERS=weights.size):
        return bertviz_frames.model_view_html(view(whole))


def draw_bertviz(driver: Playwright, file: Path, pieces: int) -> Drawn:
    """Open its page once in a browser of its own, which may not survive it."""
    weights = made_weights(pieces)
    # Its HTML takes a number of bytes for each weight; longer texts are not worth the memory.
    known = weights[:, :, :128, :128]
    size = notebook_size(known) * weights.size // known.size
    file.write_text(bertviz_page(weights), "utf-8")
    del weights, known
    browser = open_browser(driver)
    with Watch() as watch:
        try:
            page = fresh_page(browser, WATCH_BERTVIZ)
            page.goto(file.as_uri(), wait_until="commit", timeout=0)
            page.wait_for_function("window.drawn", timeout=0)
            begun, drawn = page.evaluate("[window.begun, window.drawn]")
            lines = page.locator("#vis line").count()
            assert lines == LAYERS * HEADS * pieces**2, lines
            seconds = (drawn - begun) / 1000
        except Error as error:
            if not watch.reason and "crash" not in error.message.lower():
                raise
            return Drawn(size, why_not=watch.reason or "the page crashed")
        finally:
            browser.close()
    return Drawn(size, (seconds,))


def main() -> None:
    """Measure both for every length; the peer until it gives up."""
    if not find_chromium():
        print("\nNo Chromium was found (name one in CHROMIUM): drawing is not measured.")
        return
    print("\nAll 144 heads in a browser; wall-clock seconds, median and fastest of the rounds")
    print(f"{'pieces':<8}{'grid':>10}{'in all':>10}{'bertviz':>14}{'ratio':>7}"
          f"{'grid drawn':>18}{'processor':>11}{'bertviz drawn':>24}{'ratio':>7}")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        log = Path(folder) / "server.log"
        server, address = start_server(GRID, log, Path(__file__).resolve().parents[2], {})
        browser = open_browser(driver)
        given_up = False
        try:
            wait_until_healthy(address, server, log)
            for pieces in LENGTHS:
                ours = draw_grid(browser, address, pieces)
                line = f"{pieces:<8}{payload_size(pieces):>10,}{ours.size:>10,}"
                drawn = f"{ours.words():>18}{ours.processor:>9.2f} s"
                if given_up:
                    print(f"{line}{'':>21}{drawn}{'not tried':>24}", flush=True)
                    continue
                peer = draw_bertviz(driver, Path(folder) / "bertviz.html", pieces)
                given_up = not peer.rounds
                ratio = "" if given_up else f"{peer.seconds / ours.seconds:.0f}"
                print(f"{line}{peer.size:>14,}{peer.size / ours.size:>7.0f}{drawn}"
                      f"{peer.words():>24}{ratio:>7}", flush=True)  # fmt: skip
        finally:
            browser.close()
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
