"""The API page in a real browser: its lines run as they stand, and its answers are the server's."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bert_core.serving.calls import ROUTES
from bert_core.serving.names import BASE
from bert_core.views.api_lines import laid_out
from tests.browser.conftest import PROJECT

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG = 60_000  # milliseconds
TOKEN = "a-token-of-some-length"  # noqa: S105 - of a server of these tests


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    home = str(tmp_path_factory.mktemp("home"))
    return serve(
        PROJECT / "app.py", fresh=True, BERT_EXPLORER_HOME=home, BERT_EXPLORER_API_TOKEN=TOKEN
    )


def ran(line: str) -> Any:
    """What a shell gets from a line of the page."""
    done = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, timeout=60, check=True,
        env={"BERT_EXPLORER_API_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    return json.loads(done.stdout)


def blocks(page: Page) -> list[str]:
    """The line, the answer and the problem, as they stand on the page."""
    expect(page.get_by_text("urn:bert-explorer:problem").first).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=LONG
    )
    return page.get_by_test_id("stCode").locator("code").all_inner_texts()


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
def test_a_line_gets_the_answer_beside_it(url: str, open_page: Open, several: bool) -> None:
    page = open_page(f"{url}/api")
    blocks(page)
    for name in ("embed", "ask"):
        page.get_by_role("radio", name=name, exact=True).or_(
            page.get_by_role("button", name=name, exact=True)
        ).click()
        expect(page.get_by_text(next(r.summary for r in ROUTES if r.name == name))).to_be_visible()
        if several:
            page.get_by_text("Several", exact=True).click()
        expect(page.get_by_text(f"{url}{BASE}/{name}").first).to_be_visible(timeout=LONG)
        expect(page.get_by_text('"items"').first).to_be_visible(visible=several, timeout=LONG)
        line, answer, problem = blocks(page)
        assert f"{url}{BASE}/{name}" in line
        assert TOKEN not in page.content()
        found = ran(line)
        assert ("items" in found) == several
        assert answer.strip() == laid_out(found)
        assert json.loads(problem)["item"] == 1


def test_a_link_opens_a_route_and_the_document_opens(
    url: str, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(f"{url}/api?route=models")
    line = page.get_by_test_id("stCode").locator("code").first
    expect(line).to_contain_text(f"{BASE}/models", timeout=LONG)
    assert ran(line.inner_text())["models"][0]["model"] == "embedded"
    expect(page.get_by_text("wants its token")).to_be_visible()
    link = page.get_by_role("link", name="OpenAPI document")
    answer = page.request.get(link.get_attribute("href") or "")
    assert answer.json()["openapi"] == "3.1.0"
    assert page.request.get(f"{url}{BASE}/models").status == 401
