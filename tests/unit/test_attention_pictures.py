"""Pictures of attention: every weight is there, no text is more than text, files stay small."""

import base64
import io
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bert_core.analysis.attention.edges import strongest_edges
from bert_core.errors import InputError
from bert_core.views import palette
from bert_core.views.attention_levels import quantise, thinned
from bert_core.views.attention_pictures import MOST_CELLS, attention_svg, grid_svg, head_svg
from bert_core.views.attention_windows import CELL_PIXELS, grid_windows, window_of
from bert_core.views.picture_pixels import colour
from bert_core.views.picture_words import LONGEST_NAME, exact, fitted, names
from tests.unit.attention_results import HOSTILE, made_result

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {"svg", "title", "rect", "text", "tspan", "g", "line", "image", "linearGradient", "stop"}


def parsed(svg: str) -> ElementTree.Element:
    """The picture, after what holds for every picture."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - ours
    assert {each.tag for each in root.iter()} <= {SVG + name for name in ALLOWED}
    for each in root.iter():
        assert not [name for name in each.attrib if name.lower().startswith("on")]
        assert each.get("href", "data:image/png;base64,").startswith("data:image/png;base64,")
    assert set(re.findall(r"https?://[^\s\"'<]+", svg)) == {"http://www.w3.org/2000/svg"}
    return root


def marks(root: ElementTree.Element, tag: str) -> list[tuple[ElementTree.Element, str]]:
    """Elements that say a value when they are pointed at, and what they say."""
    found = [(each, each.find(f"{SVG}title")) for each in root.iter(SVG + tag)]
    return [(each, title.text or "") for each, title in found if title is not None]


def value_of(said: str) -> float:
    return float(said.rpartition(": ")[2].replace("−", "-"))


def words_of(root: ElementTree.Element) -> str:
    return " ".join("".join(each.itertext()) for each in root.iter(f"{SVG}text"))


def pixels_of(root: ElementTree.Element) -> np.ndarray:
    (image,) = root.iter(f"{SVG}image")
    content = base64.b64decode(image.attrib["href"].partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def difference(**keywords: Any):
    one, other = made_result(2, 2, 16), made_result(2, 2, 16, seed=1)
    return replace(one, weights=one.weights - other.weights, minus="another text", **keywords)


def test_a_heat_map_has_a_cell_for_every_weight():
    result = made_result(3, 2, 20)
    weights = result.weights[2, 1]
    root = parsed(head_svg(result, (2, 1), badge="mostly next"))
    cells = marks(root, "rect")
    assert len(cells) == weights.size
    said = [value_of(words) for _, words in cells]
    assert said == pytest.approx(weights.ravel().tolist(), abs=5.1e-5)
    assert f"from '\u2068{result.units[0].text}\u2069'" in cells[0][1]
    reds = [int(cell.attrib["fill"][1:3], 16) for cell, _ in cells]
    order = np.argsort(weights.ravel())
    assert (np.diff(np.array(reds)[order]) <= 0).all(), "a larger weight is never paler"
    assert cells[order[-1]][0].attrib["fill"] == palette.ACCENT
    places = {(cell.attrib["x"], cell.attrib["y"]) for cell, _ in cells}
    assert len(places) == weights.size
    shown = words_of(root)
    for part in ("Layer 3, head 2", "mostly next", "attention weights · pieces", "model: made up",
                 exact(weights.max()), "square root"):  # fmt: skip
        assert part in shown


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_signed_colours_say_which_side_and_how_far(one, other):
    def distance(share: float) -> int:
        shade = bytes.fromhex(colour(share, signed=True)[1:])
        return sum(255 - channel for channel in shade)

    if (one < 0) == (other < 0) and abs(one) <= abs(other):
        assert distance(one) <= distance(other)
    assert colour(1, signed=True) == palette.ABOVE
    assert colour(-1, signed=True) == palette.BELOW
    assert colour(0, signed=True) == palette.PAPER


def test_a_difference_has_both_colours_and_says_what_was_subtracted():
    result = difference()
    root = parsed(head_svg(result, (0, 1)))
    fills = {cell.attrib["fill"]: value_of(said) for cell, said in marks(root, "rect")}
    largest = max(fills, key=lambda fill: abs(fills[fill]))
    assert largest == (palette.ABOVE if fills[largest] > 0 else palette.BELOW)
    shown = words_of(root)
    assert "minus another text" in shown
    assert "Blue is above 0, orange below." in shown
    assert f"−{exact(np.abs(result.weights[0, 1]).max())}" in shown
    lines = parsed(head_svg(result, (0, 1), view="lines"))
    for line, said in marks(lines, "line"):
        assert line.attrib["stroke"] == (palette.ABOVE if value_of(said) > 0 else palette.BELOW)


def test_a_given_scale_is_kept():
    result = made_result(1, 1, 16)
    root = parsed(head_svg(result, (0, 0), full=2 * float(result.weights.max())))
    assert palette.ACCENT not in {cell.attrib["fill"] for cell, _ in marks(root, "rect")}
    half = made_result(1, 1, 16)
    empty = replace(half, weights=np.zeros_like(half.weights))
    assert {cell.attrib["fill"] for cell, _ in marks(parsed(head_svg(empty, (0, 0))), "rect")} == {
        palette.PAPER
    }
    assert not marks(parsed(head_svg(empty, (0, 0), view="lines")), "line")


def test_lines_are_the_strongest_edges():
    result = made_result(1, 2, 30)
    edges = strongest_edges(result.weights[0, 1], share=0.7)
    root = parsed(head_svg(result, (0, 1), view="lines", share=0.7))
    lines = marks(root, "line")
    assert [value_of(said) for _, said in lines] == pytest.approx(
        edges.weights.tolist(), abs=5.1e-5
    )
    widths = [float(line.attrib["stroke-width"]) for line, _ in lines]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == 4
    assert f"{len(lines)} lines, the strongest" in words_of(root)
    with pytest.raises(InputError, match="share"):
        head_svg(result, (0, 0), view="lines", share=0.1)


@pytest.mark.parametrize("view", ["map", "lines"])
def test_no_text_is_more_than_text(view):
    result = made_result(1, 1, 16)
    result = replace(result, model=HOSTILE, minus=HOSTILE)
    svg = head_svg(result, (0, 0), view=view, badge=HOSTILE)
    assert HOSTILE not in svg
    assert "<img" not in svg
    assert "\0" not in svg
    root = parsed(svg)
    assert HOSTILE in "".join(root.itertext())
    names = [each.text for each in root.iter(f"{SVG}text")]
    assert fitted(HOSTILE, LONGEST_NAME) in names
    assert "nul\\x00here" in names
    assert "<img" not in grid_svg(replace(result, tokens=replace(result.tokens, text=HOSTILE)))


def test_a_long_head_is_an_image_of_a_dot_for_each_weight():
    result = made_result(1, 2, 512)
    svg = head_svg(result, (0, 1))
    assert len(svg) < 400_000
    root = parsed(svg)
    assert not marks(root, "rect")
    assert result.weights[0, 1].size > MOST_CELLS
    pixels = pixels_of(root)
    assert pixels.shape == (512, 512, 3)
    order = np.argsort(result.weights[0, 1].ravel())
    assert (np.diff(pixels[..., 0].ravel()[order]) <= 0).all()
    assert pixels.reshape(-1, 3)[order[-1]].tolist() == [0x4F, 0x46, 0xE5]
    assert "one name in 6 is written." in words_of(root)
    assert len(head_svg(result, (0, 1), view="lines")) < 800_000


@pytest.mark.parametrize("pieces", [16, 200])
def test_the_grid_has_every_head(pieces):
    result = made_result(2, 3, pieces)
    root = parsed(grid_svg(result, selected=(1, 2)))
    cells = marks(root, "rect")
    assert [said for _, said in cells] == [
        f"layer {layer}, head {head}" for layer in (1, 2) for head in (1, 2, 3)
    ]
    chosen = [said for cell, said in cells if cell.attrib["stroke"] == palette.ACCENT]
    assert chosen == ["layer 2, head 3"]
    pixels = pixels_of(root)
    small = thinned(quantise(result.weights), CELL_PIXELS).values
    side = int(cells[0][0].attrib["width"]) - 2
    assert side % small.shape[-1] == 0
    middle = np.arange(small.shape[-1]) * (side // small.shape[-1]) + side // small.shape[-1] // 2
    for cell, (layer, head) in zip(cells, np.ndindex(2, 3), strict=True):
        x, y = (int(cell[0].attrib[name]) + 1 for name in "xy")
        found = pixels[y : y + side, x : x + side, 0][np.ix_(middle, middle)]
        order = np.argsort(small[layer, head].ravel())
        assert (np.diff(found.ravel()[order]) <= 0).all()
    assert ("do not fit" in words_of(root)) == (pieces > CELL_PIXELS)


def test_the_grid_of_a_window_and_of_a_measure_that_joins_heads():
    result = made_result(3, 0, 200)
    down, across = grid_windows(result.weights.shape)
    root = parsed(grid_svg(result, window=window_of(result, down[1], across[0])))
    assert [said for _, said in marks(root, "rect")] == [
        f"layer {layer}, all heads" for layer in (1, 2, 3)
    ]
    assert "pieces 81–160 (down) looking at 1–80 (across) of 200 pieces" in words_of(root)
    assert "rollout through the layers" in words_of(root)
    assert "heads joined" in words_of(parsed(head_svg(result, (2, 0))))


def test_one_head_alone_is_its_own_picture():
    assert "Layer 1, head 1" in attention_svg(made_result(1, 1, 16))
    assert "All heads" in attention_svg(made_result(1, 2, 16))


@given(st.lists(st.text(max_size=40), min_size=1, max_size=60), st.integers(1, 30))
def test_names_stand_apart(texts, cell):
    found = names(texts, cell)
    assert all(after.at - before.at >= 12 for before, after in pairwise(found))
    assert len(found) == len(texts) or cell < 12
