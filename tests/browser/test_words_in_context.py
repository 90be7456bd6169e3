"""Words in context in a real browser: which bank is it, own sentences, bad ones, a link, files."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from bert_core.analysis.embeddings.geometry import Geometry, space
from bert_core.analysis.embeddings.senses import senses
from bert_core.analysis.embeddings.sentences import ready_sets, write_lines
from bert_core.analysis.embeddings.vectors import word_in_context
from bert_core.views.embedding_tables import verdict
from tests.browser.conftest import PROJECT

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG = 60_000  # milliseconds
HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def url(serve: Callable[..., str]) -> str:
    return f"{serve(PROJECT / 'app.py')}/words_in_context"


@pytest.fixture(scope="module")
def bank(embedded):  # type: ignore[no-untyped-def]
    return word_in_context(embedded, ready_sets()["bank"].sentences, "bank")


def figure(page: Page, key: str) -> Locator:
    """A figure once it is drawn."""
    found = page.locator(f".st-key-{key} .main-svg").first
    found.wait_for(timeout=LONG)
    return page.locator(f".st-key-{key}")


def type_lines(page: Page, lines: str) -> None:
    box = page.get_by_role("textbox", name="Sentences, one a line")
    box.fill(lines)
    box.press("Control+Enter")


def look(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).click()


def fits_the_width(page: Page) -> bool:
    return bool(
        page.evaluate(
            "document.querySelector('[data-testid=stMain]').scrollWidth"
            " <= document.querySelector('[data-testid=stMain]').clientWidth"
        )
    )


def test_which_bank_and_why(url: str, open_page: Open, embedded, bank) -> None:  # type: ignore[no-untyped-def]
    page = open_page(url)
    expect(page.get_by_text(verdict(senses(embedded, bank)))).to_be_visible(timeout=LONG)
    figure(page, "wc_readings")
    points = figure(page, "wc_points")
    expect(points.locator(".legendtext")).to_have_text(["river", "money"])
    expect(points.locator(".scatterlayer .trace").first.locator("path.point")).to_have_count(12)
    here = space(bank, 5)
    words = f"Random other words of these sentences have a mean cosine of {here.baseline:.2f}"
    expect(page.get_by_text(re.compile(f"^{words}"))).to_be_visible()

    look(page, "Nearest")
    rows = page.get_by_role("table", name=re.compile("^Nearest sentences")).get_by_role("row")
    order = np.argsort(-here.values[0])
    nearest = bank.occurrences[int(order[order != 0][0])].sentence
    expect(rows.nth(1)).to_contain_text(nearest.text, timeout=LONG)
    expect(rows.nth(1)).to_contain_text(f"{np.sort(here.values[0])[-2]:.3f}")
    words_near = page.get_by_role("table", name=re.compile("^Nearest words"))
    expect(words_near).to_contain_text("banks")

    look(page, "All layers")
    frames = figure(page, "wc_all")
    expect(frames.locator(".annotation-text").filter(has_text="layer 5 · 100%")).to_be_visible()
    look(page, "Layer by layer")
    figure(page, "wc_by_layer")
    expect(page.get_by_text("widest at layer 6")).to_be_visible()

    page.get_by_text("lead", exact=True).click()
    expect(page.get_by_label("Word", exact=True)).to_have_value("lead", timeout=LONG)
    expect(page.get_by_text("Does it know which lead?")).to_be_visible(timeout=LONG)


def test_what_cannot_be_used_is_said(url: str, open_page: Open) -> None:
    page = open_page(url, width=420)
    page.on("dialog", lambda dialog: pytest.fail(f"a text spoke: {dialog.message}"))
    figure(page, "wc_points")
    alert = page.get_by_test_id("stAlert")

    word = page.get_by_label("Word", exact=True)
    for typed, said in ((" ", "no word to follow"), ("bank", "Does it know which bank")):
        word.fill(typed)
        word.press("Enter")
        expect(page.get_by_text(said)).to_be_visible(timeout=LONG)
    type_lines(page, "We sat on the bank.\nThere is no such word here.")
    expect(alert).to_contain_text("found in 1 of 2 sentences", timeout=LONG)
    expect(page.locator(".st-key-wc_points")).to_have_count(0)
    type_lines(page, "\n".join(["A bank."] * 101))
    expect(alert).to_contain_text("101 sentences; at most 100", timeout=LONG)
    type_lines(page, f"x{HOSTILE} | A bank {HOSTILE}\n# [a](http://b) bank\nOne bank by a bank.")
    expect(alert).to_contain_text("put the sense before each sentence", timeout=LONG)
    points = figure(page, "wc_points")
    expect(points.locator(".legendtext").first).to_contain_text("<img src=x")
    expect(page.get_by_text("Line 3 has the word 2 times; number 1 is taken.")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("a[href*='http://b']").count() == 0
    assert page.get_by_test_id("stException").count() == 0
    assert fits_the_width(page)


def test_a_link_restores_and_files_are_exact(
    url: str,
    open_page: Open,
    embedded,  # type: ignore[no-untyped-def]
    tmp_path: Path,
) -> None:
    text = write_lines(ready_sets()["bank"].sentences[8:16])
    asked = {"set": "own", "word": "bank", "text": text, "layer": 3, "centre": 1, "drop": 2}
    page = open_page(f"{url}?{urlencode(asked)}", dark=True)
    figure(page, "wc_points")
    expect(page.get_by_role("textbox", name="Sentences, one a line")).to_have_value(text)
    trace = word_in_context(embedded, text, "bank")
    here = space(trace, 3, Geometry(centre=True, drop=2))
    first, second = (str(each.dimension) for each in here.dropped)
    said = page.get_by_text(re.compile("^2 dimensions left out"))
    expect(said).to_have_text(re.compile(rf": {first} \(.*\) and {second} \("), timeout=LONG)

    page.get_by_role("button", name="Copy link").click()
    code = page.locator("code").filter(has_text="words_in_context?")
    expect(code).to_be_visible(timeout=LONG)
    link = parse_qs(urlsplit(code.inner_text()).query)
    assert {name: link[name][0] for name in asked} == {n: str(v) for n, v in asked.items()}
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Download").first.click()
    files = {}
    for name in ("Vectors, all layers (NPZ)", "All but the vectors (JSON)",
                 "Figures (HTML, opens offline)"):  # fmt: skip
        with page.expect_download() as caught:
            page.get_by_role("button", name=name).click()
        files[name] = tmp_path / caught.value.suggested_filename
        caught.value.save_as(files[name])
    npz, record, html = files.values()
    with np.load(io.BytesIO(npz.read_bytes()), allow_pickle=False) as found:
        assert np.abs(found["vectors"] - trace.vectors).max() <= 1e-5
        assert found["spans"].tolist() == [[e.start, e.end] for e in trace.occurrences]
    stored = json.loads(record.read_text("utf-8"))
    assert np.allclose(stored["similarities"], here.values, atol=1e-4)
    offline = open_page(html.as_uri())
    expect(offline.locator(".main-svg .barlayer path").first).to_be_visible(timeout=LONG)
    assert offline.locator(".scatterlayer path.point").count() >= 8


def test_one_sentences_tokens(url: str, open_page: Open) -> None:
    page = open_page(url)
    figure(page, "wc_points")
    look(page, "One sentence's tokens")
    tokens = figure(page, "wc_tokens")
    expect(tokens.locator(".xtick").filter(has_text="fisherman")).to_be_visible(timeout=LONG)
    look(page, "Paths")
    expect(tokens.locator(".scatterlayer .trace")).to_have_count(13, timeout=LONG)
    box = page.get_by_label("Sentence", exact=True)
    box.fill("")
    box.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("text is empty", timeout=LONG)
    expect(page.locator(".st-key-wc_tokens")).to_have_count(0)
