"""From an upload to a model that answers, in a real browser; and a run that outlives its server."""

import contextlib
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bert_core.training import runs
from tests import tiny
from tests.browser.conftest import PROJECT, start_server, wait_until_healthy

pytestmark = pytest.mark.browser
APP = PROJECT / "app.py"
LONG = 120_000  # milliseconds; a run imports torch first, on a machine that may be busy
SHORT = 3_000  # a popover opens without the server
Open = Callable[..., Page]
TEXTS = (
    ("The bread is warm.", "good"), ("The train is late.", "bad"),
    ("Our garden is near the lake.", "good"), ("It rains on the cold station.", "bad"),
    ("She writes a letter to her town.", "good"), ("The window is old and grey.", "bad"),
)  # fmt: skip
GOOD = "text,label\n" + "".join(f"{text},{label}\n" for text, label in TEXTS * 4)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The folder of runs, beside a tiny model; what still runs there at the end is killed."""
    tiny.write_bert(tmp_path / "tiny")
    yield tmp_path / "home"
    for folder in runs.list_runs(tmp_path / "home"):
        runs.stop(folder, force=True, grace=0.0)


@pytest.fixture
def server(home: Path, tmp_path: Path) -> Iterator[Callable[[], tuple[Any, str]]]:
    """Start a server of this test's own; as often as it is killed."""
    begun: list[subprocess.Popen[bytes]] = []

    def start() -> tuple[subprocess.Popen[bytes], str]:
        log = tmp_path / f"server{len(begun)}.log"
        extra = {"BERT_EXPLORER_HOME": str(home), "BERT_EXPLORER_FOLDERS": str(tmp_path)}
        process, url = start_server(APP, log, PROJECT, extra)
        begun.append(process)
        wait_until_healthy(url, process, log)
        return process, url

    yield start
    for process in begun:
        process.kill()
        process.wait()


def settled(page: Page) -> None:
    """Wait until the script has run to its end."""
    page.wait_for_timeout(150)
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=LONG
    )


def type_in(page: Page, label: str, value: object) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(str(value))
    field.press("Enter")
    settled(page)


def upload(page: Page, path: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(path)
    settled(page)


def order(page: Page, tmp_path: Path, *, steps: int) -> None:
    """Fill the form for a quick run on the tiny model, with good data."""
    page.get_by_role("radio", name="Upload").click()
    good = tmp_path / "good.csv"
    good.write_text(GOOD, encoding="utf-8")
    upload(page, good)
    type_in(page, "Start from", tmp_path / "tiny")
    type_in(page, "Batch size", 4)
    type_in(page, "Max seq length", 16)
    type_in(page, "Max steps", steps)


def badge(page: Page, words: str) -> Any:
    return page.locator(".stMarkdownBadge").filter(has_text=words)


def launch(page: Page) -> None:
    page.get_by_role("button", name="Launch", exact=True).click()
    page.wait_for_url(re.compile("run="), timeout=LONG)


def test_from_an_upload_to_an_answer(server: Any, open_page: Open, tmp_path: Path) -> None:
    _, url = server()
    page = open_page(f"{url}/fine_tune")
    expect(page.get_by_text("no problems")).to_be_visible(timeout=LONG)  # of the sample

    page.get_by_role("radio", name="Upload").click()
    bad = tmp_path / "bad.csv"
    bad.write_text(GOOD.replace("The train is late.,bad", "The train is late.,", 1), "utf-8")
    upload(page, bad)
    problems = page.get_by_role("table", name=re.compile("^Problems"))
    expect(problems).to_contain_text("training 3", timeout=LONG)
    expect(problems).to_contain_text("no label")
    expect(page.get_by_text("It cannot be launched yet. Training data, row 3")).to_be_visible()
    expect(page.get_by_role("button", name="Launch", exact=True)).to_be_disabled()

    order(page, tmp_path, steps=8)
    launch(page)
    expect(badge(page, "finished")).to_be_visible(timeout=LONG)
    result = page.get_by_role("table", name=re.compile("^Result"))
    expect(result.get_by_role("row", name=re.compile("^accuracy"))).to_contain_text(
        re.compile(r"\d+\.\d\d"), timeout=LONG
    )

    type_in(page, "Text", "The heron waits near the cold lake.")
    answer = page.get_by_role("table", name=re.compile("^What it is"))
    for label in ("good", "bad"):
        expect(answer.get_by_role("row", name=re.compile(label))).to_contain_text("%", timeout=LONG)
    shares = [float(share) for share in re.findall(r"(\d+\.\d)\s%", answer.inner_text())]
    assert sum(shares) == pytest.approx(100, abs=0.2)
    figure = result.inner_text()

    page.reload()
    expect(badge(page, "finished")).to_be_visible(timeout=LONG)
    assert result.inner_text() == figure
    assert page.get_by_test_id("stException").count() == 0
    page.set_viewport_size({"width": 420, "height": 900})
    settled(page)
    assert page.evaluate(
        "document.querySelector('[data-testid=stMain]').scrollWidth"
        " <= document.querySelector('[data-testid=stMain]').clientWidth"
    )


def steps_done(page: Page) -> int:
    """The step that the page says the run is at; waits until it says one."""
    words = page.get_by_text(re.compile(rf"step [\d,]+ of {STEPS:,}")).first
    expect(words).to_be_visible(timeout=LONG)
    found = re.search(r"step ([\d,]+) of", words.inner_text())
    assert found
    return int(found[1].replace(",", ""))


STEPS = 50_000
"""More than any machine does while the test lasts: the run is met at work whenever it is."""


def test_a_run_outlives_its_server_stops_and_goes_on(
    server: Any, open_page: Open, tmp_path: Path
) -> None:
    process, url = server()
    page = open_page(f"{url}/fine_tune")
    expect(page.get_by_text("no problems")).to_be_visible(timeout=LONG)
    order(page, tmp_path, steps=STEPS)
    launch(page)
    run = page.url.partition("?")[2]
    before = steps_done(page)
    page.goto("about:blank")
    process.send_signal(signal.SIGKILL)
    process.wait()

    _, url = server()
    again = open_page(f"{url}/fine_tune?{run}")
    expect(badge(again, "running")).to_be_visible(timeout=LONG)
    assert steps_done(again) > before
    again.get_by_role("button", name="Stop", exact=True).click()
    again.get_by_role("button", name="Stop and save").click()
    expect(badge(again, "stopped, partial")).to_be_visible(timeout=LONG)
    expect(again.get_by_text("this is what it had learnt until then")).to_be_visible(timeout=LONG)
    stopped = steps_done(again)

    goes_on = again.get_by_text(f"It goes on from step {stopped:,}")
    for _ in range(5):  # the page may be drawn anew as the run ends, which closes it
        again.get_by_role("button", name="Resume", exact=True).click()
        with contextlib.suppress(AssertionError):
            expect(goes_on).to_be_visible(timeout=SHORT)
            break
    again.get_by_role("button", name="Resume it").click()
    expect(badge(again, "running")).to_be_visible(timeout=LONG)
    bar = again.get_by_test_id("stProgress").filter(has_text=re.compile(r"step \d"))
    further = bar.filter(has_not_text=f"step {stopped:,} of")  # the log names it for some time
    expect(further).to_be_visible(timeout=LONG)
    assert steps_done(again) > stopped
