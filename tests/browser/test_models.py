"""Other models than the embedded one, links that are followed again, and quoted text."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bert_core.settings import EMBEDDED_MODEL
from tests.browser.test_app import APP, FIRST, LONG, fits, settled, type_sentence

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def other_models(
    serve: Callable[..., str], folder_of: Callable[[str], Path], models: Path
) -> tuple[str, Path, Path]:
    """A server that may open two folders: a copy of the embedded model, and a tiny one."""
    copy = shutil.copytree(EMBEDDED_MODEL, models / "copy", dirs_exist_ok=True)
    url = serve(APP, fresh=True, BERT_EXPLORER_FOLDERS=os.environ["BERT_EXPLORER_FOLDERS"])
    return url, copy, folder_of("bert-cased")


def choose(page: Page, folder: Path) -> None:
    page.get_by_text("Model", exact=True).click()
    name = page.get_by_label("Name", exact=True)
    name.fill(str(folder))
    name.press("Enter")


def test_a_folder_serves_many_visitors(
    other_models: tuple[str, Path, Path], open_page: Callable[..., Page]
) -> None:
    url, copy, _ = other_models
    for _ in range(2):
        page = open_page(f"{url}/masked_word?text=A+quiet+[MASK].&pair=")
        expect(fits(page)).to_be_visible(timeout=LONG)
        choose(page, copy)
        settled(page)
        type_sentence(page, "Paris is the capital of [MASK].")
        expect(fits(page)).to_contain_text("france", timeout=LONG)
        assert page.get_by_test_id("stException").count() == 0


def test_a_mask_stays_over_its_word_with_another_model(
    other_models: tuple[str, Path, Path], open_page: Callable[..., Page]
) -> None:
    url, _, tiny = other_models
    text = "Every summer the river carries less water to the sea.".replace(" ", "+")
    page = open_page(f"{url}/masked_word?text={text}&pair=&masked=7")
    shown = page.get_by_text("Original: water, rank")
    expect(shown).to_be_visible(timeout=LONG)
    choose(page, tiny)
    expect(page.get_by_text("2 layers")).to_be_visible(timeout=LONG)
    settled(page)
    expect(shown).to_be_visible(timeout=LONG)


def test_an_example_is_followed_again(
    serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    page = open_page(serve(APP))
    field = page.get_by_label("Sentence", exact=True)
    for _ in range(2):
        page.get_by_role("link", name="Open Masked word").click()
        expect(field).to_have_value(FIRST.text, timeout=LONG)
        expect(page.get_by_role("radio", name=FIRST.name)).to_be_checked()
        settled(page)
        type_sentence(page, "My own [MASK].")
        settled(page)
        expect(page.get_by_role("radio", name=FIRST.name)).not_to_be_checked()
        expect(field).to_have_value("My own [MASK].")
        page.get_by_role("link", name="Home").click()
        settled(page)


@pytest.mark.parametrize(
    "quoted", ["https://example.invalid/x", "www.example.invalid", "a@example.invalid"]
)
def test_quoted_text_becomes_no_link(
    serve: Callable[..., str], open_page: Callable[..., Page], quoted: str
) -> None:
    page = open_page(f"{serve(APP)}/masked_word?text=A+[MASK].&pair=&k={quoted}")
    message = page.get_by_text("is not understood").first
    expect(message).to_be_visible(timeout=LONG)
    assert "example" in message.inner_text()
    assert message.locator("a").count() == 0
