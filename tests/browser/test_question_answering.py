"""The question-answering page in a real browser: a PDF in, an answer in its place, none, files."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from bert_core.examples import documents
from tests import documents as files
from tests.browser.conftest import PROJECT

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG = 60_000
ANSWER = "eleven kayaks"
OPENER = "1968"
PAGES = (
    "# The boat house\n\nThe club was founded in 1902 by a\nbaker who could not swim.",
    "In winter the members repaired eleven kayaks\nand one very old rowing boat.\n\n"
    "The roof was mended by Ada Quist for nothing.",
)


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    home = str(tmp_path_factory.mktemp("home"))
    address = serve(PROJECT / "app.py", fresh=True, BERT_EXPLORER_HOME=home)
    return f"{address}/question_answering"


def heading(page: Page) -> Locator:
    return page.locator("h3")


def open_ready(page: Page) -> None:
    """Wait for the worked example."""
    expect(heading(page)).to_have_text(OPENER, timeout=LONG)


def ask(page: Page, question: str) -> None:
    box = page.get_by_label("Question", exact=True).first  # the one before may still be there
    box.fill(question)
    box.press("Enter")


def upload(page: Page, content: bytes, name: str, tmp_path: Path) -> None:
    page.get_by_text("Use your own document").click()
    page.get_by_role("radio", name="Upload").click()
    path = tmp_path / name
    path.write_bytes(content)
    page.locator("input[type=file]").first.set_input_files(path)


def marked(page: Page) -> Locator:
    """The answer in the document: several marks where candidates begin or end inside it."""
    return page.locator("mark")


def expect_marked(page: Page, answer: str) -> None:
    for _ in range(LONG // 100):
        if "".join(marked(page).all_inner_texts()) == answer:
            break
        page.wait_for_timeout(100)
    assert "".join(marked(page).all_inner_texts()) == answer
    expect(marked(page).first).to_be_in_viewport()


def test_from_a_pdf_to_an_answer_to_none_to_files(
    url: str, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(url)
    open_ready(page)
    expect_marked(page, OPENER)

    upload(page, files.pdf(*PAGES), "boats.pdf", tmp_path)
    expect(page.get_by_text("boats.pdf · 38 words")).to_be_visible(timeout=LONG)
    ask(page, "How many kayaks were repaired?")
    expect(heading(page)).to_have_text(re.compile("eleven"), timeout=LONG)
    said = heading(page).inner_text()
    expect_marked(page, said)
    table = page.get_by_role("table", name=re.compile("^Answers"))
    expect(table.get_by_role("row").nth(1)).to_contain_text(said)
    for column in ("probability", "start", "end", "window", "characters"):
        expect(table).to_contain_text(column)

    page.get_by_text("It may say").click()
    slider = page.get_by_role("slider")
    expect(slider).to_be_visible(timeout=LONG)
    slider.press("Home")
    expect(heading(page)).to_have_text("No answer", timeout=LONG)
    expect(marked(page)).to_have_count(0)
    slider.press("End")
    expect(heading(page)).to_have_text(said, timeout=LONG)

    page.get_by_role("button", name="Download").click()
    with page.expect_download() as caught:
        page.get_by_role("button", name="predictions.json (this session)", exact=True).click()
    predictions = json.loads(Path(caught.value.path()).read_text("utf-8"))
    assert list(predictions.values()) == [OPENER, said]
    with page.expect_download() as caught:
        page.get_by_role("button", name="null_odds.json").click()
    assert set(json.loads(Path(caught.value.path()).read_text("utf-8"))) == {"q1", "q2"}


def test_a_ready_question_says_that_it_moves_the_threshold(url: str, open_page: Open) -> None:
    page = open_page(url)
    open_ready(page)
    told = page.get_by_text("Set by a ready question")
    expect(told).to_have_count(0)
    page.get_by_text("not in the text").click()
    expect(told).to_be_visible(timeout=LONG)
    expect(told).to_contain_text("\N{MINUS SIGN}10")
    expect(heading(page)).to_have_text("No answer")
    page.get_by_role("button", name="Back to the usual").click()
    expect(told).to_have_count(0, timeout=LONG)
    expect(page.get_by_role("slider")).to_have_count(0)
    expect(heading(page)).not_to_have_text("No answer")
    expect(page.get_by_label("Question", exact=True)).to_have_value(documents()["A ferry"].missing)


def test_panels_links_and_bad_input(url: str, open_page: Open, tmp_path: Path) -> None:
    page = open_page(url)
    open_ready(page)
    for panel, words in (
        ("Windows", "A click on a window"),
        ("Question words", "What the answer hangs on"),
        ("Decoders", "BERT's run_squad"),
        ("Compare readers", "This reader was asked already"),
        ("History", "Asked in this session"),
    ):
        page.get_by_role("radio", name=panel, exact=True).click()
        expect(page.get_by_text(words).last).to_be_visible(timeout=LONG)

    report = documents()["A field report"]
    page.get_by_text(report.name, exact=True).click()
    expect(heading(page)).to_have_text(re.compile("sixty-four"), timeout=LONG)
    page.get_by_role("button", name="Copy link").click()
    link = page.locator("code").filter(has_text="http").inner_text()
    other = open_page(link)
    expect(heading(other)).to_have_text(re.compile("sixty-four"), timeout=LONG)
    other.close()

    page.keyboard.press("Escape")
    ask(page, "")
    expect(page.get_by_text("Ask a question about this")).to_be_visible(timeout=LONG)
    upload(page, files.pdf(*PAGES)[:200], "torn.pdf", tmp_path)
    expect(page.get_by_test_id("stAlert").filter(has_text="PDF")).to_be_visible(timeout=LONG)
    assert page.get_by_test_id("stException").count() == 0


def test_a_file_is_evaluated_and_an_error_opens(url: str, open_page: Open) -> None:
    page = open_page(f"{url}?view=Evaluate+a+file")
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.get_by_test_id("stMetric").filter(has_text="Exact match")).to_be_visible(
        timeout=LONG
    )
    questions = page.get_by_role("table", name=re.compile("^Questions"))
    expect(questions).to_be_visible(timeout=LONG)
    row = questions.get_by_role("row").nth(1)
    # Behind the question its row has the gold answers, for screen readers.
    asked = row.locator("th").inner_text().split("\n")[0]
    said = row.locator("td").first.inner_text()
    row.click()
    expect(page.get_by_label("Question", exact=True)).to_have_value(asked, timeout=LONG)
    expect(heading(page)).to_have_text(said, timeout=LONG)
    page.get_by_role("radio", name="Evaluate a file").click()
    expect(questions).to_be_visible(timeout=LONG)  # without reading the file again


def test_it_fits_a_phone(url: str, open_page: Open) -> None:
    page = open_page(url, width=420, height=900)
    open_ready(page)
    expect(page.get_by_role("table", name=re.compile("^Answers"))).to_be_visible(timeout=LONG)
    assert page.evaluate(
        "document.querySelector('[data-testid=stMain]').scrollWidth"
        " <= document.querySelector('[data-testid=stMain]').clientWidth"
    )
