"""Attention on its way to the browser and back: nothing is lost but what is said to be."""

import base64
import hashlib
import json
import re
import tomllib
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.analysis.attention.edges import strongest_edges
from bert_core.analysis.attention.table import head_table
from bert_core.errors import InputError
from bert_core.settings import PROJECT
from bert_core.views import attention_html as exporting
from bert_core.views.attention_clicks import Lock, Pick, read_lock, read_pick
from bert_core.views.attention_html import attention_html
from bert_core.views.attention_levels import FINGERPRINT, quantise, thinned
from bert_core.views.attention_payload import edge_words, grid_payload, head_notes, head_payload
from bert_core.views.attention_windows import (
    CELL_PIXELS,
    GRID_BYTES,
    MOST_WINDOWS,
    Window,
    grid_windows,
    number_of,
    places_of,
    window_name,
    window_of,
    windows,
)
from tests.unit.attention_results import HOSTILE, made_result
from tests.unit.made_attention import random_weights, seeds, tokens_of

shapes = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 9), st.integers(1, 9))


def random_signed(seed: int, shape: tuple[int, ...], low: float = -1.0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, 1, size=shape).astype(np.float32)


@given(seeds, shapes, st.sampled_from(["one", "shared", "head"]), st.booleans())
@pytest.mark.parametrize("depth", [8, 16])
def test_rounding_is_half_a_step(depth, seed, shape, scale, signed):
    weights = random_signed(seed, shape, low=-1.0 if signed else 0.0)
    levels = quantise(weights, scale, signed=signed, depth=depth)
    steps = levels.most - levels.zero
    assert steps == {8: 127, 16: 32767}[depth] if signed else steps == 2**depth - 1
    full = levels.full[..., None, None]
    back = (levels.values.astype(np.float64) - levels.zero) * full / steps
    assert (np.abs(back - weights) <= full / steps * 0.5 + 1e-6 / depth).all()
    largest = np.abs(weights).max(axis=(2, 3))
    expected = {"one": 1.0, "shared": largest.max(), "head": largest}[scale]
    assert levels.full == pytest.approx(np.broadcast_to(expected, largest.shape))


@pytest.mark.parametrize(
    ("weights", "scale", "said"),
    [
        (np.zeros((2, 2)), "shared", "shape"),
        (np.zeros((1, 1, 0, 2)), "shared", "shape"),
        (np.full((1, 1, 2, 2), np.nan), "shared", "finite"),
        (np.full((1, 1, 2, 2), -np.inf), "head", "finite"),
        (np.full((1, 1, 2, 2), 1.1), "one", "above 1"),
    ],
)
def test_what_cannot_be_levels_is_refused(weights, scale, said):
    with pytest.raises(ValueError, match=said):
        quantise(weights, scale)


def test_nothing_but_zeros():
    assert not quantise(np.zeros((1, 2, 3, 3)), "head").values.any()
    assert (quantise(np.zeros((1, 2, 3, 3)), signed=True).values == 128).all()


@given(seeds, st.integers(1, 30), st.integers(1, 30), st.integers(1, 8), st.booleans())
def test_every_weight_is_in_one_block_and_the_farthest_stays(seed, rows, columns, most, signed):
    weights = random_signed(seed, (1, 2, rows, columns), low=-1.0 if signed else 0.0)
    levels = quantise(weights, signed=signed)
    small = thinned(levels, most)
    assert small.values.shape == (1, 2, min(rows, most), min(columns, most))
    edges = [[i * n // min(n, most) for i in range(min(n, most) + 1)] for n in (rows, columns)]
    whole = levels.values.astype(int) - levels.zero
    for head in range(2):
        for i, j in np.ndindex(*small.values.shape[2:]):
            block = whole[0, head, slice(*edges[0][i : i + 2]), slice(*edges[1][j : j + 2])]
            kept = int(small.values[0, head, i, j]) - levels.zero
            assert abs(kept) == np.abs(block).max()
            assert kept in block


def test_grid_payload_is_small_and_says_so():
    weights = random_signed(0, (48, 16, 100, 100), low=0.0)
    grid = grid_payload(weights, layers=range(1, 49), heads=range(1, 17))
    side = grid.data["shape"][-1]
    assert side == 72
    assert len(grid.buffer) == FINGERPRINT + 48 * 16 * side**2 <= FINGERPRINT + GRID_BYTES
    assert "largest of up to 2 × 2 weights, for 100 × 100 do not fit" in grid.data["said"]
    assert f"Full colour is {weights.max():.3g}, the largest of all heads." in grid.data["said"]
    assert grid.data["notes"][17] == "layer 2, head 2"
    assert grid.data["axes"] == "rows: layers 1–48 · columns: heads 1–16"
    json.dumps(grid.data)
    short = grid_payload(weights[:2, :2, :CELL_PIXELS, :CELL_PIXELS], layers=(5, 6), heads=(1, 2))
    assert short.data["shape"] == [2, 2, CELL_PIXELS, CELL_PIXELS]
    assert "do not fit" not in short.data["said"]
    values = np.frombuffer(short.buffer[FINGERPRINT:], np.uint8).reshape(2, 2, CELL_PIXELS, -1)
    assert np.array_equal(values, quantise(weights[:2, :2, :CELL_PIXELS, :CELL_PIXELS]).values)


@given(st.integers(1, 700), st.integers(1, 90))
def test_windows_are_full_and_leave_nothing_out(length, most):
    found = windows(length, most)
    assert {len(each) for each in found} == {min(length, most)}
    assert set().union(*found) == set(range(length))
    assert len(found) == -(-length // min(length, most))
    assert [each.start for each in found] == sorted({each.start for each in found})


@given(st.integers(1, MOST_WINDOWS), st.integers(1, MOST_WINDOWS), st.integers(-3, 600))
def test_a_number_names_one_window_or_none(rows, columns, number):
    places = places_of(number, rows, columns)
    numbers = {number_of(i, j): (i, j) for i in range(rows) for j in range(columns)}
    assert places == numbers.get(number)
    assert max(numbers) < 512  # what a link may hold
    assert len(numbers) == rows * columns


def test_a_window_is_drawn_weight_by_weight_on_the_scale_of_the_whole():
    result = made_result(2, 3, 200)
    keywords = {"layers": result.layers, "heads": result.heads}
    down, across = grid_windows(result.weights.shape)
    assert [len(side) for side in (down, across)] == [3, 3]
    window = window_of(result, down[1], across[2])
    grid = grid_payload(result.weights, window=window, **keywords)
    assert grid.data["shape"] == [2, 3, 80, 80]
    assert grid.data["dots"]
    part = quantise(result.weights).values[..., 80:160, 120:200]
    assert grid.buffer[FINGERPRINT:] == part.tobytes()
    assert grid.data["high"] == grid_payload(result.weights, **keywords).data["high"]
    assert "pieces 81–160 (down) looking at 121–200 (across) of 200 pieces" in grid.data["said"]
    assert "do not fit" not in grid.data["said"]
    assert not grid_payload(result.weights, **keywords).data["dots"]
    json.dumps(grid.data)
    with pytest.raises(ValueError, match="no cell"):
        grid_payload(result.weights, window=Window(range(90), down[0], ""), **keywords)


def test_windows_of_a_block_have_a_counting_for_rows_and_one_for_columns():
    result = made_result(1, 2, 200, block="ba")
    down, across = grid_windows(result.weights.shape)
    window = window_of(result, down[-1], across[0])
    first, last = result.rows[down[-1][0]] + 1, result.rows[-1] + 1
    assert f"pieces {first}–{last} (down) looking at 1–80 (across)" in window.said
    assert first > 100
    assert window_name(result, result.columns, across[0]) == (
        f"pieces 1–80: {result.units[0].text} … {result.units[79].text}"
    )
    hostile = window_name(result, result.columns, range(3, 5))
    assert HOSTILE[:11] + "…" in hostile
    assert HOSTILE not in hostile


def test_a_fingerprint_is_of_content_and_shape():
    def stamp(weights: np.ndarray) -> str:
        return str(grid_payload(weights, layers=(1,), heads=(1,)).data["id"])

    weights = random_weights(0, 1, 1, 4, 4)
    assert stamp(weights) == stamp(weights.copy())
    assert len({stamp(weights), stamp(weights.reshape(1, 1, 2, 8)), stamp(weights[..., ::-1])}) == 3


def test_scales_in_words():
    weights = random_weights(0, 1, 2, 4, 4)
    said = {
        scale: grid_payload(weights, layers=(1,), heads=(1, 2), scale=scale).data
        for scale in ("one", "shared", "head")
    }
    assert [data["high"] for data in said.values()] == [
        "1", f"{weights.max():.3g}", "largest of the head",
    ]  # fmt: skip
    assert "do not compare heads" in said["head"]["said"]
    assert "square root" in said["one"]["said"]
    change = grid_payload(weights, layers=(1,), heads=(1, 2), difference=True).data
    assert change["signed"]
    assert change["low"] == "−" + change["high"]
    assert "Blue is above 0, orange below." in change["said"]
    joined = grid_payload(weights[:, :1], layers=(3,), heads=()).data
    assert joined["notes"] == ["layer 3, all heads"]
    assert joined["axes"] == "rows: layer 3"


@pytest.mark.parametrize(
    ("layers", "heads", "notes", "said"),
    [
        ((1,), (1, 2), (), "1 layers"),
        ((1, 2), (1,), (), "1 heads"),
        ((1, 2), (1, 2), ("one",), "1 notes for 4"),
        ((1, 2), (), (), "0 heads"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(layers, heads, notes, said):
    with pytest.raises(ValueError, match=said):
        grid_payload(random_weights(0, 2, 2, 3, 3), layers=layers, heads=heads, notes=notes)


def test_notes_name_the_pattern():
    tokens = tokens_of("rain|ed , late", "it is .")
    following = np.eye(10, dtype=np.float32)[[*range(1, 10), 9]]
    weights = np.stack([following, np.full((10, 10), 0.1, np.float32)])[None]
    assert head_notes(head_table(weights, tokens)) == (
        "layer 1, head 1: mostly next piece, entropy 0.0 bits",
        "layer 1, head 2: broad, entropy 3.3 bits",
    )


def head_of(weights: np.ndarray, **keywords: Any):
    rows, columns = weights.shape
    keywords = {
        "units": [f"u{i}" for i in range(9)],
        "rows": range(rows),
        "columns": range(columns),
        "edges": strongest_edges(weights, share=0.8),
        **keywords,
    }
    return head_payload(weights, **keywords)


def test_a_head_is_sent_exactly():
    weights = random_weights(3, 6, 6)[:4]
    head = head_of(weights, rows=(1, 2, 5, 8))
    assert np.frombuffer(head.buffer[FINGERPRINT:], "<f4").tolist() == weights.ravel().tolist()
    assert head.data["id"] == head.buffer[:FINGERPRINT].hex()
    assert head.data["rows"] == [1, 2, 5, 8]
    edges = strongest_edges(weights, share=0.8)
    found = weights.ravel()[head.data["edges"]]
    assert found.tolist() == edges.weights.tolist()
    assert head.data["full"] == pytest.approx(weights.max())
    assert head_of(weights, full=1.0).data["high"] == "1"
    json.dumps(head.data)


def test_lines_in_words():
    weights = np.array([[0.5, 0.25, 0.125, 0.125]] * 4, dtype=np.float32)
    assert edge_words(strongest_edges(weights, share=1)) == (
        "16 lines: every weight that is not 0."
    )
    assert edge_words(strongest_edges(weights, share=0.75, most=6)) == (
        "6 lines, the strongest; 10 weaker ones with 37.5\xa0% of the weight not drawn. "
        "2 of these fell to the cap on lines."
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rows": (0, 1)}, "2 rows"),
        ({"columns": (0, 1, 9)}, "outside 9 units"),
        ({"rows": (-1, 0, 1)}, "outside 9 units"),
        ({"full": 0.0}, "full"),
        ({"edges": strongest_edges(np.ones((3, 4)))}, "edge"),
    ],
)
def test_a_head_that_does_not_fit_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        head_of(random_weights(0, 3, 3), **change)


def test_a_head_of_no_numbers_is_refused():
    places = range(2)
    edges = strongest_edges(np.ones((2, 2)))
    with pytest.raises(ValueError, match="finite"):
        head_payload(np.full((2, 2), np.inf), units="ab", rows=places, columns=places, edges=edges)


@pytest.mark.parametrize(
    "sent",
    [None, [], {}, {"layer": 0}, {"layer": 2, "head": 0}, {"layer": 0, "head": 3},
     {"layer": -1, "head": 0}, {"layer": True, "head": 0}, {"layer": 0.0, "head": 0}],
)  # fmt: skip
def test_a_pick_believes_nothing(sent):
    assert read_pick(sent, (5, 6), (1, 2, 3)) is None


def test_picks():
    assert read_pick({"layer": 1, "head": 2}, (5, 6), (1, 2, 3)) == Pick(6, 3)
    assert read_pick({"layer": 1, "head": 0}, (5, 6), ()) == Pick(6, None)


@pytest.mark.parametrize(
    "sent", [None, {}, {"unit": 4}, {"unit": -1}, {"unit": "1"}, {"unit": 1.0}]
)
def test_a_lock_believes_nothing(sent):
    assert read_lock(sent, 4) is None


def test_locks():
    assert read_lock({"unit": 3}, 4) == Lock(3)
    assert read_lock({"unit": None}, 4) == Lock(None)


class Parts(HTMLParser):
    """Every element of a page, and what its scripts, styles and blocks of data hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {}
        self._open = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = dict(attrs).get("id") or tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.inside.setdefault(self._open, []).append(data)


def test_the_file_holds_every_head_and_lets_nothing_else_run():
    result = made_result(2, 3, 18)
    html = attention_html(result, selected=Pick(2, 1), link=f"?a={HOSTILE}", snippet=HOSTILE)
    parts = Parts(html)
    data = json.loads("".join(parts.inside["data"]))
    levels = np.frombuffer(base64.b64decode(data["weights"]), np.uint16).reshape(2, 3, 18, 18)
    full = result.weights.max(axis=(2, 3), keepdims=True)
    assert [head["full"] for head in data["heads"]] == full.ravel().tolist()
    assert np.abs(levels * (full / 65535) - result.weights).max() <= 0.51 * full.max() / 65535
    assert data["grid"]["full"] == [float(full.max())] * 6
    assert data["head"]["units"] == [unit.text for unit in result.units]
    assert data["grid"]["selected"] == 3
    assert data["heads"][4]["label"] == "Layer 2, head 2"
    assert data["heads"][4]["badge"].endswith("bits")
    assert "rounded to 1/65,535 of" in html
    policy = next(a["content"] for _, a in parts.tags if a.get("http-equiv")) or ""
    for kind in ("script", "style"):
        (content,) = parts.inside[kind]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert HOSTILE not in html
    assert sum(tag == "script" for tag, _ in parts.tags) == 2
    assert not any(tag in ("img", "link", "iframe") or "src" in a or "href" in a
                   for tag, a in parts.tags)  # fmt: skip
    assert set(re.findall(r"https?://[^\s\"'<]+", html)) == {"http://www.w3.org/2000/svg"}


def test_the_file_of_a_joined_measure_and_of_a_block():
    joined = attention_html(made_result(3, 0, 16))
    data = json.loads("".join(Parts(joined).inside["data"]))
    assert [head["label"] for head in data["heads"]] == [
        f"Layer {layer}, all heads" for layer in (1, 2, 3)
    ]
    block = made_result(1, 2, 16, block="ab")
    data = json.loads("".join(Parts(attention_html(block)).inside["data"]))
    assert data["grid"]["shape"] == [1, 2, len(block.rows), len(block.columns)]
    assert data["head"]["columns"] == list(block.columns)


def test_a_file_of_128_pieces_is_below_eight_megabytes(monkeypatch):
    html = attention_html(made_result(12, 12, 128))
    assert len(html) < exporting.SMALL_FILE
    assert "1/65,535" in html
    monkeypatch.setattr(exporting, "SMALL_FILE", 50_000)
    assert "1/255" in attention_html(made_result(2, 2, 80))
    monkeypatch.setattr(exporting, "LARGEST_FILE", 30_000)
    with pytest.raises(InputError, match="Choose fewer pieces"):
        attention_html(made_result(2, 2, 80))


def test_the_file_has_the_colours_of_the_app():
    config = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    style = (exporting.TEMPLATES / "attention.css").read_text("utf-8")
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    names = {
        "primaryColor": "primary-color",
        "backgroundColor": "background-color",
        "secondaryBackgroundColor": "secondary-background-color",
        "textColor": "text-color",
        "linkColor": "link-color",
        "borderColor": "border-color",
    }
    for theme, css in (("light", light), ("dark", dark)):
        for name, variable in names.items():
            assert f"--st-{variable}: {config[theme][name]};" in css
    assert f"--st-chart-diverging-colors: {','.join(config['chartDivergingColors'])};" in light
