"""What holds on every page: axe finds nothing serious, a phone suffices, a keyboard suffices."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PROJECT

pytestmark = pytest.mark.browser
AXE = Path(__file__).with_name("axe-core") / "axe.min.js"
LONG = 60_000  # milliseconds, for the first answer on a busy machine
PHONE = 420  # pixels across
# Each page, and words that stand there once its worked example is computed.
PAGES = {
    "": "Five things to try",
    "masked_word": "What fits",
    "next_sentence": "is next",
    "question_answering": "1968",
    "attention": "All heads",
    "words_in_context": "Random other words",
    "tokens": "characters",
    "fine_tune": "Settings",
    "api": "When there is no answer",
}
SERIOUS = """async () => {
  const found = await axe.run(document, {resultTypes: ['violations']});
  return found.violations.filter(({impact}) => ['serious', 'critical'].includes(impact))
    .map(({id, help, nodes}) => `${id}: ${help}: ` + nodes.map((node) => node.html.slice(0, 200)));
}"""
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def url(serve: Callable[..., str]) -> str:
    return serve(PROJECT / "app.py")


def shown(page: Page, words: str) -> None:
    """Wait for the worked example, and until the script has run to its end."""
    expect(page.get_by_text(words).first).to_be_visible(timeout=LONG)
    page.wait_for_timeout(300)
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=LONG
    )


def violations(page: Page) -> Any:
    if not AXE.exists():
        pytest.fail("axe-core is missing: sh tests/browser/install_axe.sh, which needs npm")
    page.evaluate(AXE.read_text("utf-8"))  # the page's policy lets no script element in
    return page.evaluate(SERIOUS)


WIDE = """root => [...root.querySelectorAll(
  'button, input:not([type=range]), textarea, h1, h2, h3, p')]
  .filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > innerWidth
    && !node.closest('[data-testid=stDataFrame], .scroll, .box'))
  .map((node) => node.outerHTML.slice(0, 160))"""


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious_and_a_phone_shows_it_all(
    url: str, open_page: Open, name: str
) -> None:
    page = open_page(f"{url}/{name}")
    shown(page, PAGES[name])
    found = violations(page)
    assert found == [], "\n".join(found)

    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", "rgb(16, 19, 27)")
    shown(page, PAGES[name])
    found = violations(page)
    assert found == [], "\n".join(found)

    page.set_viewport_size({"width": PHONE, "height": 900})
    shown(page, PAGES[name])
    main = page.get_by_test_id("stMain")
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    assert main.evaluate(WIDE) == []


def test_words_on_the_accent_can_be_read(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/fine_tune")
    launch = page.get_by_test_id("stBaseButton-primary").first
    expect(launch).to_have_css("color", "rgb(255, 255, 255)")
    page.emulate_media(color_scheme="dark")
    expect(launch).to_have_css("background-color", "rgb(139, 136, 255)")
    expect(launch).to_have_css("color", "rgb(18, 18, 18)")


def test_presentation_hides_what_is_for_experts(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/masked_word?k=4")
    shown(page, "Layer by layer")
    for hidden in ("Options", "Model"):
        expect(page.get_by_text(hidden, exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="In Python").first).to_be_visible()
    page.get_by_text("Presentation", exact=True).click()
    for hidden in ("Options", "Model"):
        expect(page.get_by_text(hidden, exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="In Python")).to_have_count(0)
    # What was chosen holds: four words and their header.
    fits = page.get_by_role("table", name="What fits")
    expect(fits.get_by_role("row")).to_have_count(5)
    page.get_by_role("link", name="Attention").click()
    shown(page, "All heads")
    expect(page.get_by_text("Hide special pieces")).to_have_count(0)
    page.get_by_text("Presentation", exact=True).click()
    expect(page.get_by_text("Hide special pieces")).to_be_visible()


FOCUSED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  if (!node.matches('a, button, input')) return ''; // a scrolling region holds all words
  return node.getAttribute('aria-label') || node.innerText || '';
}"""


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus says these words; a mouse is never used."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if words in page.evaluate(FOCUSED):
            return
    pytest.fail(f"eighty tabs lead past '{words}'")


def test_the_keyboard_alone_suffices(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/")
    shown(page, PAGES[""])
    tab_to(page, "Open Masked word")
    page.keyboard.press("Enter")
    page.wait_for_url("**/masked_word*")
    shown(page, "What fits")
    tab_to(page, "she")  # the first chip; the arrows go on from there
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_text("Original: won, rank")).to_be_visible(timeout=LONG)

    page.goto(f"{url}/attention")
    shown(page, PAGES["attention"])
    tab_to(page, "layer 3, head 2:")  # the open head
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Layer 3, head 3").first).to_be_visible(timeout=LONG)
