"""bertviz's pages: everything inside, nothing else may run, every text escaped, limits in words."""

import base64
import hashlib
import json
from collections.abc import Callable
from html.parser import HTMLParser

import numpy as np
import pytest

from bert_core.errors import InputError
from bert_core.views import bertviz_frames
from bert_core.views.bertviz_frames import head_view_html, model_view_html, neuron_view_html
from tests.unit.bertviz_inputs import MODEL, NASTY, OTHERS, made, made_queries, nasty_tokens
from tests.unit.made_attention import tokens_of


class Page(HTMLParser):
    """What a browser would find: elements, and the content of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": [], "title": [], "h1": []}
        self._at = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._at = tag
        if tag in self.inside:
            self.inside[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._at = ""

    def handle_data(self, data: str) -> None:
        if self._at in self.inside:
            self.inside[self._at][-1] += data

    @property
    def params(self):
        return json.loads(self.inside["script"][0])


PAGES: dict[str, Callable[..., str]] = {
    "head": lambda **how: head_view_html(made(nasty_tokens()), **how),
    "model": lambda **how: model_view_html(made(nasty_tokens()), **how),
    "neuron": lambda **how: neuron_view_html(made_queries(nasty_tokens()), **how),
}


@pytest.fixture(scope="module", params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(PAGES[request.param]())


def fingerprint(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_only_its_own_scripts_may_run_and_nothing_may_be_loaded(page: Page) -> None:
    (policy,) = [attrs["content"] for tag, attrs in page.elements if "http-equiv" in attrs]
    rules = dict(rule.strip().split(" ", 1) for rule in (policy or "").split(";"))
    data, *scripts = page.inside["script"]
    assert json.loads(data)
    assert rules["default-src"] == "'none'"
    assert rules["script-src"].split() == [fingerprint(script) for script in scripts]
    assert rules["style-src"].split() == [fingerprint(style) for style in page.inside["style"]]
    names = {name for _, attrs in page.elements for name in attrs}
    assert not names & {"src", "href", "srcset", "style"}
    assert not any(name.startswith("on") for name in names)


def test_it_holds_the_versions_that_bertviz_draws_with(page: Page) -> None:
    _, jquery, d3, *_ = page.inside["script"]
    assert jquery.startswith("/*! jQuery v3.7.1")
    assert d3.startswith("// https://d3js.org v5.7.0")


def test_no_text_breaks_out(page: Page) -> None:
    assert [tag for tag, _ in page.elements].count("script") == 5
    assert {"img", "b"}.isdisjoint(tag for tag, _ in page.elements)
    assert page.params["attention"]["all"]["left_text"] == list(nasty_tokens().pieces)
    assert {NASTY, *OTHERS} <= set(page.params["attention"]["all"]["right_text"])
    assert page.inside["title"][0].endswith(MODEL)
    assert page.inside["h1"][0].endswith(MODEL)


def test_the_marker_of_bertviz_is_replaced_in_the_script_alone(page: Page) -> None:
    assert "PYTHON_PARAMS" in page.inside["script"][0], "a token of that name stays"
    assert all("PYTHON_PARAMS" not in script for script in page.inside["script"][1:])
    assert "window.bertviz_params" in page.inside["script"][-1]


@pytest.mark.parametrize("draw", [head_view_html, model_view_html])
def test_the_weights_are_those_of_the_result(draw) -> None:
    result = made(nasty_tokens(), level="word", block="ab", hide_special=True, layer=2)
    params = Page(draw(result)).params
    drawn = params["attention"]["all"]
    np.testing.assert_allclose(drawn["attn"], result.weights, rtol=0, atol=5.1e-5)
    assert np.shape(drawn["attn"]) == (1, 3, 3, 5)
    assert drawn["left_text"] == ["the", "heron", "waits"]
    assert drawn["right_text"] == ["it", "is", "late", ",", "now"]
    assert params["include_layers"] == [2]
    assert params["include_heads"] == [1, 2, 3]
    assert params["blocks"] == []


def test_blocks_of_a_pair_are_its_two_texts(page: Page) -> None:
    texts = page.params["attention"]["all"]["left_text"]
    blocks = {name: (texts[slice(*a)], texts[slice(*b)]) for name, a, b in page.params["blocks"]}
    first, second = texts[:5], texts[5:]
    assert blocks == {
        "aa": (first, first), "ab": (first, second), "ba": (second, first), "bb": (second, second),
    }  # fmt: skip
    values = [attrs["value"] for tag, attrs in page.elements if tag == "option"]
    assert values == ["all", "aa", "ab", "ba", "bb"]


def test_a_single_text_has_no_blocks() -> None:
    found = Page(head_view_html(made(tokens_of("the heron waits"))))
    assert found.params["blocks"] == []
    assert not any(tag == "option" for tag, _ in found.elements)


def test_queries_and_keys_are_those_of_the_result() -> None:
    result = made_queries(nasty_tokens())
    drawn = Page(neuron_view_html(result)).params["attention"]["all"]
    for name, values in (("queries", result.queries), ("keys", result.keys)):
        np.testing.assert_allclose(drawn[name], values, rtol=0, atol=5.1e-5)
    np.testing.assert_allclose(drawn["attn"], result.weights, rtol=0, atol=5.1e-5)


def test_joined_heads_are_one() -> None:
    params = Page(model_view_html(made(nasty_tokens(), measure="rollout"))).params
    assert params["include_heads"] == ["all"]
    assert params["total_heads"] == 12
    assert np.shape(params["attention"]["all"]["attn"]) == (2, 1, 11, 11)


@pytest.mark.parametrize("kind", PAGES)
def test_dark_is_said_to_the_style_and_to_bertviz(kind: str) -> None:
    for dark, mode in ((True, "dark"), (False, "light")):
        found = Page(PAGES[kind](dark=dark))
        assert found.params["display_mode"] == mode
        assert dict(found.elements)["html"]["class"] == mode


@pytest.mark.parametrize(
    ("draw", "most"), [(head_view_html, 128), (model_view_html, 64)], ids=["head", "model"]
)
def test_longer_texts_are_for_the_grid(draw, most: int) -> None:
    fits = made(tokens_of(" ".join(["heron"] * (most - 2))), layers=1, heads=1)
    assert len(Page(draw(fits)).params["attention"]["all"]["left_text"]) == most
    longer = made(tokens_of(" ".join(["heron"] * (most - 1))), layers=1, heads=1)
    with pytest.raises(
        InputError, match=f"at most {most} word pieces and this text has {most + 1}"
    ):
        draw(longer)
    with pytest.raises(InputError, match="Use the grid"):
        draw(longer)


def test_the_neuron_view_has_a_limit_too() -> None:
    with pytest.raises(InputError, match=r"neuron view takes at most 64 word pieces.* has 65"):
        neuron_view_html(made_queries(tokens_of(" ".join(["heron"] * 63))))


def test_a_page_that_a_browser_would_choke_on_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(bertviz_frames, "MOST_NUMBERS", 2 * 3 * 11 * 11)
    assert head_view_html(made(nasty_tokens()))
    monkeypatch.setattr(bertviz_frames, "MOST_NUMBERS", 2 * 3 * 11 * 11 - 1)
    with pytest.raises(InputError, match=r"726 numbers.*725.*Choose one layer"):
        head_view_html(made(nasty_tokens()))
    assert head_view_html(made(nasty_tokens(), layer=1))


@pytest.mark.parametrize("measure", ["norm", "attribution"])
@pytest.mark.parametrize("draw", [head_view_html, model_view_html])
def test_values_that_are_no_shares_are_refused(draw, measure) -> None:
    with pytest.raises(InputError, match=f"0 to 1, which those of the measure {measure} are not"):
        draw(made(nasty_tokens(), measure=measure))


def test_the_same_result_gives_the_same_page() -> None:
    assert PAGES["head"]() == PAGES["head"]()
