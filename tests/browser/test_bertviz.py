"""bertviz's views in a real browser with the network cut: they draw, and no token runs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import FrameLocator, Page, expect

from bert_core.views.bertviz_frames import head_view_html, model_view_html, neuron_view_html
from tests.unit.bertviz_inputs import (
    HEADS,
    LAYERS,
    NASTY,
    OTHERS,
    WIDTH,
    made,
    made_queries,
    nasty_tokens,
)

pytestmark = pytest.mark.browser
HERE = Path(__file__).resolve().parent
TOKENS = nasty_tokens()
PIECES = len(TOKENS)
FIRST = 5  # pieces of the first text, its special ones included
LONG = 30_000  # milliseconds

INK = """() => {
  const colour = (node, name) =>
    getComputedStyle(node)[name].match(/\\d+/g).slice(0, 3).map(Number);
  const texts = [...document.querySelectorAll("h1, p, label, svg text")];
  return [colour(document.body, "backgroundColor"), texts.map((node) =>
    colour(node, node.matches("svg text") ? "fill" : "color"))];
}"""


@pytest.fixture
def show(tmp_path: Path, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open a page from disk; at the end nothing of it may have run that was not meant to."""
    opened: list[Page] = []
    asked: list[str] = []

    def show_(html: str, **options: object) -> Page:
        file = tmp_path / "view.html"
        file.write_text(html, encoding="utf-8")
        page = open_page(file.as_uri(), apart=True, **options)
        page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
        page.context.set_offline(True)
        opened.append(page)
        return page

    yield show_
    for page in opened:
        refuse_strangers(page)
    assert asked == []


def refuse_strangers(page: Page | FrameLocator) -> None:
    """Nothing of a token has become an element."""
    assert page.locator("img, b").count() == 0
    assert page.locator("script").count() == 5


def lines(page: Page | FrameLocator, where: str = "svg") -> int:
    return page.locator(f"{where} line").count()


def words(page: Page | FrameLocator, where: str) -> list[str]:
    return page.locator(f"{where} text").evaluate_all("nodes => nodes.map((n) => n.textContent)")


def test_the_head_view_draws_every_token_and_weight(show: Callable[..., Page]) -> None:
    result = made(TOKENS)
    page = show(head_view_html(result))
    assert lines(page) == HEADS * PIECES**2
    for side in ("#left", "#right"):
        assert words(page, side) == list(TOKENS.pieces)
    assert {NASTY, *OTHERS} < set(words(page, "#left"))
    drawn = page.locator("svg line").evaluate_all(
        "all => all.map((line) => Number(line.getAttribute('stroke-opacity')))"
    )
    expected = result.weights[0] / HEADS
    np.testing.assert_allclose(np.reshape(drawn, expected.shape), expected, rtol=0, atol=1e-4)


def test_layers_blocks_and_heads_can_be_chosen(show: Callable[..., Page]) -> None:
    result = made(TOKENS)
    page = show(head_view_html(result))
    assert page.locator("#layer option").all_inner_texts() == ["1", "2"]
    page.get_by_label("Layer").select_option("2")
    page.get_by_label("Attention").select_option("ab")
    assert lines(page) == HEADS * FIRST * (PIECES - FIRST)
    assert words(page, "#left") == list(TOKENS.pieces[:FIRST])
    assert words(page, "#right") == list(TOKENS.pieces[FIRST:])
    squares = page.locator("svg > g").last.locator("rect")
    expect(squares).to_have_count(HEADS)
    squares.nth(1).dblclick()
    shown = page.locator("svg line").evaluate_all(
        "all => all.map((line) => Number(line.getAttribute('stroke-opacity')))"
    )
    expected = np.zeros((HEADS, FIRST, PIECES - FIRST))
    expected[1] = result.weights[1, 1, :FIRST, FIRST:]
    np.testing.assert_allclose(np.reshape(shown, expected.shape), expected, rtol=0, atol=1e-4)


def test_a_token_that_is_hovered_over_shows_its_lines_alone(show: Callable[..., Page]) -> None:
    page = show(head_view_html(made(TOKENS)))
    page.locator("#left text").nth(3).hover()
    expect(page.locator("line[visibility=visible]")).to_have_count(HEADS * PIECES)
    assert page.locator("#attention").get_attribute("visibility") == "hidden"


def test_the_model_view_draws_and_enlarges_a_head(show: Callable[..., Page]) -> None:
    page = show(model_view_html(made(TOKENS)))
    assert lines(page) == LAYERS * HEADS * PIECES**2
    headings = words(page, "svg")
    assert headings == ["Heads", "1", "2", "3", "Layers", "1", "2"]
    page.locator("#attn_background_1_2 ~ rect").last.click()
    assert lines(page) == (LAYERS * HEADS + 1) * PIECES**2
    assert "Layer 2, Head 3" in words(page, "svg")
    assert words(page, "svg").count(NASTY) == 2


def test_the_neuron_view_shows_queries_and_keys(show: Callable[..., Page]) -> None:
    result = made_queries(TOKENS)
    page = show(neuron_view_html(result))
    for name, count in (("Layer", LAYERS), ("Head", HEADS)):
        options = page.get_by_label(name).locator("option").all_inner_texts()
        assert options == [str(number) for number in range(1, count + 1)]
    assert lines(page, "#collapsed") == PIECES**2
    page.get_by_label("Layer").select_option("2")
    page.get_by_label("Head").select_option("3")
    page.locator("#collapsed #leftText text.token").nth(1).hover()
    page.locator("#collapsed #leftText g").nth(1).locator("rect").last.click()
    expect(page.locator("#expanded")).to_have_attribute("visibility", "visible")
    page.locator("#expanded #leftText text.token").nth(4).hover()
    products = page.locator("#expanded #dotproducts .dotproduct").evaluate_all(
        "all => all.map((each) => Number(each.getAttribute('data-value')))"
    )
    expected = result.keys[1, 2] @ result.queries[1, 2, 4] / np.sqrt(WIDTH)
    np.testing.assert_allclose(products, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("draw", [head_view_html, model_view_html, neuron_view_html])
def test_every_word_can_be_read(
    show: Callable[..., Page], draw: Callable[..., str], dark: bool
) -> None:
    result = made_queries(TOKENS) if draw is neuron_view_html else made(TOKENS)
    page = show(draw(result, dark=dark), dark=dark)
    paper, inks = page.evaluate(INK)
    assert max(paper) == 0 if dark else min(paper) == 255
    assert len(inks) > 6
    for ink in inks:
        assert min(ink) > 130 if dark else max(ink) < 70


def test_it_draws_inside_the_app(serve: Callable[..., str], open_page: Callable[..., Page]) -> None:
    asked: list[str] = []
    page = open_page(serve(HERE / "bertviz_page.py"))
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    frame = page.frame_locator("iframe")
    frame.locator("svg line").first.wait_for(state="attached", timeout=LONG)
    assert lines(frame) == HEADS * PIECES**2
    assert NASTY in words(frame, "#left")
    refuse_strangers(frame)
    assert asked == []
    frame.locator("#right text").last.scroll_into_view_if_needed()
    expect(frame.locator("#right text").last).to_be_in_viewport()
