"""The tokens page in a real browser: exact pieces and places, hostile text, a link, a file."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from bert_core import ModelChoice, load_tokenizer, tokenize
from bert_core.analysis.tokenization.compare import changed_cutter, compare_tokenizers, own_cutter
from bert_core.analysis.tokenization.statistics import token_statistics
from bert_core.examples import examples
from bert_core.model.tokenizer import Tokenizer
from tests.browser.conftest import PROJECT

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG = 60_000  # milliseconds
EXAMPLES = examples("tokens")
HOSTILE = "</script><img src=x onerror=alert(1)> ΟΔΥΣΣΕΥΣ"


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    home = str(tmp_path_factory.mktemp("home"))
    address = serve(PROJECT / "app.py", fresh=True, BERT_EXPLORER_HOME=home)
    return f"{address}/tokens"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(ModelChoice())


def chips(page: Page) -> Locator:
    return page.locator(".st-key-tk_chips .chip")


def rows(page: Page) -> Locator:
    return page.locator(".st-key-tk_table tbody tr")


def write(page: Page, text: str) -> None:
    box = page.get_by_label("Text A", exact=True)
    box.fill(text)
    box.press("Control+Enter")


def refused(page: Page, words: str) -> None:
    """One plain sentence stands in the place of the answer, and the page goes on below."""
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text(words, timeout=LONG)
    assert page.get_by_test_id("stException").count() == 0
    expect(page.get_by_role("radio", name="A file")).to_be_visible()


def test_from_a_text_to_its_ids(url: str, open_page: Open, tokenizer: Tokenizer) -> None:
    page = open_page(url)
    first = next(iter(EXAMPLES.values()))
    expected = tokenize(tokenizer, first.text)
    expect(rows(page)).to_have_count(len(expected.pieces), timeout=LONG)
    page.get_by_text("Compound", exact=True).click()
    example = EXAMPLES["Compound"]
    expected = tokenize(tokenizer, example.text, example.pair)
    expect(rows(page)).to_have_count(len(expected.pieces), timeout=LONG)
    assert chips(page).all_text_contents() == [each.piece for each in expected.pieces]
    for number, each in enumerate(expected.pieces):
        cells = rows(page).nth(number).locator(".v").all_inner_texts()
        assert cells[1:4] == [each.piece, str(each.id), str(each.segment)]

    piece = expected.pieces[12]
    chips(page).nth(12).hover()
    tip = page.locator(".st-key-tk_chips .tip")
    expect(tip).to_contain_text(f"«{piece.characters}»")
    rows(page).nth(12).locator(".pick").click()
    mark = page.locator(".st-key-tk_typed_0 mark")
    expect(mark).to_have_text(piece.characters, timeout=LONG)
    expect(page.get_by_text("Google's original tokenizer gives the same")).to_be_visible()

    page.get_by_role("button", name="Copy link").click()
    link = page.locator("code").filter(has_text="piece=12")
    expect(link).to_be_visible(timeout=LONG)
    again = open_page(link.inner_text())
    expect(again.locator(".st-key-tk_typed_0 mark")).to_have_text(piece.characters, timeout=LONG)
    expect(again.get_by_label("Text B", exact=True)).to_have_value(example.pair)


def test_hostile_text_a_file_to_keep_and_what_is_refused(
    url: str, open_page: Open, tokenizer: Tokenizer
) -> None:
    page = open_page(url, width=420)
    page.on("dialog", lambda dialog: pytest.fail(f"a text spoke: {dialog.message}"))
    expect(chips(page).first).to_be_visible(timeout=LONG)
    write(page, HOSTILE)
    expected = tokenize(tokenizer, HOSTILE)
    expect(rows(page)).to_have_count(len(expected.pieces), timeout=LONG)
    assert page.locator("img[src=x]").count() == 0
    google = page.locator(".st-key-tk_google tbody tr")
    expect(google).to_have_count(1)
    expect(google).to_contain_text("##ς")
    assert page.evaluate(
        "document.querySelector('[data-testid=stMain]').scrollWidth"
        " <= document.querySelector('[data-testid=stMain]').clientWidth"
    )
    page.get_by_role("button", name="Download").first.click()
    with page.expect_download() as caught:
        page.get_by_role("button", name="Pieces (CSV)").click()
    kept = list(csv.DictReader(io.StringIO(Path(caught.value.path()).read_text("utf-8"))))
    assert [int(row["id"]) for row in kept] == [each.id for each in expected.pieces]
    page.keyboard.press("Escape")

    write(page, "")
    refused(page, "The text is empty.")
    write(page, "\u200b\u200b")
    refused(page, "no character that the model can see")
    write(page, "word " * 600)
    refused(page, "the model reads 512")


def test_two_tokenizers_and_a_file(
    url: str, open_page: Open, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    query = {"text": "The Heron waits.", "with": "first 3,000 pieces", "show": "Two tokenizers"}
    page = open_page(f"{url}?{urlencode({**query, 'masks': 'perhaps'})}")
    expect(page.get_by_text("The link's masks = 'perhaps' is not understood")).to_be_visible(
        timeout=LONG
    )
    second = changed_cutter(tokenizer, "first 3,000 pieces")
    result = compare_tokenizers(own_cutter(tokenizer), second, query["text"])
    other = [place for place in result.places if not place.alike]
    places = page.locator(".st-key-tk_places tbody tr")
    expect(places).to_have_count(len(other), timeout=LONG)
    expect(places.first).to_contain_text(" ".join(other[0].second))
    box = page.get_by_role("combobox", name=re.compile("Second tokenizer"))
    box.fill("./nowhere at all")
    box.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_be_visible(timeout=LONG)

    page.get_by_role("radio", name="A file").click()
    sample = PROJECT / "assets" / "samples" / "documents.train.txt"
    figures = token_statistics(tokenizer, sample)
    metric = page.get_by_test_id("stMetric").filter(has_text="Pieces per word")
    expect(metric).to_contain_text(f"{figures.pieces_per_word:.2f}", timeout=LONG)
    page.get_by_role("radio", name="Upload").click()
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("Herons wait.\n" * 3, encoding="utf-8")
    bad.write_bytes(b"good\nbad \xff\n")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(bad)
    expect(page.get_by_test_id("stAlert")).to_contain_text("line 2", timeout=LONG)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(good)
    expect(page.get_by_text("good.txt: 3 lines")).to_be_visible(timeout=LONG)
    assert page.get_by_test_id("stException").count() == 0
