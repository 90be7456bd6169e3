"""A demonstration for the public in a real browser: nothing can be sent, ordered or fetched."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PROJECT

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG = 60_000  # milliseconds
SAID = "This is a demonstration for the public"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], home: Path) -> str:
    return serve(
        PROJECT / "app.py", fresh=True, BERT_EXPLORER_HOME=str(home), BERT_EXPLORER_DEMO="yes"
    )


def nothing_to_send(page: Page) -> None:
    assert page.locator("input[type=file]").count() == 0
    for name in ("Upload", "Path", "Hub"):
        assert page.get_by_role("radio", name=name, exact=True).count() == 0


def test_nothing_can_be_trained(url: str, open_page: Open, home: Path) -> None:
    page = open_page(f"{url}/fine_tune")
    expect(page.get_by_text(f"{SAID}: nothing can be trained here.")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(f"{SAID}: files cannot be sent or named here.")).to_be_visible()
    nothing_to_send(page)
    assert page.get_by_role("button", name="Launch").count() == 0
    assert not (home / "runs").exists()


@pytest.mark.parametrize(
    ("path", "panel"),
    [
        ("tokens", "A file"),
        ("question_answering", "Evaluate a file"),
        ("next_sentence", "A file of pairs"),
    ],
)
def test_no_file_can_be_sent(url: str, open_page: Open, path: str, panel: str) -> None:
    page = open_page(f"{url}/{path}")
    page.get_by_role("radio", name=panel).click(timeout=LONG)
    expect(page.get_by_text(SAID).first).to_be_visible(timeout=LONG)
    nothing_to_send(page)


def test_a_link_to_another_model_is_refused(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/masked_word?model=google-bert/bert-base-uncased")
    alert = page.get_by_test_id("stSidebar").get_by_test_id("stAlert")
    expect(alert).to_contain_text("may not be opened here; allowed are embedded, reader.",
                                  timeout=LONG)  # fmt: skip
    expect(alert).to_contain_text(SAID)
