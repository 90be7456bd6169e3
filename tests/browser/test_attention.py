"""The attention page in a real browser: exact weights, heads off, hostile text, a file to keep."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from bert_core import Encoder
from bert_core.analysis.attention.ablation import HeadName, ablate
from bert_core.analysis.attention.agreement import agreement, attention_received
from bert_core.analysis.attention.attend import AttentionResult, attend
from bert_core.analysis.attention.edges import strongest_edges
from bert_core.analysis.attention.leave_one_out import leave_one_out
from bert_core.analysis.attention.measures import weigh
from bert_core.examples import examples
from bert_core.views.attention_files import MOST_WEIGHTS
from bert_core.views.attention_payload import edge_words
from bert_core.views.attention_tables import ablation
from tests.browser.conftest import PROJECT
from tests.browser.test_attention_components import MARKED

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG = 60_000  # milliseconds
HEADS = 12
HOSTILE = "</script><img src=x onerror=alert(1)>"
EXAMPLES = examples("attention")
LENGTHY = " ".join(f"The {who} waited by the old mill." for who in ("heron", "dog", "cart") * 11)


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    home = str(tmp_path_factory.mktemp("home"))
    address = serve(PROJECT / "app.py", fresh=True, BERT_EXPLORER_HOME=home)
    return f"{address}/attention"


def drawn(page: Page) -> None:
    """Wait until both canvases stand."""
    for key in ("at_grid", "at_head_detail"):
        page.locator(f".st-key-{key} [data-drawn]").wait_for(timeout=LONG)


def detail(page: Page) -> Locator:
    return page.locator(".st-key-at_head_detail")


def open_head(page: Page, layer: int, head: int) -> Locator:
    """Click a cell of the grid; returns the box of the head that opens."""
    page.locator(".st-key-at_grid .cell").nth((layer - 1) * HEADS + head - 1).click()
    name = f"Layer {layer}, head {head}"
    expect(detail(page).locator(".title")).to_have_text(name, timeout=LONG)
    drawn(page)
    return page.get_by_role("application", name=name)


def panel(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).click()


def refuse_speech(page: Page) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a text spoke: {dialog.message}"))


def expect_value(page: Page, result: AttentionResult, place: tuple[int, int, int, int]) -> None:
    """What is said of a cell is the core's number, to the last digit that is shown."""
    _, _, row, column = place
    words = f"from '{result.units[row].text}' to '{result.units[column].text}': "
    status = detail(page).get_by_role("status")
    expect(status).to_have_text(re.compile(f"^{re.escape(words)}"))
    said = float(status.inner_text().removeprefix(words))
    # Another number of threads may turn a last digit that stands on the edge.
    assert said == pytest.approx(float(result.weights[place]), abs=6e-5)


def share(said: str) -> float:
    """A percentage as the tables write it."""
    return 0.0 if said.startswith("<") else float(said.removesuffix("\xa0%"))


def test_from_the_grid_to_one_exact_weight(url: str, open_page: Open, embedded: Encoder) -> None:
    page = open_page(url)
    drawn(page)
    example = next(iter(EXAMPLES.values()))
    expect(page.get_by_label("Text A")).to_have_value(example.text)
    expect(detail(page).locator(".title")).to_have_text(re.compile(r"^Layer \d, head \d+$"))
    result = attend(embedded, example.text, example.pair or None)
    pieces = len(result.units)

    canvas = page.locator(".st-key-at_grid .board canvas")
    canvas.evaluate("canvas => { window.kept = canvas; }")
    box = open_head(page, 5, 7)
    assert canvas.evaluate("canvas => canvas === window.kept"), "nothing is mounted again"
    box.focus()
    for key in ("Home", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect_value(page, result, (4, 6, 1, 1))
    plot = detail(page).locator(".plot").bounding_box()
    around = box.bounding_box()
    assert plot
    assert around
    size = plot["width"] / pieces
    for place in ((3, 5), (9, 2)):
        x = plot["x"] - around["x"] + (place[1] + 0.5) * size
        y = plot["y"] - around["y"] + (place[0] + 0.5) * size
        box.hover(position={"x": x, "y": y})
        expect_value(page, result, (4, 6, *place))

    page.keyboard.press("Enter")
    kept = detail(page).locator(".focus.kept")
    expect(kept).to_contain_text(f"Where it looks: '{result.units[9].text}'")
    words = kept.locator("ol").first.locator("bdi")
    best = np.argsort(-result.weights[4, 6, 9], kind="stable")[:5]
    assert words.all_text_contents() == [result.units[each].text for each in best]
    page.get_by_role("button", name="Copy link").click()
    code = page.locator("code").filter(has_text="unit=9")
    expect(code).to_be_visible(timeout=LONG)
    asked = parse_qs(urlsplit(code.inner_text()).query)
    assert (asked["layer"], asked["head"]) == (["5"], ["7"])


def test_heads_off_and_what_it_explains(url: str, open_page: Open, embedded: Encoder) -> None:
    page = open_page(url)
    drawn(page)
    page.get_by_text("Agreement", exact=True).click()
    expect(page.get_by_label("Text A")).to_have_value(EXAMPLES["Agreement"].text, timeout=LONG)
    tokens = embedded.tokenize(EXAMPLES["Agreement"].text)
    panel(page, "Switch heads off")
    expect(page.get_by_text("No head is off.")).to_be_visible(timeout=LONG)
    open_head(page, 6, 3)
    page.get_by_role("button", name="Add the open head, 6.3").click()
    rows = page.get_by_role("table", name=re.compile("^With and without")).get_by_role("row")
    expected = ablation(ablate(embedded, tokens, [HeadName(6, 3)])).rows
    expect(rows).to_have_count(len(expected) + 1, timeout=LONG)
    for number, bar in enumerate(expected, start=1):
        expect(rows.nth(number)).to_contain_text(bar.cells[0])
        said = re.findall(r"<\s0\.1\s%|[\d.]+\s%", rows.nth(number).inner_text())
        assert list(map(share, said)) == pytest.approx(list(map(share, bar.cells[1:])), abs=0.11)

    ranking = page.get_by_role("table", name=re.compile("^What each head does alone"))
    expect(ranking.get_by_role("row")).to_have_count(21, timeout=LONG)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    first = ranking.get_by_role("row").nth(1)
    layer, head = re.search(r"(\d+)\.(\d+)", first.inner_text()).groups()
    first.click()
    expect(detail(page).locator(".title")).to_have_text(f"Layer {layer}, head {head}", timeout=LONG)

    panel(page, "Is it an explanation?")
    metric = page.get_by_test_id("stMetric").filter(has_text="Spearman")
    expect(metric).to_be_visible(timeout=LONG)
    effects = leave_one_out(embedded, tokens)
    received = attention_received(weigh(embedded, tokens), effects, rows=tokens.masks[:1])
    found = agreement(received, effects.divergence)
    said = metric.get_by_test_id("stMetricValue").inner_text().replace("−", "-")
    assert float(said) == pytest.approx(found.spearman, abs=0.011)

    panel(page, "bertviz")
    lines = page.frame_locator("iframe").locator("svg line")
    expect(lines).to_have_count(HEADS * len(tokens) ** 2, timeout=LONG)


def test_a_link_to_what_is_not_there_is_answered_in_sentences(url: str, open_page: Open) -> None:
    page = open_page(f"{url}?block=ab&masked=300&layer=99&head=77&measure=mood")
    drawn(page)
    for said in (
        "The link's measure = 'mood' is not understood; the usual value is used.",
        "What was masked is no piece of this text: nothing is masked.",
        "Parts need a text B, so everything is shown.",
        "There is no head 99.77: this model has 6 layers of 12 heads. The nearest is open.",
    ):
        expect(page.get_by_text(said)).to_be_visible(timeout=LONG)
    expect(detail(page).locator(".title")).to_have_text("Layer 6, head 12")
    assert page.get_by_test_id("stException").count() == 0


def test_what_is_too_large_as_text_is_offered_of_the_open_head(
    url: str, open_page: Open, embedded: Encoder, tmp_path: Path
) -> None:
    page = open_page(f"{url}?{urlencode({'text': LENGTHY, 'layer': 5, 'head': 7, 'share': 70})}")
    drawn(page)
    page.get_by_role("button", name="Download").first.click()
    with page.expect_download() as caught:
        page.get_by_role("button", name="Weights of layer 5, head 7 (CSV)").click()
    rows = list(csv.DictReader(io.StringIO(Path(caught.value.path()).read_text("utf-8"))))
    expected = attend(embedded, LENGTHY, layer=5, head=7).weights
    assert expected.size * 72 > MOST_WEIGHTS
    assert {(row["layer"], row["head"]) for row in rows} == {("5", "7")}
    found = np.reshape([float(row["weight"]) for row in rows], expected.shape)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)

    with page.expect_download() as caught:
        page.get_by_role("button", name="Grid and heads (HTML, opens offline)").click()
    file = tmp_path / "attention.html"
    caught.value.save_as(file)
    offline = open_page(file.as_uri(), width=420)
    offline.locator("#head [data-drawn]").wait_for(timeout=LONG)
    assert offline.evaluate("document.documentElement.scrollWidth <= innerWidth")
    offline.get_by_label("lines").check()
    edges = strongest_edges(expected[0, 0], share=0.7, most=500)
    expect(offline.locator("#head")).to_contain_text(edge_words(edges))


def test_what_takes_long_waits_for_a_click_and_stops(url: str, open_page: Open) -> None:
    asked = {"text": LENGTHY, "masked": 3, "show": "Is it an explanation?"}
    page = open_page(f"{url}?{urlencode(asked)}")
    go = page.get_by_role("button", name="Leave each out")
    go.click(timeout=LONG)
    page.get_by_role("button", name="Stop", exact=True).click(timeout=LONG)
    expect(go).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stMetric")).to_have_count(0)


def test_a_hostile_text_a_file_to_keep_and_nothing(
    url: str, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(url, width=420)
    refuse_speech(page)
    drawn(page)
    text = page.get_by_label("Text A")
    text.fill(HOSTILE)
    text.press("Enter")
    expect(page.locator(".st-key-at_chips .chip", has_text="script").first).to_be_visible(
        timeout=LONG
    )
    drawn(page)
    assert page.locator("img[src=x]").count() == 0
    assert page.evaluate(
        "document.querySelector('[data-testid=stMain]').scrollWidth"
        " <= document.querySelector('[data-testid=stMain]').clientWidth"
    )

    page.get_by_role("button", name="Download").first.click()
    with page.expect_download() as caught:
        page.get_by_role("button", name="Grid and heads (HTML, opens offline)").click()
    file = tmp_path / "attention.html"
    caught.value.save_as(file)
    offline = open_page(file.as_uri())
    refuse_speech(offline)
    offline.reload()
    offline.locator("#head [data-drawn]").wait_for(timeout=LONG)
    assert min(offline.locator("#grid .board canvas").evaluate(MARKED, [6, HEADS])) > 0
    assert offline.locator("img").count() == 0
    assert "onerror=alert(1)" in offline.locator("body").inner_text()
    offline.close()

    page.keyboard.press("Escape")
    text.fill("")
    text.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stAlert")).to_contain_text(re.compile(r"^.*[a-z].*\.$"))
    expect(page.locator(".st-key-at_grid")).to_have_count(0)
    assert page.get_by_test_id("stException").count() == 0
