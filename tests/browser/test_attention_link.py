"""A link restores every field of the attention page; a row of the head table opens its head."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from pages._attention.state import FIELDS
from tests.browser.conftest import PROJECT

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG = 60_000  # milliseconds
# Every field in another state than its default, all of them possible together.
STATE = {
    "text": "The heron waits by the mill.",
    "pair": "It is late.",
    "masked": "2",
    "measure": "norm",
    "level": "word",
    "block": "ab",
    "hide": "1",
    "renormalise": "0",
    "scale": "head",
    "layer": "2",
    "head": "5",
    "view": "lines",
    "share": "70",
    "unit": "2",
    "compare": "text",
    "other_text": "The otter waits by the mill.",
    "other_pair": "It is cold.",
    "side": "other",
    "off": "1.1",
    "show": "Head table",
}
ELSEWHERE = {"window", "other_model"}  # of long texts, and of another model: tests of their own


@pytest.fixture(scope="module")
def url(serve: Callable[..., str]) -> str:
    return f"{serve(PROJECT / 'app.py')}/attention"


def test_a_link_restores_every_field(url: str, open_page: Open) -> None:
    assert set(STATE) | ELSEWHERE == {field.name for field in FIELDS}
    page = open_page(f"{url}?{urlencode(STATE)}")
    expect(page.get_by_text("Layer 2, head 5").first).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Copy link").click()
    link = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text()
    assert dict(parse_qsl(urlsplit(link.strip()).query, keep_blank_values=True)) == STATE


def test_a_row_of_the_head_table_opens_its_head(url: str, open_page: Open) -> None:
    page = open_page(f"{url}?{urlencode({'show': 'Head table'})}")
    expect(page.get_by_text("Layer 3, head 2").first).to_be_visible(timeout=LONG)
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_be_visible(timeout=LONG)
    table.scroll_into_view_if_needed()
    # Rows are drawn on a canvas, 35 pixels each, below as high a header; the first column picks.
    table.locator(".dvn-scroller").click(position={"x": 15, "y": 35 * 5 + 17})
    expect(page.get_by_text("Layer 1, head 5").first).to_be_visible(timeout=LONG)
