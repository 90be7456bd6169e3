"""The next-sentence page in a real browser: both orders, a map, a file of pairs, bad input."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from bert_core import Encoder, load, next_sentence, score_pairs
from bert_core.examples import examples
from tests.browser.conftest import PROJECT

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG = 60_000  # milliseconds
EXAMPLES = examples("next_sentence")
FIRST = next(iter(EXAMPLES.values()))
HOSTILE = "<img src=x onerror=alert(1)> **bold** [link](http://a.b)"


@pytest.fixture(scope="module")
def url(models: Path, serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    home = str(tmp_path_factory.mktemp("home"))
    address = serve(PROJECT / "app.py", fresh=True, BERT_EXPLORER_HOME=home)
    return f"{address}/next_sentence"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load()


def metric(page: Page, label: str) -> Locator:
    return page.get_by_test_id("stMetric").filter(has_text=label)


def expect_share(page: Page, label: str, expected: float) -> None:
    """A metric shows a probability; another number of threads may turn its last digit."""
    value = metric(page, label).get_by_test_id("stMetricValue")
    expect(value).to_have_text(re.compile("%"), timeout=LONG)
    shown = {f"{expected * 100 + nudge:.1f}\xa0%" for nudge in (0, -0.002, 0.002)}
    expect(value).to_have_text(re.compile("|".join(map(re.escape, shown))), timeout=LONG)


def expect_answer(page: Page, encoder: Encoder, text: str, pair: str) -> None:
    """Both orders show the core's numbers and verdicts."""
    result = next_sentence(encoder, text, pair)
    for label, score in (("Does B follow A?", result.score), ("Turned round", result.swapped)):
        expect_share(page, label, score.p_is_next)
        words = "is next" if score.answer == "is-next" else "is not next"
        expect(metric(page, label).get_by_test_id("stMetricDelta")).to_have_text(words)


def type_into(box: Locator, text: str) -> None:
    box.fill(text)
    box.press("Control+Enter")


def saved(page: Page, button: str, folder: Path) -> list[dict[str, str]]:
    """The rows of a CSV file that a button gives."""
    with page.expect_download() as caught:
        page.get_by_role("button", name=button).click()
    file = folder / "file.csv"
    caught.value.save_as(file)
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8"), newline="")))


def test_a_pair_in_both_orders_and_a_file_of_it(
    url: str, open_page: Open, encoder: Encoder, tmp_path: Path
) -> None:
    page = open_page(url)
    expect_answer(page, encoder, FIRST.text, FIRST.pair)
    expect(page.get_by_text("0 = is next; it classifies, it does not generate.")).to_be_visible()
    pieces = page.locator(".st-key-nx_chips_1 .chip")
    expect(pieces.last).to_have_text("[SEP]")
    expect(pieces.first).to_have_text("visitors")

    page.get_by_text("Another topic", exact=True).click()
    other = EXAMPLES["Another topic"]
    expect(page.get_by_role("textbox", name="Text B")).to_have_value(other.pair, timeout=LONG)
    expect_answer(page, encoder, other.text, other.pair)
    page.get_by_role("button", name="Turn the pair round").click()
    expect(page.get_by_role("textbox", name="Text A")).to_have_value(other.pair, timeout=LONG)
    expect_answer(page, encoder, other.pair, other.text)

    page.get_by_role("button", name="Download").first.click()
    rows = saved(page, "Table (CSV)", tmp_path)
    assert [row["text_a"] for row in rows] == [other.pair, other.text]
    scores = score_pairs(encoder, [(other.pair, other.text), (other.text, other.pair)])
    for row, score in zip(rows, scores, strict=True):
        assert float(row["p_is_next"]) == pytest.approx(score.p_is_next, abs=1e-5)
        assert float(row["logit_not_next"]) == pytest.approx(score.logit_not_next, abs=1e-4)


def test_why_candidates_and_a_link_that_restores_a_paragraph(
    url: str, open_page: Open, encoder: Encoder
) -> None:
    page = open_page(f"{url}?{urlencode({'show': 'Why'})}")
    words = page.get_by_role("table", name=re.compile("^Words of A"))
    expect(words.get_by_role("row")).to_have_count(10, timeout=LONG)
    way = page.get_by_role("link", name="This pair on the attention page")
    asked = parse_qs(urlsplit(way.get_attribute("href") or "").query)
    assert asked["text"] == [FIRST.text]
    assert asked["pair"] == [FIRST.pair]
    heads = page.get_by_role("table", name=re.compile("^Heads that carry it"))
    expect(heads.get_by_role("row")).to_have_count(11, timeout=LONG)

    page.get_by_role("radio", name="Candidates", exact=True).click()
    listed = page.get_by_role("textbox", name="Texts that may follow text A, one on each line")
    type_into(listed, "Mercury is a planet.\nVisitors queued for hours.")
    ranking = page.get_by_role("table", name=re.compile("^What may follow"))
    expect(ranking.get_by_role("row")).to_have_count(3, timeout=LONG)
    best = ranking.get_by_role("row").nth(1)
    expect(best).to_contain_text("Visitors")
    words, bar = (best.locator(kind).bounding_box() for kind in (".k-text", ".k-bar"))
    assert words
    assert bar
    assert words["width"] > 1.5 * bar["width"], "the room is for the sentences"

    page.get_by_role("radio", name="A paragraph", exact=True).click()
    type_into(
        page.get_by_role("textbox", name="Paragraph"),
        "The ferry left. It was full. Nobody got off.",
    )
    order = page.get_by_role("table", name=re.compile("^In their order"))
    expect(order.get_by_role("row")).to_have_count(4, timeout=LONG)
    expect(page.locator(".st-key-nx_map .heatmaplayer").first).to_be_attached(timeout=LONG)
    shown = metric(page, "In order").get_by_test_id("stMetricValue").inner_text()
    page.get_by_role("button", name="Copy link").click()
    code = page.locator("code").filter(has_text="show=A+paragraph")
    expect(code).to_be_visible(timeout=LONG)
    link = code.inner_text()

    again = open_page(link)
    expect(again.get_by_role("textbox", name="Paragraph")).to_have_value(
        "The ferry left. It was full. Nobody got off.", timeout=LONG
    )
    expect(metric(again, "In order").get_by_test_id("stMetricValue")).to_have_text(
        shown, timeout=LONG
    )


def test_bad_input_is_met_with_a_sentence_on_a_phone(
    url: str, open_page: Open, encoder: Encoder, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    page = open_page(f"{url}?{urlencode({'show': 'A file of pairs', 'text': HOSTILE})}", width=420)
    page.on("dialog", lambda dialog: pytest.fail(f"a text spoke: {dialog.message}"))
    expect_answer(page, encoder, HOSTILE, FIRST.pair)
    assert page.locator("img[src=x]").count() == 0
    alert = page.get_by_test_id("stAlert")
    second = page.get_by_role("textbox", name="Text B")
    type_into(second, "  ")
    expect(alert).to_have_text(re.compile("The second text is empty"), timeout=LONG)
    type_into(second, "word " * 600)
    expect(alert).to_have_text(re.compile("the model reads 512"), timeout=LONG)
    expect(page.get_by_test_id("stMetric")).to_have_count(0)

    page.locator(".st-key-nx_source").get_by_text("Upload").click()
    upload = page.locator("input[type=file]")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("left,right\none,two\n", encoding="utf-8")
    upload.set_input_files(wrong)
    expect(alert.last).to_have_text(re.compile("There is no column 'text_a'"), timeout=LONG)
    page.get_by_role("textbox", name="Column of text A").fill("left")
    page.get_by_role("textbox", name="Column of text A").press("Enter")
    expect(alert.last).to_have_text(re.compile("Name both columns, or none"), timeout=LONG)
    page.get_by_role("textbox", name="Column of text B").fill("right")
    page.get_by_role("textbox", name="Column of text B").press("Enter")
    expect(page.get_by_text("1 of 1 rows were scored")).to_be_visible(timeout=LONG)
    (row,) = saved(page, "Download the scored table", tmp_path)
    (score,) = score_pairs(encoder, [("one", "two")])
    assert (row["left"], row["right"], row["problem"]) == ("one", "two", "")
    assert float(row["p_is_next"]) == pytest.approx(score.p_is_next, abs=1e-5)
    assert page.evaluate(
        "document.querySelector('[data-testid=stMain]').scrollWidth"
        " <= document.querySelector('[data-testid=stMain]').clientWidth"
    )

    page.goto(f"{url}?{urlencode({'model': str(folder_of('bert-masked'))})}")
    expect(alert).to_have_text(re.compile("has no next sentence head"), timeout=LONG)
    expect(page.get_by_test_id("stMetric")).to_have_count(0)
    assert page.get_by_test_id("stException").count() == 0
