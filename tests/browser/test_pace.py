"""A visitor who asks too often: what is said, what stays, and that nobody else notices."""

import re
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from prometheus_client.parser import text_string_to_metric_families

from tests.browser.conftest import PROJECT
from tests.browser.test_app import fits, settled, start, type_sentence

pytestmark = pytest.mark.browser
LONG = 60_000  # milliseconds


def numbers(url: str) -> dict[str, float]:
    """What the server counts, over all labels."""
    text = urllib.request.urlopen(f"{url}/metrics").read().decode()
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for each in family.samples:
            found[each.name] = found.get(each.name, 0.0) + each.value
    return found


def test_who_asks_too_often_waits_and_nobody_else(
    serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    url = serve(PROJECT / "app.py", fresh=True, BERT_EXPLORER_REQUESTS_PER_MINUTE="2")
    page = open_page(start(url))
    expect(fits(page)).to_be_visible(timeout=LONG)
    toast = page.get_by_test_id("stToast")
    told_or_done = page.locator(
        "[data-testid=stToast], [data-testid=stApp][data-test-script-state=notRunning]"
    )
    for animal in ("cat", "dog", "owl", "fox", "hen", "bee", "ant", "cow", "horse"):
        settled(page)
        last = fits(page).inner_text()
        type_sentence(page, f"The {animal} [MASK].")
        page.wait_for_timeout(150)
        expect(told_or_done.first).to_be_visible(timeout=LONG)
        if toast.count():
            break
    expect(toast).to_contain_text(
        re.compile(r"You have asked for more than 2 answers in a minute\. Go on in \d+ seconds?\.")
    )
    assert fits(page).inner_text() == last
    other = open_page(start(url))
    expect(fits(other)).to_be_visible()
    assert other.get_by_test_id("stToast").count() == 0
    settled(page)
    assert fits(page).inner_text() != last, "it came by itself"
    expect(toast).to_have_count(0, timeout=LONG)
    found = numbers(url)
    assert found["bert_explorer_refused_total"] >= 1
    assert found["bert_explorer_batch_callers_sum"] >= 3
    assert found["bert_explorer_batch_inputs_sum"] >= 3
    assert found["bert_explorer_page_seconds_count"] >= 3
    assert found["bert_explorer_memory_bytes"] > 100 * 2**20
    assert found["bert_explorer_model_bytes"] > 2**20
    assert found["bert_explorer_model_waiting"] == found["bert_explorer_long_jobs"] == 0
