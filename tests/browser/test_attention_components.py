"""All heads and the detail of one in a real browser: what is drawn, said, picked and kept."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from bert_core.analysis.attention.edges import strongest_edges
from bert_core.analysis.attention.table import head_table
from bert_core.views.attention_html import attention_html
from bert_core.views.attention_levels import quantise
from bert_core.views.attention_payload import edge_words, head_notes
from tests.browser.test_components import CONTRAST
from tests.unit.attention_results import HOSTILE, made_result

pytestmark = pytest.mark.browser
HERE = Path(__file__).resolve().parent
LAYERS, HEADS, PIECES = 3, 4, 16
RESULT = made_result(LAYERS, HEADS, PIECES)
UNITS = [unit.text for unit in RESULT.units]
LONG = 30_000  # milliseconds
LIGHT, DARK = ("#ffffff", "#4f46e5"), ("#10131b", "#8b88ff")  # paper and accent of the themes

# The colour of the grid at the middle of every weight, (layers, heads, pieces, pieces, 3).
COLOURS = """(canvas, [layers, heads, pieces]) => {
  const pen = canvas.getContext("2d");
  const step = canvas.width / heads;
  const size = step - Math.round(4 * devicePixelRatio);
  const inset = Math.floor((step - size) / 2);
  const at = (cell, i) => cell * step + inset + Math.floor(((i + 0.5) * size) / pieces);
  const upTo = (count) => [...Array(count).keys()];
  return upTo(layers).map((layer) => upTo(heads).map((head) => upTo(pieces).map((row) =>
    upTo(pieces).map((column) =>
      [...pen.getImageData(at(head, column), at(layer, row), 1, 1).data].slice(0, 3)))));
}"""
# How many of the pixels of each cell of the grid are not the first pixel's colour.
MARKED = """(canvas, [layers, heads]) => {
  const pen = canvas.getContext("2d");
  const step = canvas.width / heads;
  const [paper] = new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer);
  return [...Array(layers * heads).keys()].map((cell) => {
    const [x, y] = [(cell % heads) * step, Math.floor(cell / heads) * step];
    const pixels = new Uint32Array(pen.getImageData(x, y, step, step).data.buffer);
    return pixels.filter((pixel) => pixel !== paper).length;
  });
}"""
SIDEWAYS = """() => [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
  .flatMap((host) => [...host.shadowRoot.querySelectorAll("*")])
  .filter((node) => !node.matches("style, .tip, .band, .ring, .sr") && node.getClientRects().length
    && node.getBoundingClientRect().right > innerWidth)
  .map((node) => node.className || node.tagName)"""


@pytest.fixture
def show(serve: Callable[..., str], open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open the page and wait until both components are drawn."""

    def show_(query: str = "", **options: object) -> Page:
        page = open_page(serve(HERE / "attention_page.py") + query, **options)
        page.on("dialog", lambda dialog: pytest.fail(f"a text spoke: {dialog.message}"))
        drawn(page)
        return page

    return show_


def drawn(page: Page) -> None:
    for key in ("grid", "head"):
        page.locator(f".st-key-{key} [data-drawn]").wait_for(timeout=LONG)


def grid(page: Page) -> Locator:
    return page.locator(".st-key-grid .board canvas")


def cells(page: Page) -> Locator:
    return page.locator(".st-key-grid .cell")


def value(page: Page) -> Locator:
    return page.locator(".st-key-head").get_by_role("status")


def stated(page: Page, said: str | re.Pattern[str]) -> None:
    expect(page.get_by_text(said)).to_be_visible()


def lists(page: Page) -> list[list[str]]:
    """The words of both lists below the head."""
    both = page.locator(".st-key-head .focus ol")
    return [both.nth(i).locator("bdi").all_text_contents() for i in (0, 1)]


def written(weight: float) -> str:
    """A weight as the detail writes it: four decimals, or three digits of a small one."""
    if weight == 0 or abs(weight) >= 0.001:
        return f"{weight:.4f}"
    exponent = math.floor(math.log10(weight))
    if exponent < -6:
        return f"{weight / 10.0**exponent:.2f}e{exponent}"
    return f"{weight:.{2 - exponent}f}"


def sentence(weights: np.ndarray, row: int, column: int) -> str:
    shown = [UNITS[place].replace("\0", "\\x00") for place in (row, column)]
    return f"from '{shown[0]}' to '{shown[1]}': {written(float(weights[row, column]))}"


def spot(page: Page, row: int, column: int, cell: float | None = None) -> dict[str, Any]:
    """Where a cell of the map stands in its box, which is not scrolled."""
    plot = page.locator(".st-key-head .plot").bounding_box()
    box = page.locator(".st-key-head .map").bounding_box()
    assert plot
    assert box
    size = cell or plot["width"] / PIECES
    x = plot["x"] - box["x"] + (column + 0.5) * size
    y = plot["y"] - box["y"] + (row + 0.5) * size
    return {"x": x, "y": y}


def point(page: Page, row: int, column: int) -> None:
    page.locator(".st-key-head .map").hover(position=spot(page, row, column))


def mixed(paper: str, accent: str, levels: np.ndarray) -> np.ndarray:
    ends = [np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) for colour in (paper, accent)]
    return ends[0] + (ends[1] - ends[0]) * np.sqrt(levels / 255)[..., None]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_weight_has_its_colour(show: Callable[..., Page], dark: bool) -> None:
    page = show(dark=dark)
    found = np.array(grid(page).evaluate(COLOURS, [LAYERS, HEADS, PIECES]))
    assert (
        np.abs(found - mixed(*(DARK if dark else LIGHT), quantise(RESULT.weights).values)).max()
        <= 1
    )
    point(page, 2, 6)
    assert [pair for pair in page.evaluate(CONTRAST) if pair[1] < 4.5] == []
    page.emulate_media(color_scheme="light" if dark else "dark")
    paper, _ = LIGHT if dark else DARK
    page.wait_for_function(
        "([canvas, red]) => canvas.getContext('2d').getImageData(0, 0, 1, 1).data[0] === red",
        arg=[grid(page).element_handle(), int(paper[1:3], 16)],
    )


def test_a_click_opens_the_head(show: Callable[..., Page]) -> None:
    page = show()
    notes = head_notes(head_table(RESULT.weights, RESULT.tokens))
    expect(cells(page)).to_have_count(LAYERS * HEADS)
    cells(page).nth(6).hover()
    tip = page.locator(".st-key-grid .tip")
    expect(tip).to_have_text(notes[6])
    assert notes[6].startswith("layer 2, head 3: ")
    cells(page).nth(6).click()
    stated(page, "Picked 2.3;")
    expect(page.locator(".st-key-head .title")).to_have_text("Layer 2, head 3")
    expect(cells(page).nth(6)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".st-key-grid [aria-pressed=true]")).to_have_count(1)
    point(page, 7, 9)
    expect(value(page)).to_have_text(sentence(RESULT.weights[1, 2], 7, 9))


def test_keys_move_between_heads(show: Callable[..., Page]) -> None:
    page = show()
    stops = page.locator(".st-key-grid .cell[tabindex='0']")
    expect(stops).to_have_count(1)
    stops.focus()
    for key, at in (("ArrowRight", 1), ("ArrowDown", 5), ("End", 7), ("ArrowRight", 7),
                    ("ArrowDown", 11), ("ArrowDown", 11), ("Home", 8), ("ArrowLeft", 8),
                    ("ArrowUp", 4)):  # fmt: skip
        page.keyboard.press(key)
        expect(cells(page).nth(at)).to_be_focused()
    page.keyboard.press("Enter")
    stated(page, "Picked 2.1;")
    expect(cells(page).nth(4)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    stated(page, "Picked 2.2;")
    expect(stops).to_have_count(1)


def test_values_are_exact_by_mouse_and_by_key(show: Callable[..., Page]) -> None:
    page = show("?height=700")
    weights = RESULT.weights[0, 0]
    smallest = divmod(int(weights.argmin()), PIECES)
    largest = divmod(int(weights.argmax()), PIECES)
    for row, column in ((0, 0), (3, 5), (15, 15), smallest, largest):
        point(page, row, column)
        expect(value(page)).to_have_text(sentence(weights, row, column))
    box = page.get_by_role("application", name="Layer 1, head 1")
    box.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    row, column = largest[0], 0
    for key, down, right in (("ArrowRight", 0, 1), ("ArrowDown", 1, 0), ("ArrowDown", 1, 0),
                             ("End", 0, PIECES), ("ArrowRight", 0, 1), ("ArrowUp", -1, 0),
                             ("ArrowLeft", 0, -1), ("Home", 0, -PIECES)):  # fmt: skip
        page.keyboard.press(key)
        row, column = (min(PIECES - 1, max(0, at)) for at in (row + down, column + right))
        expect(value(page)).to_have_text(sentence(weights, row, column))


def test_a_word_is_kept_and_let_go(show: Callable[..., Page]) -> None:
    page = show()
    weights = RESULT.weights[0, 0]
    shown = [text.replace("\0", "\\x00") for text in UNITS]
    looked = [shown[i] for i in np.argsort(-weights[6], kind="stable")[:5]]
    lookers = [shown[i] for i in np.argsort(-weights[:, 6], kind="stable")[:5]]
    point(page, 6, 2)
    assert lists(page) == [looked, lookers]
    panel = page.locator(".st-key-head .focus")
    expect(panel).to_contain_text(f"Where it looks: '{shown[6]}'")
    page.locator(".st-key-head .map").click(position=spot(page, 6, 2))
    stated(page, "kept 6;")
    point(page, 9, 1)
    expect(value(page)).to_have_text(sentence(weights, 9, 1))
    assert lists(page) == [looked, lookers]
    page.keyboard.press("Escape")
    stated(page, "kept None;")
    assert lists(page) != [looked, lookers]
    page.keyboard.press("Enter")
    stated(page, "kept 9;")
    page.keyboard.press("Enter")
    stated(page, "kept None;")
    page.locator(".st-key-head .map").click(position={"x": 20, "y": spot(page, 4, 0)["y"]})
    stated(page, "kept 4;")


def test_lines_are_the_strongest_edges(show: Callable[..., Page]) -> None:
    page = show("?most=60")
    weights = RESULT.weights[0, 0]
    edges = strongest_edges(weights, share=0.8, most=60)
    page.get_by_text("Lines", exact=True).click()
    lines = page.locator(".st-key-head line")
    expect(lines).to_have_count(len(edges.rows))
    assert "fell to the cap" in edge_words(edges)
    stated(page, edge_words(edges))
    expect(page.locator(".st-key-head .map")).to_be_hidden()
    box = page.get_by_role("application", name="Layer 1, head 1")
    box.focus()
    page.keyboard.press("Home")
    row = int(edges.rows[0])
    for _ in range(row):
        page.keyboard.press("ArrowDown")
    focused = edges.rows == row
    kept = int((focused | (edges.columns == row)).sum())
    expect(page.locator(".st-key-head line:not(.faded)")).to_have_count(kept)
    widths = lines.evaluate_all("all => all.map((line) => +line.getAttribute('stroke-width'))")
    assert widths == pytest.approx(0.5 + 3.5 * edges.weights / edges.weights[0], abs=0.006)
    page.keyboard.press("Enter")
    stated(page, f"kept {row};")
    box.hover(position={"x": 30, "y": 300})
    expect(page.locator(".st-key-head line:not(.faded)")).to_have_count(kept)
    page.keyboard.press("Escape")
    stated(page, "kept None;")


def test_a_difference_diverges_and_nothing_is_mounted_again(show: Callable[..., Page]) -> None:
    page = show()
    grid(page).evaluate("canvas => { window.kept = canvas; }")
    before = page.locator(".st-key-grid [data-drawn]").get_attribute("data-drawn") or ""
    page.get_by_text("Difference", exact=True).click()
    expect(page.locator(".st-key-grid [data-drawn]")).not_to_have_attribute("data-drawn", before)
    assert grid(page).evaluate("canvas => canvas === window.kept")
    change = RESULT.weights - made_result(LAYERS, HEADS, PIECES, seed=1).weights
    found = np.array(grid(page).evaluate(COLOURS, [LAYERS, HEADS, PIECES]))
    levels = quantise(change).values
    share = np.sqrt(np.abs(levels.astype(int) - 128) / 127)[..., None]
    below, above = np.array([0xCF, 0x6C, 0x26]), np.array([0x5F, 0x8B, 0xD8])
    end = np.where((levels < 128)[..., None], below, above)
    assert np.abs(found - (255 + (end - 255) * share)).max() <= 1
    row, column = divmod(int(change[0, 0].argmin()), PIECES)
    point(page, row, column)
    expect(value(page)).to_contain_text(f"−{-change[0, 0].min():.4f}")
    stated(page, re.compile("^Blue is above 0"))


def test_texts_stay_texts(show: Callable[..., Page]) -> None:
    page = show()
    point(page, 3, 4)
    expect(value(page)).to_contain_text(f"from '{HOSTILE}' to '\N{HEBREW LETTER SHIN}")
    page.get_by_text("Lines", exact=True).click()
    page.locator(".st-key-head line").first.wait_for()
    assert page.locator("img").count() == 0
    assert page.locator(".st-key-head text", has_text="</script>").count() == 2


def test_512_pieces_and_a_choice_that_costs_little(
    serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    frames: list[int] = []
    page = open_page("about:blank")
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))),
    )
    page.goto(f"{serve(HERE / 'attention_page.py')}?pieces=512&layers=2&heads=2")
    drawn(page)
    assert sum(frames) > 4 * 80 * 80 + 4 * 512 * 512  # all heads, and one exactly
    stated(page, "largest of up to 7 × 7 weights")
    assert min(grid(page).evaluate(MARKED, [2, 2])) > 0
    result = made_result(2, 2, 512)
    box = page.locator(".st-key-head .map")
    for _ in range(4):
        page.get_by_role("button", name="Larger cells").click()
    box.evaluate("box => box.scrollTo(12 * 100, 12 * 300)")
    canvas = page.locator(".st-key-head .stage canvas")
    assert canvas.evaluate("canvas => canvas.width < 1400 && canvas.height < 1000")
    box.hover(position=spot(page, 5, 7, cell=12))
    weight = written(float(result.weights[0, 0, 305, 107]))
    expect(value(page)).to_have_text(f"from 'word303' to 'word106': {weight}")
    frames.clear()
    box.click(position=spot(page, 5, 7, cell=12))
    stated(page, "kept 305;")
    assert 1_000 < sum(frames) < 150_000  # and not the weights again
    page.keyboard.press("End")
    expect(value(page)).to_have_text(
        f"from 'word303' to '[SEP]': {written(float(result.weights[0, 0, 305, 511]))}"
    )
    assert box.evaluate("box => box.scrollLeft > 4000")


def test_a_dense_screen_is_drawn_sharply(show: Callable[..., Page]) -> None:
    page = show()
    session = page.context.new_cdp_session(page)
    size = {"width": 1300, "height": 900, "deviceScaleFactor": 2, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", size)
    for canvas in (grid(page), page.locator(".st-key-head .stage canvas")):
        page.wait_for_function(
            "canvas => Math.abs(canvas.width - 2 * canvas.getBoundingClientRect().width) < 1",
            arg=canvas.element_handle(),
        )
    found = np.array(grid(page).evaluate(COLOURS, [LAYERS, HEADS, PIECES]))
    levels = quantise(RESULT.weights).values
    assert np.abs(found - mixed(*LIGHT, levels)).max() <= 1


def test_a_phone_and_a_finger(show: Callable[..., Page]) -> None:
    page = show("?layers=6&heads=12", width=420, touch=True)
    assert page.evaluate(SIDEWAYS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert min(grid(page).evaluate(MARKED, [6, 12])) > 0
    cells(page).nth(17).tap()
    stated(page, "Picked 2.6;")
    weights = made_result(6, 12, PIECES).weights[1, 5]
    expect(page.locator(".st-key-head .title")).to_have_text("Layer 2, head 6")
    page.locator(".st-key-head .map").tap(position=spot(page, 8, 3))
    stated(page, "kept 8;")
    expect(value(page)).to_have_text(sentence(weights, 8, 3))


def test_a_block_and_a_view_that_goes_and_comes_back(show: Callable[..., Page]) -> None:
    page = show("?block&scale=head")
    block = made_result(LAYERS, HEADS, PIECES, block="ab")
    stated(page, "do not compare heads by colour")
    box = page.get_by_role("application", name="Layer 1, head 1")
    box.focus()
    for key in ("Home", "ArrowDown"):
        page.keyboard.press(key)
    weight = written(float(block.weights[0, 0, 1, 0]))
    expect(value(page)).to_have_text(f"from '{UNITS[1]}' to '{UNITS[block.columns[0]]}': {weight}")
    expect(page.locator(".st-key-head .focus ol").nth(1).locator("li")).to_have_count(0)
    switch = page.get_by_text("Components", exact=True)
    switch.click()
    expect(page.locator(".st-key-grid")).to_have_count(0)
    switch.click()
    drawn(page)
    assert min(grid(page).evaluate(MARKED, [LAYERS, HEADS])) > 0


@pytest.mark.parametrize("signed", [False, True], ids=["light", "dark and signed"])
def test_the_exported_file_works_from_disk(
    open_page: Callable[..., Page], tmp_path: Path, signed: bool
) -> None:
    result = RESULT
    if signed:
        other = made_result(LAYERS, HEADS, PIECES, seed=1)
        result = replace(RESULT, weights=RESULT.weights - other.weights)
    file = tmp_path / "attention.html"
    file.write_text(attention_html(result, snippet=HOSTILE), encoding="utf-8")
    page = open_page(file.as_uri(), dark=signed)
    page.on("dialog", lambda dialog: pytest.fail(f"a text spoke: {dialog.message}"))
    canvas = page.locator("#grid .board canvas")
    page.locator("#head [data-drawn]").wait_for(timeout=LONG)
    assert min(canvas.evaluate(MARKED, [LAYERS, HEADS])) > 0
    if not signed:
        found = np.array(canvas.evaluate(COLOURS, [LAYERS, HEADS, PIECES]))
        # Rounded to 16 bits and then to 8, a level may come out one higher or lower.
        levels = quantise(result.weights).values.astype(int)
        near = [mixed(*LIGHT, np.clip(levels + step, 0, 255)) for step in (-1, 0, 1)]
        within = np.clip(found, np.min(near, axis=0), np.max(near, axis=0))
        assert np.abs(found - within).max() <= 1

    page.locator("#grid .cell").nth(9).click()
    expect(page.locator("#head .title")).to_have_text("Layer 3, head 2")
    weights = result.weights[2, 1]
    page.locator("#head .map").focus()
    for key in ("Home", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    status = page.locator("#head").get_by_role("status")
    expect(status).to_have_text(re.compile(f"^from '{UNITS[1]}' to '{UNITS[1]}': "))
    said = status.inner_text().rpartition(": ")[2].replace("−", "-")
    assert float(said) == pytest.approx(float(weights[1, 1]), abs=1e-4)
    page.keyboard.press("Enter")
    page.get_by_label("lines").check()
    edges = strongest_edges(weights, share=0.9, most=500)
    expect(page.locator("#head line")).to_have_count(len(edges.rows))
    kept = int(((edges.rows == 1) | (edges.columns == 1)).sum())
    expect(page.locator("#head line:not(.faded)")).to_have_count(kept)
    assert page.locator("img").count() == 0
