"""A document in a real browser: marks in their place, a box that scrolls itself, a heat strip."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_components import CONTRAST

pytestmark = pytest.mark.browser
HERE = Path(__file__).resolve().parent
HOSTILE = "<img src=x onerror=window.hacked=1> & <b>bold</b> </script>"
LONG = 30_000  # milliseconds

# Whether the answer stands where it should in its box: whole, and in the upper third.
IN_PLACE = """box => {
  const marks = [...box.querySelectorAll("mark")];
  if (!marks.length) return false;
  const top = marks[0].getBoundingClientRect().top - box.getBoundingClientRect().top;
  return top >= 0 && top < box.clientHeight / 3;
}"""
# A radio button is clicked, and the answer it names is drawn. (Playwright's own locators read
# every character of the page, which takes seconds for a book.)
CHOOSE = """([box, answer]) => new Promise((done) => {
  const labels = [...document.querySelectorAll("[data-testid=stRadio] label")];
  labels.find((label) => label.textContent.includes(answer)).click();
  const look = () => {
    const drawn = [...box.querySelectorAll("mark")].map((mark) => mark.textContent).join("");
    if (drawn === (answer === "none" ? "" : answer)) done(true);
    else requestAnimationFrame(look);
  };
  look();
})"""
SELECT = """box => {
  const [from, to] = [box.children[0].lastChild, box.children[2].firstChild];
  const range = document.createRange();
  range.setStart(from, from.length - 20);
  range.setEnd(to, 20);
  getSelection().setBaseAndExtent(from, from.length - 20, to, 20);
  return range.toString();
}"""
SIDEWAYS = """box => [...box.getRootNode().querySelectorAll("*")]
  .filter((node) => !node.matches("style, .tip") && (node.scrollWidth > node.clientWidth + 1 &&
    node.matches(".document, .box, .heat, .cells") ||
    node.getBoundingClientRect().right > innerWidth))
  .map((node) => node.className)"""


@pytest.fixture
def show(serve: Callable[..., str], open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open the page with the document and wait until its answer is in place."""

    def show_(query: str = "", **options: object) -> Page:
        page = open_page(serve(HERE / "document_page.py") + query, **options)
        box(page).wait_for(timeout=LONG)
        page.wait_for_function(IN_PLACE, arg=box(page).element_handle(), timeout=LONG)
        return page

    return show_


def box(page: Page) -> Locator:
    return page.locator(".st-key-ferry .box")


def cells(page: Page) -> Locator:
    return page.locator(".st-key-ferry .cell")


def choose(page: Page, answer: str) -> None:
    page.evaluate(CHOOSE, [box(page).element_handle(), answer])


def wait_in_place(page: Page) -> None:
    page.wait_for_function(IN_PLACE, arg=box(page).element_handle())


def top(page: Page) -> float:
    return float(box(page).evaluate("box => box.scrollTop"))


def settled(page: Page) -> None:
    """Wait until the box stands still: the same place in twelve frames."""
    page.wait_for_function(
        """box => new Promise((done) => {
          const [before, frames] = [box.scrollTop, 12];
          const look = (left) => left ? requestAnimationFrame(() => look(left - 1))
            : done(box.scrollTop === before);
          look(frames);
        })""",
        arg=box(page).element_handle(),
    )


def test_the_answer_is_marked_where_it_stands(show: Callable[..., Page]) -> None:
    page = show()
    marks = box(page).locator("mark")
    assert "".join(marks.all_text_contents()) == "Lucie Arnaud"  # after an emoji
    candidates = box(page).locator(".candidate").all_text_contents()
    assert "".join(candidates) == "gave Lucie Arnaud"
    style = marks.first.evaluate("mark => getComputedStyle(mark).borderBottom")
    assert style.startswith("2px solid")
    said = page.get_by_role("region", name="Ferry history").aria_snapshot()
    assert "(answer, 91.3 %" in said
    marks.first.hover()
    tip = page.locator(".st-key-ferry .tip")
    expect(tip).to_have_text("answer, 91.3 %\ncandidate 2, 4.0 %\ncandidate 3, 1.1 %")
    choose(page, "Monteils")
    expect(tip).to_be_hidden()


def test_text_stays_text(show: Callable[..., Page]) -> None:
    page = show()
    assert HOSTILE in (box(page).text_content() or "")
    assert page.locator("img").count() == 0
    assert page.evaluate("window.hacked") is None
    assert box(page).locator("*:not(.chunk, .run)").count() == 0


def test_the_box_scrolls_and_the_page_does_not(show: Callable[..., Page]) -> None:
    page = show("?size=30000", width=420, height=500)
    view = box(page).element_handle()
    view.evaluate("box => { window.box = box; window.first = box.firstChild.firstChild; }")
    radio = page.get_by_role("radio", name="Monteils")
    radio.focus()
    assert box(page).locator(".chunk").count() > 3
    main = page.get_by_test_id("stMain")
    before, first = main.evaluate("main => main.scrollTop"), top(page)
    choose(page, "Monteils")
    wait_in_place(page)
    assert top(page) > first
    assert main.evaluate("main => main.scrollTop") == before
    expect(radio).to_be_focused()
    same = "box => window.box === box && window.first === box.firstChild.firstChild"
    assert view.evaluate(same)  # neither mounted again nor rewritten where nothing changed

    settled(page)
    there = top(page)
    choose(page, "none")
    settled(page)
    assert top(page) == there

    page.emulate_media(reduced_motion="reduce")
    assert view.evaluate("box => getComputedStyle(box).scrollBehavior") == "auto"
    page.emulate_media(reduced_motion="no-preference")
    assert view.evaluate("box => getComputedStyle(box).scrollBehavior") == "smooth"


def test_a_hidden_box_scrolls_when_it_is_shown(show: Callable[..., Page]) -> None:
    page = show("?size=30000")
    host = page.locator(".st-key-ferry")
    choose(page, "none")
    box(page).evaluate("box => box.scrollTo({ top: 0, behavior: 'instant' })")
    host.evaluate("host => { host.style.display = 'none'; }")
    choose(page, "Monteils")
    host.evaluate("host => { host.style.display = ''; }")
    wait_in_place(page)


def test_bins_scroll_by_mouse_and_by_key(show: Callable[..., Page]) -> None:
    page = show("?size=30000")
    expect(cells(page)).to_have_count(240)
    strip = page.get_by_role("toolbar")
    expect(strip.get_by_role("group", name="start").get_by_role("button")).to_have_count(120)
    stops = page.locator(".st-key-ferry .cell[tabindex='0']")
    expect(stops).to_have_count(1)
    expect(stops).to_have_attribute("aria-label", "start 91.3\xa0% at 'Lucie'")
    expect(stops).to_have_attribute("aria-description", "the highest")

    cells(page).first.click()
    settled(page)
    assert top(page) < 50
    stops.focus()
    said = cells(page).first.get_attribute("aria-label") or ""
    assert said.startswith("start 0.2\xa0% at")
    expect(page.locator(".st-key-ferry .tip")).to_have_text(said)
    for key, index in (
        ("ArrowRight", 1),
        ("ArrowLeft", 0),
        ("ArrowLeft", 0),
        ("End", 119),
        ("ArrowDown", 239),
        ("Home", 120),
        ("ArrowUp", 0),
        ("End", 119),
    ):
        page.keyboard.press(key)
        expect(cells(page).nth(index)).to_be_focused()
    expect(stops).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "box => box.scrollTop > 0.9 * (box.scrollHeight - box.clientHeight)",
        arg=box(page).element_handle(),
    )
    expect(cells(page).nth(119)).to_be_focused()
    page.locator(".st-key-ferry .cell.top").first.click()
    wait_in_place(page)


@pytest.mark.parametrize("query", ["", "&solid"], ids=["paragraphs", "one paragraph"])
def test_a_million_characters(
    serve: Callable[..., str], open_page: Callable[..., Page], query: str
) -> None:
    frames: list[int] = []
    page = open_page("about:blank", apart=True)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))),
    )
    page.goto(f"{serve(HERE / 'document_page.py')}?size=1000000{query}")
    page.wait_for_function(
        "() => document.querySelector('.st-key-ferry [data-testid=stBidiComponentIsolated]')"
        "?.shadowRoot?.querySelector('mark')",
        timeout=LONG,
    )
    wait_in_place(page)
    length = box(page).evaluate("box => box.textContent.length")
    assert length > 850_000
    assert sum(frames) > length
    for answer in ("Monteils", "none", "Lucie Arnaud"):
        frames.clear()
        choose(page, answer)
        assert 1_000 < sum(frames) < 60_000  # new marks, and not the text again
    wait_in_place(page)

    selected = box(page).evaluate(SELECT)
    assert len(selected) > 4_000
    page.keyboard.press("Control+C")
    assert page.evaluate("navigator.clipboard.readText()") == selected


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_contrast(show: Callable[..., Page], dark: bool) -> None:
    page = show(dark=dark)
    page.get_by_text("Window", exact=True).click()
    expect(box(page).locator(".window.answer")).to_have_count(2)
    cells(page).nth(3).focus()
    expect(page.locator(".st-key-ferry .tip")).to_be_visible()
    found = page.evaluate(CONTRAST)
    assert {"Lucie", "gave", "start", "Start and end probab"} <= {text for text, _ in found}
    assert [pair for pair in found if pair[1] < 4.5] == []


def test_a_phone_sees_everything_without_scrolling_sideways(show: Callable[..., Page]) -> None:
    page = show("?size=30000", width=420, touch=True)
    assert box(page).evaluate(SIDEWAYS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_goes_and_comes_back(show: Callable[..., Page]) -> None:
    page = show("?size=30000")
    switch = page.get_by_text("Document", exact=True)
    switch.click()
    expect(page.locator(".st-key-ferry")).to_have_count(0)
    switch.click()
    expect(box(page)).to_have_count(1)
    wait_in_place(page)
