"""The attention page with two sides: a minimal pair, another model, a mask, a wrong name."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from bert_core import Encoder, ModelChoice, load
from bert_core.analysis.attention.attend import AttentionResult, attend
from bert_core.analysis.attention.difference import compare_attention
from bert_core.examples import examples
from tests.browser.conftest import PROJECT
from tests.browser.test_attention import LONG, detail, drawn

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
READY = [examples(name)["Pronoun"].text for name in ("attention", "attention_other")]


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    home = str(tmp_path_factory.mktemp("home"))
    return serve(PROJECT / "app.py", fresh=True, BERT_EXPLORER_HOME=home) + "/attention"


def point(page: Page, name: str, row: int, column: int) -> None:
    """Go to a cell of the open head with the keyboard."""
    page.get_by_role("application", name=name).focus()
    for key, times in (("PageUp", 2), ("Home", 1), ("ArrowDown", row), ("ArrowRight", column)):
        for _ in range(times):
            page.keyboard.press(key)


def expect_value(page: Page, result: AttentionResult, place: tuple[int, int, int, int]) -> None:
    """What is said of a cell is the core's number, to the last digit that is shown."""
    row, column = (
        result.units[units[at]].text
        for units, at in zip((result.rows, result.columns), place[2:], strict=True)
    )
    words = f"from '{row}' to '{column}': "
    status = detail(page).get_by_role("status")
    expect(status).to_have_text(re.compile(f"^{re.escape(words)}"), timeout=LONG)
    said = float(status.inner_text().removeprefix(words).replace("−", "-"))
    # Another number of threads may turn a last digit that stands on the edge.
    assert said == pytest.approx(float(result.weights[place]), abs=6e-5)


@contextmanager
def redrawn(page: Page) -> Iterator[None]:
    """Wait until what is done here has changed the weights of the open head."""
    drawing = detail(page).locator("[data-drawn]")
    before = drawing.get_attribute("data-drawn")
    assert before
    yield
    expect(drawing).not_to_have_attribute("data-drawn", before, timeout=LONG)


def test_a_minimal_pair(url: str, open_page: Open, embedded: Encoder) -> None:
    page = open_page(url)
    drawn(page)
    with redrawn(page):
        page.get_by_role("radio", name="Another text").click()
    expect(page.get_by_role("textbox", name="Other text A")).to_have_value(READY[1], timeout=LONG)
    expect(page.get_by_text("Different in the same place: 'she / he'.")).to_be_visible(timeout=LONG)
    found = compare_attention(*(attend(embedded, text) for text in READY))
    point(page, "Layer 3, head 2", 7, 9)
    expect_value(page, found.difference, (2, 1, 7, 9))
    point(page, "Layer 3, head 2", 7, 8)
    assert found.difference.weights[2, 1, 7, 8] < 0
    expect_value(page, found.difference, (2, 1, 7, 8))

    with redrawn(page):
        page.get_by_role("radio", name="The other").click()
    point(page, "Layer 3, head 2", 7, 9)
    expect_value(page, found.other, (2, 1, 7, 9))

    page.get_by_role("button", name="Copy link").click()
    code = page.locator("code").filter(has_text="side=other")
    expect(code).to_be_visible(timeout=LONG)
    page.goto(code.inner_text())
    expect(page.get_by_role("radio", name="The other")).to_be_checked(timeout=LONG)
    expect(page.get_by_role("textbox", name="Other text A")).to_have_value(READY[1])
    drawn(page)
    point(page, "Layer 3, head 2", 7, 9)
    expect_value(page, found.other, (2, 1, 7, 9))


def test_another_model_a_mask_and_a_wrong_name(
    url: str, open_page: Open, embedded: Encoder
) -> None:  # fmt: skip
    asked = dict(compare="model", other_model="reader", layer=5, head=7)
    page = open_page(f"{url}?{urlencode(asked)}")
    drawn(page)
    expect(page.get_by_text("Weights of embedded minus those of reader.")).to_be_visible(
        timeout=LONG
    )
    with redrawn(page):
        page.locator(".st-key-at_chips .chip", has_text="she").click()
    expect(page.locator(".st-key-at_chips .chip", has_text="[MASK]")).to_be_visible()
    reader = load(ModelChoice("reader"))
    found = compare_attention(*(attend(each, READY[0], masked=(7,)) for each in (embedded, reader)))
    point(page, "Layer 5, head 7", 7, 5)
    expect_value(page, found.difference, (4, 6, 7, 5))

    name = page.get_by_role("textbox", name="Other model")
    name.fill("no/such/folder")
    with redrawn(page):
        name.press("Enter")
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("no/such/folder", timeout=LONG)
    expect(page.get_by_text("Shown is this text under this model alone.")).to_be_visible()
    point(page, "Layer 5, head 7", 7, 5)
    expect_value(page, attend(embedded, READY[0], masked=(7,)), (4, 6, 7, 5))


def test_one_layer_at_a_time_and_the_head_that_was_open(url: str, open_page: Open) -> None:
    asked = dict(text="It is late.", measure="flow", layer=4, head=5, scale="head")
    page = open_page(f"{url}?{urlencode(asked)}")
    title = detail(page).locator(".title")
    expect(title).to_have_text("Layer 4, heads joined", timeout=LONG)
    drawn(page)
    expect(page.get_by_role("switch", name="One scale for all heads")).not_to_be_checked()
    with redrawn(page):
        page.get_by_role("combobox", name="Layer").click()
        page.get_by_role("option", name="2", exact=True).click()
    expect(title).to_have_text("Layer 2, heads joined", timeout=LONG)
    page.locator(".st-key-at_grid .cell").first.click()
    page.get_by_role("button", name="Copy link").click()
    code = page.locator("code").filter(has_text="layer=2")
    expect(code).to_contain_text("head=5", timeout=LONG)
    expect(code).to_contain_text("scale=head")
