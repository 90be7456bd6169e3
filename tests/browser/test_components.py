"""The chips and the bar table in a real browser, by mouse, by keyboard and by eye."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser
HERE = Path(__file__).resolve().parent
EXPECTED_PIECES = 19
STORE, BRA, FIRST_SEP, LAST = 6, 11, 8, 18

# Every piece of text the components show, with its colour and the background it stands on.
CONTRAST = """() => {
  const pen = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const v = c[i] / 255;
    return sum + weight * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);
  const paper = (node) => {
    for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  for (const host of document.querySelectorAll("[data-testid=stBidiComponentIsolated]")) {
    const texts = document.createTreeWalker(host.shadowRoot, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const owner = texts.currentNode.parentElement;
      const text = texts.currentNode.data.trim();
      if (!text || owner.closest("style, .sr, .tip:not(:popover-open)")) continue;
      if (!owner.getClientRects().length) continue;
      const [a, b] = [light(rgba(getComputedStyle(owner).color)), light(paper(owner))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      found.push([text.slice(0, 20), ratio]);
    }
  }
  return found;
}"""
WIDER_THAN_ITS_BOX = """() =>
  [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
    .flatMap((host) => [...host.shadowRoot.querySelectorAll(".strip, .bars, table")])
    .filter((node) => node.scrollWidth > node.clientWidth + 1 ||
                      node.getBoundingClientRect().right > innerWidth)
    .map((node) => node.className || node.tagName)"""
FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return [...(at?.closest(".chips")?.children ?? [])].indexOf(at);
}"""


@pytest.fixture
def show(serve: Callable[..., str], open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open the page with both components and wait until they are drawn."""

    def show_(query: str = "", **options: object) -> Page:
        page = open_page(serve(HERE / "components_page.py") + query, **options)
        expect(pieces(page)).to_have_count(EXPECTED_PIECES, timeout=30_000)
        expect(strip(page, "hostile").locator(".chip")).to_have_count(7)
        return page

    return show_


def strip(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}")


def pieces(page: Page) -> Locator:
    return strip(page, "sentence").locator(".chip")


def logged(page: Page, *clicks: str) -> None:
    """Wait until the server has counted exactly these toggles."""
    expect(page.get_by_text(f"Log: {', '.join(clicks)};")).to_be_visible()


def focus_is_on(page: Page, position: int) -> None:
    page.wait_for_function(f"position => ({FOCUSED})() === position", arg=position)


def test_click_masks_and_restores(show: Callable[..., Page]) -> None:
    page = show()
    store = pieces(page).nth(STORE)
    expect(store).to_have_text("[MASK]")
    expect(store).to_have_attribute("aria-pressed", "true")
    expect(store).to_have_attribute("aria-description", "Original: store")
    store.click()
    expect(store).to_have_text("store")
    expect(store).to_have_attribute("aria-pressed", "false")
    pieces(page).nth(2).click()
    expect(pieces(page).nth(2)).to_have_text("[MASK]")
    logged(page, "6", "2")


def test_shift_click_takes_the_whole_word(show: Callable[..., Page]) -> None:
    page = show()
    expect(pieces(page).nth(BRA)).to_have_text("##bra")
    pieces(page).nth(BRA).click(modifiers=["Shift"])
    for position in (10, 11, 12):
        expect(pieces(page).nth(position)).to_have_text("[MASK]")
    expect(pieces(page).nth(13)).to_have_text("a")
    logged(page, "11 whole")


def test_special_pieces_do_not_toggle(show: Callable[..., Page]) -> None:
    page = show()
    separator = pieces(page).nth(FIRST_SEP)
    expect(separator).to_have_attribute("aria-disabled", "true")
    separator.click(force=True)
    page.keyboard.press("Space")
    pieces(page).nth(1).click()
    logged(page, "1")
    expect(separator).to_have_text("[SEP]")


def test_keys_move_and_toggle_and_focus_stays(show: Callable[..., Page]) -> None:
    page = show("?above")
    stops = strip(page, "sentence").locator(".chip[tabindex='0']")
    expect(stops).to_have_count(1)
    stops.focus()
    focus_is_on(page, 1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    logged(page, "2")
    expect(page.get_by_text("a line that came with click 1")).to_be_visible()
    focus_is_on(page, 2)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    logged(page, "2", "1")
    focus_is_on(page, 1)
    for key, position in (("End", LAST), ("ArrowRight", LAST), ("Home", 0), ("ArrowLeft", 0)):
        page.keyboard.press(key)
        focus_is_on(page, position)
    pieces(page).nth(BRA).focus()
    page.keyboard.press("Shift+Space")
    logged(page, "2", "1", "11 whole")
    focus_is_on(page, BRA)
    expect(stops).to_have_count(1)


def test_arrow_down_goes_to_the_line_below(show: Callable[..., Page]) -> None:
    page = show(width=420)
    pieces(page).nth(1).focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function(f"() => ({FOCUSED})() > 1")
    boxes = [box.bounding_box() for box in pieces(page).all()]
    below = page.evaluate(FOCUSED)
    tops = sorted({round(box["y"]) for box in boxes if box})
    assert round(boxes[below]["y"]) == tops[1]
    page.keyboard.press("ArrowUp")
    page.wait_for_function(f"() => ({FOCUSED})() < {below}")
    assert round(boxes[page.evaluate(FOCUSED)]["y"]) == tops[0]


def test_clicks_in_one_breath_are_all_counted(show: Callable[..., Page]) -> None:
    page = show()
    pieces(page).first.evaluate(
        "first => [1, 2, 3].forEach(i => first.parentElement.children[i].click())"
    )
    logged(page, "1", "2", "3")


def test_clicks_on_a_busy_server_are_all_counted(show: Callable[..., Page]) -> None:
    page = show("?slow")
    for position in (1, 2, 3, 4):
        pieces(page).nth(position).click()
        page.wait_for_timeout(120)
    logged(page, "1", "2", "3", "4")
    for position in (1, 2, 3, 4):
        expect(pieces(page).nth(position)).to_have_text("[MASK]")


def test_hostile_text_is_shown_as_text(show: Callable[..., Page]) -> None:
    page = show()
    texts = strip(page, "hostile").locator(".chip .t")
    expect(texts.nth(0)).to_have_text("</script><img src=x onerror=window.hacked=1>")
    expect(texts.nth(4)).to_have_text("nul\\x00here")
    expect(texts.nth(5)).to_have_text("w" * 300)
    expect(page.get_by_role("rowheader", name="</script><img")).to_be_visible()
    assert page.locator("img").count() == 0
    assert page.evaluate("window.hacked") is None
    arabic = texts.nth(1)
    assert arabic.evaluate("node => getComputedStyle(node).direction") == "rtl"
    assert texts.nth(5).evaluate("node => node.scrollWidth > node.clientWidth")
    texts.nth(5).hover()
    expect(strip(page, "hostile").locator(".tip")).to_have_text("w" * 300)


def test_notes_show_on_focus_and_leave_nothing_behind(show: Callable[..., Page]) -> None:
    page = show()
    session = page.context.new_cdp_session(page)

    def scroll_listeners() -> int:
        window = session.send("Runtime.evaluate", {"expression": "window"})["result"]
        found = session.send("DOMDebugger.getEventListeners", {"objectId": window["objectId"]})
        return sum(listener["type"] == "scroll" for listener in found["listeners"])

    before = scroll_listeners()
    surprise = strip(page, "surprise")
    surprise.locator(".chip").nth(6).focus()
    expect(surprise.locator(".tip")).to_be_visible()
    expect(surprise.locator(".tip")).to_have_text("6 bits")
    assert scroll_listeners() == before + 1
    page.keyboard.press("Escape")
    expect(surprise.locator(".tip")).to_be_hidden()
    assert scroll_listeners() == before
    surprise.locator(".chip").nth(7).hover()
    expect(surprise.locator(".tip")).to_be_visible()
    page.get_by_role("checkbox", name="Surprise").evaluate("box => box.click()")
    expect(surprise).to_have_count(0)
    assert scroll_listeners() == before


def test_a_tint_grows_to_what_can_be_seen(show: Callable[..., Page]) -> None:
    surprise = strip(show(), "surprise").locator(".chip")
    expect(surprise).to_have_count(11)
    paper, half, full = (
        surprise.nth(number).evaluate(
            """chip => {
                const drawing = document.createElement("canvas").getContext("2d")
                drawing.fillStyle = getComputedStyle(chip).backgroundColor
                drawing.fillRect(0, 0, 1, 1)
                return [...drawing.getImageData(0, 0, 1, 1).data].slice(0, 3)
            }"""
        )
        for number in (0, 5, 10)
    )
    accent = surprise.nth(10).evaluate(
        """chip => getComputedStyle(chip, "::after").backgroundColor"""
    )
    primary = surprise.nth(10).evaluate(
        """chip => {
            const line = chip.appendChild(document.createElement("i"))
            line.style.background = "var(--st-primary-color)"
            const found = getComputedStyle(line).backgroundColor
            line.remove()
            return found
        }"""
    )
    assert accent == primary, "the line at the foot"
    away = [sum(abs(a - b) for a, b in zip(paper, each, strict=True)) for each in (half, full)]
    assert away[0] == pytest.approx(away[1] / 2, abs=4)
    assert away[1] > 100


def test_table_can_be_read_and_rows_picked(show: Callable[..., Page]) -> None:
    page = show()
    table = page.get_by_role("table", name=re.compile("What fits"))
    expect(table.get_by_role("columnheader")).to_have_count(5)
    expect(table.get_by_role("rowheader")).to_have_count(5)
    expect(table.get_by_role("row").nth(1)).to_contain_text("41.2 %")
    table.get_by_role("row").nth(3).click(position={"x": 5, "y": 5})
    expect(page.get_by_text("Picked 2; kept 2.")).to_be_visible()
    farm = table.get_by_role("button", name="farm")
    expect(farm).to_have_attribute("aria-pressed", "true")
    expect(farm).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Picked 3; kept 3.")).to_be_visible()
    expect(table.get_by_role("button", name="shop")).to_be_focused()
    expect(farm).to_have_attribute("aria-pressed", "false")


def test_bars_are_as_long_as_their_values(show: Callable[..., Page]) -> None:
    page = show()
    measure = "bars => bars.map(b => b.getBoundingClientRect()).map(b => [b.left, b.width])"
    (left, full), (_, second) = strip(page, "fits").locator(".fill").evaluate_all(measure)[:2]
    assert second / full == pytest.approx(17.9 / 41.2, abs=0.01)
    assert left > 0
    (up, up_width), (down, down_width) = (
        strip(page, "odds").locator(".fill").evaluate_all(measure)[:2]
    )
    assert down + down_width == pytest.approx(up, abs=1)
    assert down_width / up_width == pytest.approx(1.7 / 2.1, abs=0.01)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_contrast(show: Callable[..., Page], dark: bool) -> None:
    page = show(dark=dark)
    strip(page, "fits").locator(".pick").nth(1).click()
    expect(page.get_by_text("kept 1.")).to_be_visible()
    strip(page, "surprise").locator(".chip").nth(9).focus()
    expect(strip(page, "surprise").locator(".tip")).to_be_visible()
    background = page.locator(".stApp").evaluate("app => getComputedStyle(app).backgroundColor")
    assert background == ("rgb(16, 19, 27)" if dark else "rgb(255, 255, 255)")
    found = page.evaluate(CONTRAST)
    assert {"[MASK]", "[CLS]", "##", "t10", "What fits", "9 bits"} <= {text for text, _ in found}
    assert [pair for pair in found if pair[1] < 4.5] == []


def test_a_phone_sees_everything_without_scrolling_sideways(show: Callable[..., Page]) -> None:
    page = show(width=420, touch=True)
    assert page.evaluate(WIDER_THAN_ITS_BOX) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sizes = [chip.bounding_box() for chip in pieces(page).all()]
    assert all(box and box["width"] >= 44 and box["height"] >= 44 for box in sizes)
    expect(strip(page, "fits").get_by_text("log-odds")).to_be_visible()
    pieces(page).nth(2).tap()
    logged(page, "2")
    page.set_viewport_size({"width": 360, "height": 800})
    expect(strip(page, "fits").get_by_text("log-odds")).to_be_hidden()
    expect(strip(page, "fits").get_by_text("probability")).to_be_visible()
    assert page.evaluate(WIDER_THAN_ITS_BOX) == []


def test_a_table_too_wide_spares_columns_or_fades_where_it_is_cut(
    show: Callable[..., Page],
) -> None:
    page = show("?wide", width=420)
    spared, needed = strip(page, "spared"), strip(page, "needed")
    expect(spared.get_by_text("main number")).to_be_visible()
    expect(spared.get_by_text("sixth figure")).to_be_hidden()
    expect(spared.locator(".bars")).not_to_have_class(re.compile("cut"))
    cut = needed.locator(".bars")
    expect(cut).to_have_class(re.compile("cut"))
    cut.evaluate("box => box.scrollTo(box.scrollWidth, 0)")
    expect(cut).not_to_have_class(re.compile("cut"))
    page.set_viewport_size({"width": 1400, "height": 900})
    expect(spared.get_by_text("sixth figure")).to_be_visible()
    expect(cut).not_to_have_class(re.compile("cut|tight"))


def test_512_pieces(show: Callable[..., Page]) -> None:
    page = show("?many")
    many = strip(page, "many")
    expect(many.locator(".chip")).to_have_count(512)
    height = many.locator(".strip").bounding_box()
    assert height is not None
    assert height["height"] == pytest.approx(200, abs=1)
    many.locator(".chip").first.focus()
    page.keyboard.press("End")
    focus_is_on(page, 511)
    expect(many.locator(".chip").last).to_be_in_viewport()


@pytest.mark.parametrize(("ci", "status"), [("", 5), ("true", 4)], ids=["by hand", "in CI"])
def test_a_missing_browser_is_said(ci: str, status: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", str(HERE)],
        env={**os.environ, "CHROMIUM": "/nowhere/chromium", "CI": ci},
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if "no Chromium" in line]
    assert done.returncode == status
    assert len(said) == 1
    assert ("cannot run" if ci else "did not run") in said[0]
