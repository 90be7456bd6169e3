"""The app as a visitor meets it: a real server, a real browser, every other host cut off."""

import json
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bert_core.examples import examples
from tests.browser.conftest import PROJECT

pytestmark = pytest.mark.browser
APP = PROJECT / "app.py"
FIRST = next(iter(examples("masked_word").values()))
LONG = 30_000  # milliseconds, for the first answer on a busy machine
Serve = Callable[..., str]
Open = Callable[..., Page]


def health(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def settled(page: Page) -> None:
    """Wait until the script has run to its end."""
    page.wait_for_timeout(150)
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=LONG
    )


def fits(page: Page) -> Any:
    """The table of the chosen mask."""
    return page.get_by_role("table", name=re.compile("^What fits"))


def start(url: str) -> str:
    """A link to a page with one short sentence, computed quickly."""
    return f"{url}/masked_word?text=The+[MASK]+sleeps.&pair="


def type_sentence(page: Page, text: str) -> None:
    field = page.get_by_label("Sentence", exact=True)
    field.fill(text)
    field.press("Enter")


def chip(page: Page, text: str) -> Any:
    return page.get_by_role("button", name=text, exact=False).first


def test_a_deep_link_is_the_first_hit_of_a_fresh_server(
    serve: Serve, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(serve(APP, fresh=True, cwd=tmp_path) + "/masked_word")
    expect(page.get_by_role("heading", name="Masked word")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("link", name="Home")).to_be_visible()
    expect(page.get_by_text("22.9 M parameters")).to_be_visible(timeout=LONG)
    expect(fits(page)).to_contain_text("%", timeout=LONG)
    assert page.title() == "Masked word · BERT Explorer"


def test_home_leads_to_a_worked_example(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(APP))
    expect(page.get_by_role("heading", name="BERT Explorer")).to_be_visible(timeout=LONG)
    page.get_by_role("link", name="Open Masked word").click()
    expect(page.get_by_label("Sentence", exact=True)).to_have_value(FIRST.text, timeout=LONG)
    expect(fits(page)).to_contain_text("nobel", timeout=LONG)


def test_every_stop_of_the_tour_opens_its_example(serve: Serve, open_page: Open) -> None:
    home = open_page(serve(APP))
    for stop, words in (
        ("Attention", "The gardener thanked the nurse"),
        ("Words in context", "bank"),
        ("Next sentence", "is next"),
        ("Question answering", "Anselm Roux"),
        ("Fine-tune", "Settings"),
    ):
        home.get_by_role("link", name=f"Open {stop}").click()
        shown = home.get_by_text(words).or_(home.locator(f"input[value^='{words}']")).first
        expect(shown).to_be_visible(timeout=LONG)
        home.get_by_role("link", name="Home").click()


def test_health_reports_the_model(serve: Serve) -> None:
    url = serve(APP)
    for _ in range(1200):
        found = health(url)
        assert found["status"] == "ok"
        if found["model"]["loaded"]:
            break
        time.sleep(0.1)
    assert found["model"] == {**found["model"], "source": "embedded", "loaded": True}
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["version"])


def test_health_fails_when_the_model_is_gone(serve: Serve, tmp_path: Path) -> None:
    for name in ("app.py", "bert_core", "pages", "assets", ".streamlit"):
        source = PROJECT / name
        skip = shutil.ignore_patterns("__pycache__", "model.safetensors")
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=skip)
        else:
            shutil.copy(source, tmp_path / name)
    url = serve(tmp_path / "app.py", fresh=True, PYTHONPATH=str(tmp_path))
    with pytest.raises(urllib.error.HTTPError) as refused:
        health(url)
    assert refused.value.code == 503
    assert "safetensors" in json.load(refused.value)["reason"]


def test_a_click_on_a_chip_masks_it_and_predicts(serve: Serve, open_page: Open) -> None:
    page = open_page(start(serve(APP)))
    expect(fits(page)).to_be_visible(timeout=LONG)
    type_sentence(page, "The children drank cold milk from the glass.")
    expect(page.get_by_text("Nothing is masked.")).to_be_visible()
    chip(page, "milk").click()
    expect(page.get_by_text("Original: milk, rank")).to_be_visible(timeout=LONG)
    expect(fits(page)).to_contain_text("water")
    chip(page, "[MASK]").click()
    expect(page.get_by_text("Nothing is masked.")).to_be_visible(timeout=LONG)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The text is empty"),
        ("   ", "The text is empty"),
        ("A sentence without a gap.", "Nothing is masked"),
        ("!?! ... ,,,", "Nothing is masked"),
        ("word " * 4_000, "word pieces, special ones included; the model reads 512"),
        ("[MASK] 😀 🎉 again", "unknown to the vocabulary"),
        ("הכלב אכל [MASK] גדול", "What fits"),
        ("</script><img src=x onerror=alert(1)> [MASK]", "What fits"),
        ("nul \0 byte [MASK]", "dropped by the tokenizer: U+0000"),
        ("[x](http://example.invalid) ![y](http://example.invalid/z.png) 🧪", "Nothing is masked"),
    ],
    ids=[
        "empty", "blank", "no-mask", "punctuation", "20,000-characters", "emoji", "right-to-left",
        "script", "nul", "markdown",
    ],
)  # fmt: skip
def test_bad_input_ends_in_a_sentence(
    serve: Serve, open_page: Open, text: str, sentence: str
) -> None:
    page = open_page(start(serve(APP)))
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    expect(fits(page)).to_be_visible(timeout=LONG)
    type_sentence(page, text)
    expect(page.get_by_text(sentence).first).to_be_visible(timeout=LONG)
    assert page.get_by_test_id("stException").count() == 0
    assert page.locator("main img, [data-testid=stMain] img, [data-testid=stMain] a").count() == 0
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_a_copied_link_restores_the_page(serve: Serve, open_page: Open) -> None:
    page = open_page(f"{serve(APP)}/masked_word?text=A+[MASK].&pair=100+%25+of+it?")
    expect(fits(page)).to_be_visible(timeout=LONG)
    type_sentence(page, "The old bridge & the <river> were + quiet.")
    chip(page, "bridge").click()
    expect(page.get_by_text("Original: bridge, rank")).to_be_visible(timeout=LONG)
    page.get_by_role("radio", name="Your words").click()
    settled(page)
    page.get_by_role("button", name="Copy link").click()
    link = page.get_by_test_id("stCode").filter(has_text="http").inner_text().strip()
    rows = fits(page).inner_text()

    again = open_page(link)
    expect(again.get_by_text("Original: bridge, rank")).to_be_visible(timeout=LONG)
    expect(again.get_by_label("Sentence", exact=True)).to_have_value(
        "The old bridge & the <river> were + quiet."
    )
    expect(again.get_by_label("Second sentence", exact=True)).to_have_value("100 % of it?")
    expect(again.get_by_role("textbox", name="Words to score at the mask")).to_be_visible(
        timeout=LONG
    )
    assert fits(again).inner_text() == rows


def test_a_link_with_a_bad_value_says_so(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(APP) + "/masked_word?k=many&masked=900&text=A+quiet+[MASK]")
    expect(page.get_by_text("The link's k = 'many' is not understood")).to_be_visible(timeout=LONG)
    expect(fits(page)).to_be_visible(timeout=LONG)


def test_redrawing_needs_no_forward_pass(serve: Serve, open_page: Open) -> None:
    url = serve(APP, fresh=True)
    page = open_page(f"{url}/masked_word?text=The+[MASK]+saw+the+___.&pair=")
    expect(page.get_by_text("both, deep")).to_be_visible(timeout=LONG)
    settled(page)
    before = health(url)["model"]["passes"]
    assert before > 0
    page.get_by_text("Options").click()
    page.get_by_role("slider", name="Words per mask").press("ArrowLeft")
    expect(page.get_by_text("9 of 30,522")).to_be_visible(timeout=LONG)
    page.get_by_text("Whole words only").click()
    settled(page)
    assert health(url)["model"]["passes"] == before
    page.get_by_role("radio", name="Mask 2").click()
    settled(page)
    # The second mask's words are in the kept pass; only its one-sided views are new.
    assert health(url)["model"]["passes"] == before + 3


@pytest.mark.parametrize(
    ("panel", "proof"),
    [
        ("Your words", "Dirac"),
        ("Templates", "Signed log-odds"),
        ("Surprise", "Pseudo-log-likelihood"),
        ("Compare models", "Two models"),
    ],
)
def test_every_panel_answers(serve: Serve, open_page: Open, panel: str, proof: str) -> None:
    page = open_page(serve(APP) + "/masked_word")
    expect(fits(page)).to_be_visible(timeout=LONG)
    page.get_by_role("radio", name=panel).click()
    expect(page.get_by_text(proof).last).to_be_visible(timeout=LONG)
    settled(page)
    assert page.get_by_test_id("stException").count() == 0


def test_downloads_open_from_disk(serve: Serve, open_page: Open, tmp_path: Path) -> None:
    page = open_page(serve(APP) + "/masked_word")
    expect(fits(page)).to_be_visible(timeout=LONG)
    settled(page)
    first = fits(page).locator("tbody tr").first.inner_text().split()[1]
    page.get_by_role("button", name="Download", exact=True).click()
    files = {}
    for label in ("Table (CSV)", "All numbers (JSON)", "Figure (SVG)", "Report (HTML"):
        with page.expect_download(timeout=LONG) as download:
            page.get_by_role("button", name=label).click()
        files[label] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[label])
    assert first in files["Table (CSV)"].read_text("utf-8").splitlines()[1]
    numbers = json.loads(files["All numbers (JSON)"].read_text("utf-8"))
    assert numbers["masks"][0]["candidates"][0]["word"] == first
    assert first in files["Figure (SVG)"].read_text("utf-8")
    page.goto(files["Report (HTML"].as_uri())
    expect(page.locator("tbody tr").first).to_contain_text(first)


def test_an_unreachable_hub_is_a_sentence(serve: Serve, open_page: Open) -> None:
    url = serve(APP, fresh=True, HF_ENDPOINT="http://127.0.0.1:9", HF_HUB_CACHE="nothing-here")
    page = open_page(url + "/masked_word")
    expect(fits(page)).to_be_visible(timeout=LONG)
    page.get_by_text("Model", exact=True).click()
    name = page.get_by_label("Name", exact=True)
    name.fill("google-bert/bert-base-uncased")
    name.press("Enter")
    for place in ("stSidebar", "stMain"):
        said = page.get_by_test_id(place).get_by_text("the hub cannot be reached")
        expect(said).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Use the embedded model").click()
    expect(fits(page)).to_be_visible(timeout=LONG)
    expect(name).to_have_value("embedded")


@pytest.mark.parametrize("path", ["/", "/masked_word"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_narrow_screen_does_not_scroll_sideways(
    serve: Serve, open_page: Open, path: str, dark: bool
) -> None:
    page = open_page(serve(APP) + path, width=420, height=900, dark=dark, touch=True)
    shown = fits(page) if path != "/" else page.get_by_text("Yours to keep")
    expect(shown).to_be_visible(timeout=LONG)
    settled(page)
    assert page.evaluate(
        "document.querySelector('[data-testid=stMain]').scrollWidth"
        " <= document.querySelector('[data-testid=stMain]').clientWidth"
    )
