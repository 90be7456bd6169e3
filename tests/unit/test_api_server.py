"""The JSON API over HTTP: answers, problems, who may, what is counted, and a running server."""

import asyncio
import gzip
import json
import re
import subprocess
import sys
import threading
import tracemalloc
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import requests
import schemathesis
import streamlit.config
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from bert_core.analysis.attention.attend import attend
from bert_core.analysis.attention.targets import Target
from bert_core.analysis.surprise import surprise
from bert_core.analysis.tokenization.tokenize import tokenize
from bert_core.features.one_text import embed
from bert_core.serving.names import BASE, MOST_BYTES, NAMES
from bert_core.serving.openapi import document
from bert_core.tasks.candidates import score_candidates
from bert_core.tasks.masked import fill
from bert_core.tasks.next_pairs import rank_candidates
from bert_core.tasks.next_sentence import next_sentence
from bert_core.tasks.spans.features import SpanSettings
from bert_core.tasks.squad import answer
from bert_core.views.records import to_record
from pages._server import api, body
from pages._server.access import OFF
from pages._server.faults import HANDLERS
from pages._server.headers import ALWAYS, CLOSED, Headers
from pages._server.watching import events
from tests import coroutines
from tests.browser.conftest import PROJECT, start_server, wait_until_healthy
from tests.faults.visitor import Visitor
from tests.unit.api_clients import Request

TOKEN = "a-token-of-some-length"  # noqa: S105 - of a server of these tests
JSON = {"Content-Type": "application/json"}
PROBLEM = document()["components"]["schemas"]["Problem"]
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what is tested is that it stays shut there


def client_of(served: api.Api, **options: Any) -> TestClient:
    return TestClient(Starlette(routes=served.routes()), "http://127.0.0.1", **options)


@pytest.fixture
def served() -> Iterator[api.Api]:
    made = api.Api()
    yield made
    made.close()


@pytest.fixture
def client(served: api.Api) -> TestClient:
    return client_of(served)


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets where the server listens, as its configuration says."""
    read = streamlit.config.get_option

    def listen(address: str) -> None:
        monkeypatch.setattr(
            "streamlit.get_option",
            lambda key: address if key == "server.address" else read(key),
        )

    return listen


def problem(answer: Any, status: int) -> dict[str, Any]:
    """A problem as RFC 9457 has it, with nothing of the inside of the program."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    jsonschema_rs.validator_for(PROBLEM).validate(found)
    assert found["status"] == status
    assert found["detail"].endswith(".")
    assert not re.search(r"Traceback|\.py|line \d+, in", answer.text)
    return dict(found)


def same(found: Any, expected: Any) -> None:
    """Equal, numbers up to the last digits: another batch, or thread, rounds otherwise."""
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for key, value in expected.items():
            same(found[key], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)
    else:
        assert found == expected


# ---- answers -----------------------------------------------------------------------------------

TEXT, PAIR = "the man [MASK] the day", "he was the man"
CALLS: dict[str, tuple[str, dict[str, Any], Callable[[Any], Any]]] = {
    "fill": (
        "bert-pretraining",
        {"text": TEXT, "pair": PAIR, "k": 3, "strategy": "beam", "width": 2, "words_only": False,
         "masked": [2]},
        lambda e: fill(e, TEXT, PAIR, k=3, strategy="beam", width=2, words_only=False, masked=[2]),
    ),
    "surprise": (
        "bert-pretraining",
        {"text": TEXT, "pair": PAIR},
        lambda e: surprise(e, e.tokenize(TEXT, PAIR)),
    ),
    "next": (
        "bert-pretraining", {"text": TEXT, "pair": PAIR}, lambda e: next_sentence(e, TEXT, PAIR)
    ),
    "ask": (
        "bert-span",
        {"question": "the man", "context": "he was the man of the day", "n_best": 3,
         "max_answer_length": 2, "impossible": True, "null_threshold": 0.5, "decoder": "hf"},
        lambda e: answer(e, "the man", "he was the man of the day", n_best=3, max_answer_length=2,
                         impossible=True, null_threshold=0.5, decoder="hf"),
    ),
    "attend": (
        "bert-pretraining",
        {"text": TEXT, "pair": PAIR, "masked": [2], "measure": "norm", "level": "word",
         "block": "ab", "hide_special": True, "renormalise": True, "layer": 2, "head": 1},
        lambda e: attend(e, TEXT, PAIR, masked=[2], measure="norm", level="word", block="ab",
                         hide_special=True, renormalise=True, layer=2, head=1),
    ),
    "tokenize": (
        "bert-pretraining",
        {"text": TEXT, "pair": PAIR, "masks": False},
        lambda e: tokenize(e.tokenizer, TEXT, PAIR, masks=False),
    ),
    "embed": (
        "bert-pretraining",
        {"text": TEXT, "pair": PAIR, "layers": [-1, 0], "pool": "none"},
        lambda e: embed(e, TEXT, PAIR, layers=[-1, 0], pool="none"),
    ),
}  # fmt: skip

OTHERS: dict[str, tuple[str, dict[str, Any], Callable[[Any], Any]]] = {
    "fill/candidates": (
        "bert-pretraining",
        {"text": "the [MASK] and the [MASK]", "candidates": ["man", "days"], "mask": 1},
        lambda e: score_candidates(
            e, e.tokenize("the [MASK] and the [MASK]"), ["man", "days"], mask=1
        ),
    ),
    "next/candidates": (
        "bert-pretraining",
        {"text": "the man", "candidates": ["he was", "the day", "the man"]},
        lambda e: rank_candidates(e, "the man", ["he was", "the day", "the man"]),
    ),
    "ask/windows": (
        "bert-span",
        {"question": "the man", "context": "he was the man of the day " * 6, "max_seq_length": 14,
         "doc_stride": 3, "max_query_length": 4, "overlap": True},
        lambda e: answer(e, "the man", "he was the man of the day " * 6,
                         layout=SpanSettings(14, 3, 4, overlap=True)),
    ),
    "attend/target": (
        "bert-pretraining",
        {"text": TEXT, "pair": PAIR, "measure": "attribution",
         "target": {"head": "next_sentence", "follows": False}},
        lambda e: attend(e, TEXT, PAIR, measure="attribution",
                         target=Target("next_sentence", follows=False)),
    ),
}  # fmt: skip
"""Questions that a route takes beside its usual ones."""


@pytest.mark.parametrize("name", [*NAMES, *OTHERS])
def test_an_answer_is_that_of_the_core(
    client: TestClient, name: str, folder_of: Any, encoder_of: Any
) -> None:
    checkpoint, asked, call = (CALLS | OTHERS)[name]
    name = name.partition("/")[0]
    expected = json.loads(json.dumps(to_record(call(encoder_of(checkpoint)))))
    model = str(folder_of(checkpoint))
    one = client.post(f"{BASE}/{name}", json={**asked, "model": model})
    assert one.status_code == 200, one.text
    assert one.headers["content-type"] == "application/json"
    same(one.json(), expected)
    several = client.post(f"{BASE}/{name}", json={"items": [asked, asked], "model": model})
    same(several.json(), {"items": [expected, expected]})


def test_the_document_and_the_models_are_there(client: TestClient) -> None:
    found = client.get(f"{BASE}/openapi.json").json()
    assert found == json.loads(json.dumps(document()))
    assert found["security"] == [], "no token is set, and none is wanted"
    names = [each["model"] for each in client.get(f"{BASE}/models").json()["models"]]
    assert names[:2] == ["embedded", "reader"]


# ---- problems ----------------------------------------------------------------------------------


def test_each_fault_is_a_problem(client: TestClient) -> None:
    def post(content: bytes, headers: dict[str, str] = JSON, name: str = "fill") -> Any:
        return client.post(f"{BASE}/{name}", content=content, headers=headers)

    assert "type" in problem(post(b"{"), 400)
    problem(post(b'{"text": NaN}'), 400)
    found = problem(post(b'{"items": [{"text": "a ___"}, {"text": "a"}]}'), 422)
    assert (found["field"], found["item"]) == ("text", 1)
    found = problem(post(b'{"text": "a ___", "k": 0}'), 422)
    assert found["field"] == "k"
    assert "item" not in found
    found = problem(post(b'{"text": "a ___", "model": "/etc"}'), 422)
    assert found["field"] == "model"
    assert problem(post(b'{"text": "a ___", "model": "reader"}'), 422)["field"] == "model"
    assert problem(post(b'{"text": "a ___", "device": "tpu"}'), 422)["field"] == "device"
    problem(post(b"{}", {"Content-Type": "text/plain"}), 415)
    problem(post(b"{}", {"Content-Type": "application/x-www-form-urlencoded"}), 415)
    problem(client.post(f"{BASE}/fill"), 415)
    problem(post(gzip.compress(b"{}"), {**JSON, "Content-Encoding": "gzip"}), 415)
    problem(post(b"{}", name="nothing"), 404)
    problem(post(b"{}", name="fill/"), 404)
    found = client.get(f"{BASE}/fill")
    assert found.headers["allow"] == "POST"
    problem(found, 405)
    problem(client.options(f"{BASE}/fill"), 405)
    problem(client.put(f"{BASE}/models"), 405)


@pytest.mark.parametrize(
    "path", [BASE, f"{BASE}/", "/api/v2/fill", "/api/nonsense", "/api/fill", f"{BASE}/fill/x",
             "/api//", "/api/_stcore"],
)  # fmt: skip
def test_below_the_page_is_the_api_or_nothing(client: TestClient, path: str) -> None:
    for method in ("GET", "POST"):
        found = problem(client.request(method, path), 404)
        assert f"{BASE}/openapi.json" in found["detail"]


def test_a_body_that_is_too_large_is_not_read_whole(client: TestClient) -> None:
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 2**20
            yield b" " * 2**20

    problem(client.post(f"{BASE}/fill", content=b" " * (MOST_BYTES + 1), headers=JSON), 413)
    problem(client.post(f"{BASE}/fill", content=parts(), headers=JSON), 413)


def test_a_body_that_does_not_come_is_given_up(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "SECONDS", 0.0)
    problem(client.post(f"{BASE}/fill", content=b"{}", headers=JSON), 408)


def test_a_fault_of_ours_shows_nothing(served: api.Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> bytes:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("pages._server.answers.models", fails)
    client = client_of(served, raise_server_exceptions=False)
    assert "secret" not in json.dumps(problem(client.get(f"{BASE}/models"), 500))


def test_more_than_may_wait_are_turned_away(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BERT_EXPLORER_WAITING_VISITORS", "0")
    monkeypatch.setattr(api, "WORKERS", 2)
    inside, go_on = threading.Semaphore(0), threading.Event()

    def slow() -> bytes:
        inside.release()
        go_on.wait(60)
        return b"{}"

    monkeypatch.setattr("pages._server.answers.models", slow)
    with client:  # one event loop for all of them
        found: list[Any] = []
        threads = [
            threading.Thread(target=lambda: found.append(client.get(f"{BASE}/models")))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert inside.acquire(timeout=60)
        refused = client.get(f"{BASE}/models")
        assert refused.headers["retry-after"].isdecimal()
        assert "2 requests" in problem(refused, 503)["detail"]
        go_on.set()
        for thread in threads:
            thread.join()
        assert [each.status_code for each in found] == [200, 200]
        assert client.get(f"{BASE}/models").status_code == 200


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[api.Api, Any, Any]]:
    """An API with one thread: with what says that it computes, and what lets it go on."""
    monkeypatch.setattr(api, "WORKERS", 1)
    monkeypatch.setenv("BERT_EXPLORER_WAITING_VISITORS", "3")
    inside, go_on = threading.Semaphore(0), threading.Event()

    def slow() -> bytes:
        inside.release()
        go_on.wait(60)
        return b"{}"

    monkeypatch.setattr("pages._server.answers.models", slow)
    made = api.Api()
    yield made, inside, go_on
    go_on.set()
    made.close()


def test_who_leaves_the_line_leaves_nothing_in_memory(narrow: Any) -> None:
    served, inside, go_on = narrow

    async def check() -> int:
        routes = Starlette(routes=served.routes())
        first = Request(routes, "models")
        await asyncio.to_thread(inside.acquire)
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(8):
            asks = Request(routes, "fill", b" " * MOST_BYTES)
            await asyncio.sleep(0)
            asks.leave()
            assert await asks.status == 499
            del asks
        await asyncio.sleep(0)  # what is given up goes in the next round of the loop
        left = tracemalloc.get_traced_memory()[0] - before
        go_on.set()
        assert await first.status == 200
        assert await Request(routes, "models").status == 200
        return left

    tracemalloc.start()
    try:
        assert coroutines.run(check()) < MOST_BYTES
    finally:
        tracemalloc.stop()


def test_a_place_is_taken_before_the_body_comes(narrow: Any) -> None:
    served, _, _ = narrow

    async def check() -> None:
        routes = Starlette(routes=served.routes())
        slow = [Request(routes, "fill", None) for _ in range(4)]
        await asyncio.sleep(0)
        assert await Request(routes, "fill", b"{").status == 503
        for each in slow:
            each.come(b"{")
        assert [await each.status for each in slow] == [400] * 4
        assert await Request(routes, "fill", b"{").status == 400

    coroutines.run(check())


def test_who_waits_at_the_end_is_told(narrow: Any) -> None:
    served, inside, go_on = narrow

    async def check() -> None:
        routes = Starlette(routes=served.routes())
        first = Request(routes, "models")
        await asyncio.to_thread(inside.acquire)
        waits, sends = Request(routes, "models"), Request(routes, "fill", None)
        while waits.told.qsize():  # it is being waited for
            await asyncio.sleep(0)
        served.close()
        sends.come(b"{}")
        later = Request(routes, "fill", b"{}")
        for each in (waits, sends, later):
            assert await each.status == 503
            assert b"ending" in each.sent[1]["body"]
        go_on.set()
        assert await first.status == 200

    coroutines.run(check())


def test_a_web_socket_is_closed(client: TestClient) -> None:
    for path in ("fill", "models", "nothing"):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"{BASE}/{path}"):
            pass


def test_a_fault_outside_the_api_has_the_headers_too() -> None:
    def fails(_request: Any) -> Any:
        raise RuntimeError("a secret of the inside")

    app = Starlette(
        routes=[Route("/", fails)], middleware=[Middleware(Headers)], exception_handlers=HANDLERS
    )
    answer = TestClient(app, raise_server_exceptions=False).get("/")
    assert (answer.status_code, "secret" in answer.text) == (500, False)
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert answer.headers["content-security-policy"] == CLOSED


# ---- who may -----------------------------------------------------------------------------------


def test_on_this_machine_alone_it_is_open_to_its_own_names(served: api.Api) -> None:
    client = client_of(served)
    for host in ("127.0.0.1", "127.0.0.1:8501", "localhost", "[::1]:8501"):
        assert client.get(f"{BASE}/models", headers={"Host": host}).status_code == 200, host
    for host in ("evil.example", "127.0.0.1.evil.example", "", "[", EVERYWHERE, "10.0.0.1"):
        problem(client.get(f"{BASE}/models", headers={"Host": host}), 403)
    for name in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host"):
        problem(client.get(f"{BASE}/models", headers={name: "127.0.0.1"}), 403)
    assert (
        "access-control-allow-origin"
        not in client.get(f"{BASE}/models", headers={"Origin": "https://evil.example"}).headers
    )


@pytest.mark.parametrize("address", [EVERYWHERE, "::", "10.1.2.3", "unix://a", "example.org"])
def test_elsewhere_it_is_off_without_a_token(
    served: api.Api, listening: Callable[[str], None], address: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    listening(address)
    client = client_of(served)
    assert OFF in capsys.readouterr().err
    for path in (f"{BASE}/models", f"{BASE}/openapi.json", f"{BASE}/nothing", "/api/v2/fill",
                 "/metrics"):  # fmt: skip
        assert problem(client.get(path), 403)["detail"] == OFF
    problem(client.post(f"{BASE}/fill", json={"text": "a ___"}), 403)


def test_where_a_connection_ends_counts_too(served: api.Api) -> None:
    outside = TestClient(Starlette(routes=served.routes()), "http://10.0.0.1")
    problem(outside.get(f"{BASE}/models", headers={"Host": "localhost"}), 403)


@pytest.mark.parametrize("address", ["127.0.0.1", EVERYWHERE])
def test_with_a_token_it_is_open_to_who_has_it(
    served: api.Api, listening: Callable[[str], None], address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    listening(address)
    monkeypatch.setenv("BERT_EXPLORER_API_TOKEN", TOKEN)
    client = TestClient(Starlette(routes=served.routes()), "http://example.org")

    def get(path: str, given: str | None) -> Any:
        headers = {} if given is None else {"Authorization": given.encode("latin-1")}
        return client.get(path, headers=headers)

    for path in (f"{BASE}/models", "/metrics"):
        assert get(path, f"Bearer {TOKEN}").status_code == 200
        assert get(path, f"bearer  {TOKEN}").status_code == 200
        for wrong in (None, "", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x",
                      f"Bearer {TOKEN[:-1]}", TOKEN, "Bearer \xfc"):  # fmt: skip
            answer = get(path, wrong)
            problem(answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert TOKEN not in answer.text
    found = get(f"{BASE}/openapi.json", None)
    assert found.status_code == 200, "the document alone is open to all"
    assert found.json()["security"] == [{"token": []}]
    assert found.json()["paths"]["/openapi.json"]["get"]["security"] == []


def test_a_visitor_who_asks_too_often_is_turned_away(
    monkeypatch: pytest.MonkeyPatch, folder_of: Any
) -> None:
    monkeypatch.setenv("BERT_EXPLORER_API_TOKEN", TOKEN)
    monkeypatch.setenv("BERT_EXPLORER_REQUESTS_PER_MINUTE", "5")
    served = api.Api()
    routes = Starlette(routes=served.routes())
    headers = {"Authorization": f"Bearer {TOKEN}"}
    first, other = (TestClient(routes, headers=headers, client=(ip, 1)) for ip in ("a", "b"))
    asked = {"items": [{"text": "the"}] * 3, "model": str(folder_of("bert-pretraining"))}
    assert first.post(f"{BASE}/tokenize", json=asked).status_code == 200
    for _ in range(3):  # who has no token uses nothing up
        problem(first.get(f"{BASE}/models", headers={"Authorization": ""}), 401)
    refused = first.post(f"{BASE}/tokenize", json=asked)
    problem(refused, 429)
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert first.get(f"{BASE}/models").status_code == 200
    problem(first.get(f"{BASE}/models"), 429)
    assert other.get(f"{BASE}/models").status_code == 200
    served.close()


def test_on_this_machine_alone_nobody_asks_too_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BERT_EXPLORER_REQUESTS_PER_MINUTE", "2")
    served = api.Api()
    client = client_of(served)
    assert [client.get(f"{BASE}/models").status_code for _ in range(5)] == [200] * 5
    served.close()


# ---- what is counted and told ------------------------------------------------------------------


def test_what_happens_is_counted_and_told_without_texts(
    client: TestClient, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    folder_of: Any,
) -> None:  # fmt: skip
    monkeypatch.setenv("BERT_EXPLORER_LOG_EVENTS", "yes")
    monkeypatch.setattr(events(), "_stream", sys.stderr)
    model = str(folder_of("bert-pretraining"))

    def total(status: int) -> float:
        text = client.get("/metrics").text
        found = re.search(rf'requests_total{{route="fill",status="{status}"}} (\S+)', text)
        return float(found[1]) if found else 0.0

    before = total(200), total(422)
    asked = {"items": [{"text": "the secret ___"}] * 3, "model": model}
    client.post(f"{BASE}/fill", json=asked)
    client.post(f"{BASE}/fill", json={"text": "the secret", "model": model})
    client.get(f"{BASE}/the-secret")
    monkeypatch.setenv("BERT_EXPLORER_LOG_TEXTS", "yes")
    client.post(f"{BASE}/fill", json={"text": "the secret", "model": model})
    assert (total(200), total(422)) == (before[0] + 1, before[1] + 2)
    assert f'model="{model}"' in client.get("/metrics").text
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line[0] == "{"]
    assert [line["status"] for line in lines] == [200, 422, 404, 422]
    assert lines[0]["items"] == 3
    assert lines[0]["bytes_in"] > 50
    assert lines[0]["milliseconds"] > 0
    assert lines[2]["route"] == "other"
    assert "secret" not in json.dumps(lines[:3])
    assert "secret" in lines[3]["text"]
    assert len({line["visitor"] for line in lines}) == 1


# ---- a running server --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., tuple[str, Path]]]:
    """Starts the app; gives its address and its log."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(**extra: str) -> tuple[str, Path]:
        folder = tmp_path_factory.mktemp("server")
        log = folder / "log"
        extra = {"BERT_EXPLORER_HOME": str(folder), **extra}
        process, url = start_server(PROJECT / "app.py", log, PROJECT, extra)
        processes.append(process)
        wait_until_healthy(url, process, log)
        return url, log

    yield start
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(60)


def test_a_server_that_others_reach_keeps_it_shut(running: Callable[..., Any]) -> None:
    url, log = running(STREAMLIT_SERVER_ADDRESS=EVERYWHERE, BERT_EXPLORER_DEMO="yes")
    for path in (f"{BASE}/models", f"{BASE}/openapi.json", "/metrics"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url + path)
        assert caught.value.code == 403
        assert json.load(caught.value)["detail"] == OFF
    assert OFF in log.read_text("utf-8")
    with Visitor(url) as visitor:  # and in demo mode it takes no file, with or without a page
        sent = visitor.open().put_unasked(b"a" * 2**20)
        assert (sent.status_code, sent.text) == (403, "No files are taken here.\n")


def test_a_running_server_has_the_page_and_the_api_apart(running: Callable[..., Any]) -> None:
    url, _ = running()
    page = requests.get(f"{url}/api?route=models", timeout=60)
    assert page.headers["content-type"].startswith("text/html")
    assert requests.get(f"{url}/api/", timeout=60).url == f"{url}/api"
    asks = requests.get(f"{url}/api/_stcore/health", timeout=60)
    assert asks.headers["content-type"].startswith("text/plain"), "what its browser asks first"
    for path in (BASE, f"{BASE}/", "/api/v2/fill", "/api/nonsense"):
        found = requests.get(url + path, timeout=60)
        problem(found, 404)
        assert found.headers["content-security-policy"] == CLOSED
        elsewhere = requests.get(url + path, headers={"Host": "evil.example"}, timeout=60)
        problem(elsewhere, 403)


def test_a_running_server_stands_what_is_made_of_its_document(
    running: Callable[..., Any],
) -> None:
    """schemathesis: bodies that fit the document, bodies that do not, and odd requests.

    How many for each route, the profile says that HYPOTHESIS_PROFILE names: half of them fit.
    """
    profile = settings.default
    assert profile is not None
    url, log = running(BERT_EXPLORER_MODELS="embedded")  # no name leads to the hub
    schema = schemathesis.openapi.from_url(f"{url}{BASE}/openapi.json")
    session = requests.Session()
    statuses: dict[str, set[int]] = {}

    def try_all(operation: Any, mode: Any, examples: int) -> None:
        @settings(
            parent=profile, max_examples=examples, database=None,
            phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def check(case: Any) -> None:
            found = case.call(session=session, timeout=60)
            statuses.setdefault(operation.path, set()).add(found.status_code)
            # A text that fits the document may still be one that nothing can be said of.
            case.validate_response(found, excluded_checks=[positive_data_acceptance])

        given(case=operation.as_strategy(generation_mode=mode))(check)()

    for result in schema.get_all_operations():
        operation = result.ok()
        asks = operation.method == "post"
        half = profile.max_examples // 2
        try_all(operation, schemathesis.GenerationMode.POSITIVE, half if asks else 3)
        if asks:
            try_all(operation, schemathesis.GenerationMode.NEGATIVE, half)
    assert set(statuses) == {"/models", *(f"/{name}" for name in NAMES)}, "not its own document"
    assert all(200 in found for found in statuses.values())
    assert "Traceback" not in log.read_text("utf-8")
