"""The attribution panel in a real browser: the core's numbers, another baseline, bad links."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from bert_core import Encoder, load
from bert_core.analysis.attention.targets import Target
from bert_core.analysis.attribution.attribute import AttributionResult, attribute
from bert_core.examples import examples
from bert_core.views.attributions import BASELINE_NAMES
from tests.browser.conftest import PROJECT

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG = 60_000  # milliseconds
FIRST = next(iter(examples("masked_word").values()))
AT_REST = """async () => {
  const moving = document.getAnimations().map((each) => each.effect.getTiming().iterations
    === Infinity ? null : each.finished);
  await Promise.allSettled(moving);
}"""
PASSAGE = "In winter the members repaired eleven kayaks. The roof was mended by Ada Quist."


@pytest.fixture(scope="module")
def url(models: Path, serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    home = str(tmp_path_factory.mktemp("home"))
    return serve(PROJECT / "app.py", fresh=True, BERT_EXPLORER_HOME=home)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load()


def opened(open_page: Open, address: str, *, width: int = 1400, **query: str) -> Page:
    return open_page(f"{address}?{urlencode({'show': 'Attribution', **query})}", width=width)


def computed(page: Page, awaited: Locator | None = None, *, patience: int = LONG) -> None:
    """Wait for the scores and the end of the run; a busy machine may want a click first.

    Args:
        page: where they stand.
        awaited: what shows that they are there; None: the line under any scores.
        patience: milliseconds until they or the button have to be there.
    """
    scores = awaited or error_lines(page)
    go = page.get_by_role("button", name="Compute the attribution")
    expect(scores.or_(go).first).to_be_visible(timeout=patience)
    if go.is_visible():
        go.click()
    expect(scores.first).to_be_visible(timeout=LONG)
    settled(page)


def settled(page: Page) -> None:
    """Wait for the end of the run: it closes what is open."""
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=LONG
    )


def error_lines(page: Page) -> Locator:
    return page.get_by_text(re.compile("The scores add up to .* and miss it by"))


def number(shown: str) -> float:
    return float(shown.replace("\N{MINUS SIGN}", "-"))


def expect_scores(page: Page, result: AttributionResult) -> None:
    """The core's scores beside what leaving out does, the largest first, and how they add up."""
    line = error_lines(page).filter(has_text=BASELINE_NAMES[result.baseline])
    expect(line).to_be_visible(timeout=LONG)
    settled(page)
    found = result.outputs[0]
    # Another number of threads may turn the last digit, and the order of two equal rows.
    said = [number(each) for each in re.findall(r"[+\N{MINUS SIGN}]\d+\.\d\d", line.inner_text())]
    difference = found.logit - found.baseline_logit
    sums = [found.logit, found.baseline_logit, difference, float(found.scores.sum())]
    assert said == pytest.approx(sums, abs=0.011)
    rows = page.locator(".st-key-mw_owed_0 tbody tr")
    expect(rows).to_have_count(len(result.replaced))
    scores = found.scores[list(result.replaced)]
    for row, place in zip(rows.all(), np.argsort(-abs(scores), kind="stable"), strict=True):
        piece, *_, score, left_out, _ = row.inner_text().split()
        assert number(score) == pytest.approx(scores[place], abs=0.011)
        if abs(scores[place]) > 1:
            assert piece == result.tokens.pieces[result.replaced[place]]
            assert number(left_out) == pytest.approx(found.left_out[place], abs=0.011)


def test_a_masked_word_by_two_baselines(
    url: str, open_page: Open, encoder: Encoder, tmp_path: Path
) -> None:
    tokens = encoder.tokenize(FIRST.text, FIRST.pair or None)
    page = opened(open_page, f"{url}/masked_word", steps="9")
    computed(page)
    best = attribute(encoder, tokens, steps=9)
    expect_scores(page, best)
    expect(page.get_by_text(f"Logit of “{best.label}”")).to_be_visible()
    tinted = page.locator(".st-key-mw_owed_chips_0 .chip.tinted")
    expect(tinted).to_have_count(len(best.replaced))
    expect(page.get_by_text("The same order?")).to_be_visible()

    page.get_by_text("Options", exact=True).last.click()
    zero = error_lines(page).filter(has_text=BASELINE_NAMES["zero"])
    pick(page, "Baseline", "all word vectors zero", zero)
    expect_scores(page, attribute(encoder, tokens, steps=9, baseline="zero"))
    followed = page.get_by_text("Logit of “pulitzer”")
    pick(page, "Word that is followed", re.compile("^pulitzer"), followed)
    pulitzer = attribute(encoder, tokens, Target(word="pulitzer"), steps=9, baseline="zero")
    expect_scores(page, pulitzer)

    with page.expect_download() as caught:
        page.get_by_role("button", name="CSV").last.click()
    file = tmp_path / "file.csv"
    caught.value.save_as(file)
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))
    assert {row["method"] for row in rows} == {"integrated", "gradient"}
    scores = [float(row["score_nats"]) for row in rows if row["method"] == "integrated"]
    assert scores == pytest.approx(pulitzer.outputs[0].scores.tolist(), abs=1e-3)

    settled(page)
    page.get_by_role("button", name="Copy link").click()
    link = page.locator("code").filter(has_text="follow=pulitzer").inner_text()
    again = open_page(link)
    computed(again, again.get_by_text("Logit of “pulitzer”"))
    expect_scores(again, pulitzer)


def pick(page: Page, label: str, option: str | re.Pattern[str], shown: Locator) -> None:
    """Choose from a list until the choice shows: a page that is drawn anew closes an open list."""
    for patience in (20_000, 20_000, LONG):
        settled(page)
        page.evaluate(AT_REST)  # what grows or scrolls closes an open list
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=option).click()
        try:
            return computed(page, shown, patience=patience)
        except AssertionError:
            if patience == LONG:
                raise
    return None


def test_both_outcomes_of_a_pair(url: str, open_page: Open) -> None:
    page = opened(open_page, f"{url}/next_sentence", steps="2")
    computed(page)
    for outcome, words in (("is not next", "does not follow"), ("is next", "follows")):
        page.get_by_role("radio", name=outcome, exact=True).click()
        computed(page, page.get_by_text(f"Logit of “the second text {words}”"))
        expect(page.locator(".st-key-nx_owed_0 tbody tr").first).to_be_visible()


def test_start_and_end_of_an_answer_on_a_phone(url: str, open_page: Open) -> None:
    query = {"steps": "2", "example": "own text", "text": PASSAGE}
    page = opened(open_page, f"{url}/question_answering", width=420,
                  question="Who mended the roof?", **query)  # fmt: skip
    computed(page)
    for name in ("start", "end"):
        expect(page.get_by_text(re.compile(f"Logit of “{name}: "))).to_be_visible()
    expect(error_lines(page)).to_have_count(2)
    for output in (0, 1):
        expect(page.locator(f".st-key-qa_owed_{output} tbody tr")).to_have_count(15)
    page.locator(".st-key-qa_owed_every_0").get_by_text("Show all").click()
    chips = page.locator(".st-key-qa_owed_chips_0 .chip.tinted")
    expect(page.locator(".st-key-qa_owed_0 tbody tr")).to_have_count(chips.count())
    main = page.get_by_test_id("stMain")
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0


def test_bad_links_are_met_with_a_sentence(
    url: str, open_page: Open, folder_of: Callable[[str], Path]
) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    page = opened(open_page, f"{url}/masked_word", steps="900", baseline="noise", follow=hostile)
    for said in ("steps = '900' is not understood", "baseline = 'noise' is not understood",
                 f"'{hostile}' is not among the words above"):  # fmt: skip
        expect(page.get_by_text(said)).to_be_visible(timeout=LONG)
    computed(page)
    assert page.locator("img[src=x]").count() == 0

    headless = str(folder_of("bert-next_sentence"))
    page.goto(f"{url}/masked_word?{urlencode({'show': 'Attribution', 'model': headless})}")
    expect(page.get_by_test_id("stAlert")).to_have_text(
        re.compile("has no masked word head"), timeout=LONG
    )
    expect(error_lines(page)).to_have_count(0)
    assert page.get_by_test_id("stException").count() == 0
