"""The login, with a real server, a real browser and a provider of our own over HTTP."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from itsdangerous import URLSafeTimedSerializer
from playwright.sync_api import Page, expect

from bert_core.serving.names import BASE
from pages._server.access import OFF_BY_LOGIN
from tests.browser.conftest import PROJECT, free_port, wait_until_healthy
from tests.browser.provider import CLIENT, SECRET, Provider
from tests.faults.visitor import Visitor

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG = 60_000  # milliseconds
USER = "_streamlit_user"
READER = URLSafeTimedSerializer("not-the-secret-of-the-server", salt=USER)
"""Of cookies as Streamlit writes them; it has to know no secret to read and write their words."""
TOKEN = "a-token-of-some-length"  # noqa: S105 - of a server of these tests


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture(scope="module")
def start(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[
    Callable[..., str]
]:  # fmt: skip
    """Starts the app as an operator does, with a login; gives its address."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(**extra: str) -> str:
        home, port = tmp_path_factory.mktemp("login"), free_port()
        url, log = f"http://127.0.0.1:{port}", home / "log"
        (home / "secrets.toml").write_text(
            "[auth]\n"
            f'redirect_uri = "{url}/oauth2callback"\n'
            'cookie_secret = "a-secret-of-the-cookies-of-these-tests"\n'
            f'client_id = "{CLIENT}"\n'
            f'client_secret = "{SECRET}"\n'
            f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n',
            encoding="utf-8",
        )
        environment = {
            **os.environ, "BERT_EXPLORER_HOME": str(home), "BERT_EXPLORER_LOGIN": "yes",
            "STREAMLIT_SECRETS_FILES": str(home / "secrets.toml"), **extra,
        }  # fmt: skip
        command = [sys.executable, "-m", "bert_core", "serve", "--port", str(port)]
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=sink, stderr=subprocess.STDOUT
            )
        running.append(process)
        wait_until_healthy(url, process, log)
        return url

    yield begin
    for process in running:
        process.terminate()
    for process in running:
        process.wait(60)


@pytest.fixture(scope="module")
def url(start: Callable[..., str]) -> str:
    return start()


def shut(page: Page) -> None:
    """A page with a way in, and nothing else: no model, no page to go to, no text."""
    expect(page.get_by_role("button", name="Log in", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Log in to go on.")).to_be_visible()
    assert page.get_by_role("button").count() == 1
    assert page.get_by_test_id("stSidebarNav").count() == 0
    said = page.get_by_test_id("stMain").inner_text()
    assert re.sub(r"\s+", " ", said).strip() == "BERT Explorer Log in to go on. login Log in"


def log_in(page: Page, who: str) -> None:
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("link", name=f"I am {who}").click(timeout=LONG)


@pytest.mark.parametrize("path", ["", "masked_word?text=The+heron+___.", "fine_tune", "api"])
def test_who_is_not_logged_in_sees_the_door(url: str, open_page: Open, path: str) -> None:
    shut(open_page(f"{url}/{path}", apart=True))


def test_in_and_out(url: str, open_page: Open, provider: Provider) -> None:
    page = open_page(f"{url}/masked_word", apart=True)
    shut(page)
    provider.asked.clear()
    log_in(page, "Ada")
    expect(page.get_by_test_id("stSidebarNav")).to_be_visible(timeout=LONG)
    assert page.url.startswith(url)
    assert provider.asked == ["authorize", "token"]
    page.goto(f"{url}/masked_word")  # the cookie holds on every page
    expect(page.get_by_label("Sentence", exact=True)).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Log out").click()
    shut(page)
    assert provider.asked == ["authorize", "token", "end"]
    page.goto(f"{url}/masked_word")
    shut(page)


def test_whom_the_provider_refuses_stays_outside(url: str, open_page: Open) -> None:
    page = open_page(url, apart=True)
    shut(page)
    log_in(page, "Mallory")
    shut(page)


def changed(cookie: str) -> str:
    """Another person in a good cookie, under the signature of the first."""
    payload, *signature = cookie.rsplit(".", 2)
    person = READER.load_payload(payload.encode()).replace("ada@", "eve@")
    return ".".join([READER.dump_payload(person).decode(), *signature])


def signed_by_another(cookie: str) -> str:
    """A good cookie's words under a signature with another secret."""
    return str(READER.dumps(READER.load_payload(cookie.rsplit(".", 2)[0].encode())))


def unsigned(cookie: str) -> str:
    return cookie.rsplit(".", 2)[0]


def test_a_cookie_that_was_made_up_opens_nothing(url: str, open_page: Open) -> None:
    page = open_page(url, apart=True)
    log_in(page, "Ada")
    expect(page.get_by_test_id("stSidebarNav")).to_be_visible(timeout=LONG)
    own = next(each for each in page.context.cookies() if each["name"] == USER)
    for made_up in (changed, signed_by_another, unsigned):
        page.context.clear_cookies()
        page.context.add_cookies([{**own, "value": made_up(own["value"])}])
        page.goto(url)
        shut(page)
    page.context.add_cookies([own])
    page.goto(url)
    expect(page.get_by_test_id("stSidebarNav")).to_be_visible(timeout=LONG)


def test_the_door_takes_no_file(url: str) -> None:
    with Visitor(url) as visitor:
        sent = visitor.open().put_unasked(b"a")
    assert (sent.status_code, sent.text) == (403, "Log in to send files.\n")


def test_who_is_logged_in_may_send_files(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/next_sentence", apart=True)
    log_in(page, "Ada")
    expect(page.get_by_test_id("stSidebarNav")).to_be_visible(timeout=LONG)
    held = page.context.cookies(url)
    with Visitor(url, {each["name"]: each["value"] for each in held}) as visitor:
        assert visitor.open().put_unasked(b"a").status_code == 204


def status(url: str, token: str | None = None) -> tuple[int, str]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return int(answer.status), ""
    except urllib.error.HTTPError as error:
        return error.code, str(json.load(error)["detail"])


def test_without_a_token_the_api_is_off_on_this_machine_too(url: str) -> None:
    """It would be a way round the login."""
    for path in (f"{BASE}/models", f"{BASE}/openapi.json", "/metrics"):
        assert status(url + path) == (403, OFF_BY_LOGIN)
        assert status(url + path, TOKEN) == (403, OFF_BY_LOGIN)


def test_with_a_token_the_api_is_for_programs_that_have_it(start: Callable[..., str]) -> None:
    url = start(BERT_EXPLORER_API_TOKEN=TOKEN)
    for path in (f"{BASE}/models", "/metrics"):
        assert status(url + path)[0] == 401
        assert status(url + path, TOKEN) == (200, "")
