"""A visitor who is faster than the scripts of the components: nothing stays away."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
PAGE = Path(__file__).resolve().with_name("slow_page.py")
# Every script that Streamlit makes a module of waits before it runs, until told to go on.
HELD = """
  const addressOf = URL.createObjectURL.bind(URL);
  window.going = new Promise((go) => { window.goOn = go; });
  window.held = 0;
  URL.createObjectURL = (blob) => {
    if (blob.type !== "text/javascript") return addressOf(blob);
    window.held += 1;
    return addressOf(new Blob(["await window.going;\\n", blob], { type: blob.type }));
  };
"""
COMPONENTS = 6


def test_new_data_that_come_before_the_scripts(
    serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    page = open_page("about:blank")
    page.add_init_script(HELD)
    page.goto(serve(PAGE))
    page.wait_for_function(f"window.held >= {COMPONENTS}")
    for number in (2, 3):
        page.get_by_label("Number").fill(str(number))
        page.get_by_label("Number").press("Enter")
        expect(page.get_by_text(f"The number is {number}.")).to_be_visible()
    page.evaluate("window.goOn()")

    expect(page.get_by_role("button", name="piece 3")).to_be_visible()
    expect(page.get_by_role("table").get_by_text("row 3")).to_be_visible()
    expect(page.locator(".st-key-document")).to_contain_text("A text of its own, 3.")
    expect(page.get_by_role("toolbar", name="Grid 3")).to_be_visible()
    expect(page.get_by_role("application", name="Head 3")).to_be_visible()
    expect(page.get_by_role("button", name="SVG of picture 3")).to_be_visible()
    for key in ("grid", "head"):
        expect(page.locator(f".st-key-{key} [data-drawn]")).to_be_visible()
