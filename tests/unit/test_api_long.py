"""Requests that take long: what counts as long, their line, and who gives up a place in it."""

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bert_core.model import costs, waiting
from bert_core.model.choice import ModelChoice
from bert_core.model.encoder import Encoder
from bert_core.serving import requests
from bert_core.serving.calls import ROUTES, results
from bert_core.serving.names import NAMES
from bert_core.serving.refusals import Refused
from bert_core.serving.sizes import pieces
from pages._server import answers, api
from pages._server.threads import FETCHING, Later, Threads
from pages._shared.models import encoder, jobs
from tests import coroutines
from tests.unit.api_clients import Request

BY_NAME = {route.name: route for route in ROUTES}
JSON = {"Content-Type": "application/json"}
SENTENCE = "The heron waits near the cold lake every morning. "

# ---- what is long ------------------------------------------------------------------------------

PAGE = SENTENCE * 45
"""Nearly as much as the built-in model reads at once."""
LONG: list[tuple[str, dict[str, Any]]] = [
    ("surprise", {"text": PAGE}),
    ("surprise", {"items": [{"text": SENTENCE * 5}] * 64}),
    ("fill", {"text": f"___ {PAGE}", "candidates": [f"word{n}" for n in range(100)]}),
    ("fill", {"text": f"___ {PAGE}", "candidates": ["heron " * 50, "lake " * 50]}),
    ("fill", {"text": f"{'___ ' * 10}{PAGE}", "strategy": "beam", "width": 10}),
    ("next", {"text": SENTENCE * 20, "candidates": [SENTENCE] * 1000}),
    ("ask", {"question": "Who waits?", "context": SENTENCE * 19_000}),
    ("ask", {"question": "Who waits?", "context": SENTENCE * 400, "doc_stride": 16}),
    ("attend", {"text": f"___ {PAGE}", "measure": "attribution"}),
    ("attend", {"items": [{"text": SENTENCE * 6, "measure": "flow"}] * 8}),
]
SHORT: list[tuple[str, dict[str, Any]]] = [
    *((route.name, route.example) for route in ROUTES),
    ("surprise", {"text": SENTENCE * 5}),
    ("fill", {"items": [{"text": f"___ {SENTENCE}", "k": 1000}] * 64}),
    ("fill", {"text": f"___ {SENTENCE}", "candidates": [f"word{n}" for n in range(100)]}),
    ("fill", {"text": f"___ {PAGE}", "candidates": ["heron", "lake", "morning"] * 300}),
    ("fill", {"text": f"___ {PAGE}", "strategy": "beam", "width": 10}),
    ("next", {"text": SENTENCE, "candidates": [SENTENCE] * 1000}),
    ("next", {"items": [{"text": "a" * 90_000, "pair": "b"}] * 11}),
    ("ask", {"question": "Who waits?", "context": SENTENCE * 400}),
    ("attend", {"text": PAGE}),
    ("attend", {"text": SENTENCE * 6, "measure": "flow"}),
    ("attend", {"items": [{"text": SENTENCE * 2, "measure": "flow"}] * 8}),
    ("attend", {"text": f"___ {SENTENCE}", "measure": "attribution"}),
    ("attend", {"text": f"___ {PAGE}", "measure": "attribution", "layer": 6}),
    ("tokenize", {"items": [{"text": SENTENCE * 300}] * 64}),
    ("embed", {"items": [{"text": PAGE}] * 32}),
]


def read(name: str, body: dict[str, Any]) -> requests.Asked:
    return requests.read(json.dumps(body).encode(), BY_NAME[name].single, BY_NAME[name].batch)


def asked_of(name: str) -> Encoder:
    """The built-in model that a route's examples are asked of; both are of one size."""
    return encoder(ModelChoice("reader" if name == "ask" else "embedded"))


@pytest.mark.parametrize(("name", "body"), LONG)
def test_what_takes_long_is_known_before_it_is_computed(name: str, body: dict[str, Any]) -> None:
    held = asked_of(name)
    before = held.passes
    assert answers.is_long(read(name, body), held)
    assert held.passes == before


@pytest.mark.parametrize(("name", "body"), SHORT)
def test_what_is_soon_over_is_not_long(name: str, body: dict[str, Any]) -> None:
    assert not answers.is_long(read(name, body), asked_of(name))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("ask", "tokenize")])
def test_a_size_is_what_goes_through_the_model(
    name: str, embedded: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Roughly: between half and twice as much."""
    computed: list[int] = []
    seen = {"items": [{**BY_NAME[name].example}]}
    asked = read(name, seen)
    monkeypatch.setattr(embedded, "on_pass", lambda _callers, inputs: computed.append(inputs))
    length = len(embedded.tokenize(asked.items[0].text, getattr(asked.items[0], "pair", None)))  # type: ignore[attr-defined]
    list(results(BY_NAME[name], asked, embedded, on_progress=lambda *_: None))
    assert sum(computed)
    share = pieces(embedded, asked.items[0]) / (sum(computed) * length)  # type: ignore[attr-defined]
    assert 0.5 <= share <= 2


@pytest.mark.parametrize("name", ["fill", "surprise", "next", "ask"])
def test_a_model_without_the_head_refuses_before_it_waits(
    name: str, encoder_of: Callable[[str], Encoder]
) -> None:
    held = encoder_of("bert-classification")
    with pytest.raises(Refused, match=r"has no .* head") as caught:
        answers.is_long(read(name, BY_NAME[name].example), held)
    assert caught.value.kind == "model"


def test_what_cannot_be_read_is_refused_before_it_waits(embedded: Encoder) -> None:
    asked = read("surprise", {"items": [{"text": PAGE}, {"text": PAGE * 2}]})
    with pytest.raises(Refused, match="word pieces") as caught:
        answers.is_long(asked, embedded)
    assert (caught.value.kind, caught.value.field, caught.value.item) == ("input", "text", 1)


@pytest.mark.parametrize(
    ("model", "away"),
    [
        ("town/tiny-bert", True),
        ("bert-base-uncased", True),
        ("embedded", False),
        ("embeded", False),
        ("run:none", False),
        ("./nowhere/at/all", False),
    ],
)
def test_only_a_model_of_the_hub_is_waited_for_elsewhere(model: str, away: bool) -> None:
    assert answers.is_away(read("tokenize", {"text": "A heron.", "model": model})) is away


def test_a_model_that_may_not_be_opened_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERT_EXPLORER_MODELS", "runs")
    assert not answers.is_away(read("tokenize", {"text": "A heron.", "model": "town/tiny-bert"}))


# ---- the line ----------------------------------------------------------------------------------


@pytest.fixture
def choice(folder_of: Any, monkeypatch: pytest.MonkeyPatch) -> ModelChoice:
    """A tiny model for which a hundred pieces are many."""
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.001)
    found = ModelChoice(str(folder_of("bert-pretraining")))
    held = encoder(found).checkpoint
    monkeypatch.setattr(costs, "COSTLY", held.layers * held.hidden**2 * 100)
    return found


@pytest.fixture
def served() -> Iterator[api.Api]:
    made = api.Api()
    yield made
    made.close()


def body(choice: ModelChoice, text: str, several: int = 1) -> bytes:
    return json.dumps({"items": [{"text": text}] * several, "model": choice.source}).encode()


def long(choice: ModelChoice) -> bytes:
    return body(choice, "the heron waits near the lake", 9)


def short(choice: ModelChoice) -> bytes:
    return body(choice, "the ___")


async def until(holds: Callable[[], bool]) -> None:
    """Return when something holds, which another thread brings about."""
    while not holds():
        await asyncio.sleep(0.002)


def meter(served: api.Api, name: str) -> float:
    client = TestClient(Starlette(routes=served.routes()), "http://127.0.0.1")
    found = re.search(rf"^bert_explorer_{name} (\S+)$", client.get("/metrics").text, re.M)
    return float(found[1]) if found else 0.0


def test_short_requests_are_answered_while_long_ones_stand_in_line(
    served: api.Api, choice: ModelChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "WORKERS", 1)
    narrow = api.Api()

    async def check() -> None:
        routes = Starlette(routes=narrow.routes())
        with jobs().turn():  # a visitor of the pages computes for long
            asked = [Request(routes, "surprise", long(choice)) for _ in range(3)]
            await until(lambda: jobs().waiting == 3)
            assert await asyncio.to_thread(meter, served, "long_jobs") == 4
            for _ in range(3):
                assert await Request(routes, "fill", short(choice)).status == 200
            assert jobs().waiting == 3
            assert not any(each.sent for each in asked)
        assert [await each.status for each in asked] == [200] * 3
        assert await asyncio.to_thread(meter, served, "long_jobs") == 0

    coroutines.run(check())
    narrow.close()


def test_long_requests_compute_one_after_the_other(
    served: api.Api, choice: ModelChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, most = [], []
    all_stand = threading.Event()

    def watched(*given: Any, **more: Any) -> Any:
        inside.append("computes")
        assert all_stand.wait(60)
        most.append((len(inside), jobs().busy))
        yield from results(*given, **more)
        inside.pop()

    monkeypatch.setattr(answers, "results", watched)

    async def check() -> None:
        routes = Starlette(routes=served.routes())
        asked = [Request(routes, "surprise", long(choice)) for _ in range(5)]
        await until(lambda: jobs().waiting == 4)
        all_stand.set()
        assert [await each.status for each in asked] == [200] * 5

    coroutines.run(check())
    assert most == [(1, True)] * 5
    assert not jobs().busy


def test_a_long_answer_is_the_same(served: api.Api, choice: ModelChoice) -> None:
    client = TestClient(Starlette(routes=served.routes()), "http://127.0.0.1")
    found = client.post("/api/v1/surprise", content=long(choice), headers=JSON).json()["items"]
    alone = client.post(
        "/api/v1/surprise", content=body(choice, "the heron waits near the lake"), headers=JSON
    ).json()["items"]
    assert len(found) == 9
    for each in found:
        assert each["tokens"] == alone[0]["tokens"]
        assert each["pll"] == pytest.approx(alone[0]["pll"], rel=1e-4)


def test_who_leaves_gives_up_a_place_in_the_line(
    served: api.Api, choice: ModelChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "LONG", 1)
    one = api.Api()

    async def check() -> None:
        routes = Starlette(routes=one.routes())
        with jobs().turn():
            for _ in range(3):
                asked = Request(routes, "surprise", long(choice))
                await until(lambda: jobs().waiting == 1)
                asked.leave()
                assert await asked.status == 499
                await until(lambda: jobs().waiting == 0)
                await until(lambda: not one._threads._few["line"].taken)
        assert await Request(routes, "surprise", long(choice)).status == 200

    coroutines.run(check())
    one.close()


def test_who_leaves_gives_up_a_place_at_a_model(served: api.Api, choice: ModelChoice) -> None:
    line = encoder(choice).line

    async def check() -> None:
        routes = Starlette(routes=served.routes())
        with line.turn():
            asked = Request(routes, "fill", short(choice))
            await until(lambda: line.waiting == 1)
            asked.leave()
            assert await asked.status == 499
            await until(lambda: line.waiting == 0)
        assert await Request(routes, "fill", short(choice)).status == 200

    coroutines.run(check())


def test_more_long_requests_than_may_stand_are_turned_away(
    served: api.Api, choice: ModelChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "LONG", 2)
    narrow = api.Api()
    refusals = 'refused_total{why="long-job"}'

    async def check() -> None:
        routes = Starlette(routes=narrow.routes())
        before = await asyncio.to_thread(meter, served, refusals)
        with jobs().turn():
            asked = [Request(routes, "surprise", long(choice)) for _ in range(2)]
            await until(lambda: jobs().waiting == 2)
            said = await Request(routes, "surprise", long(choice)).problem
            assert (said["status"], said["type"].rpartition(":")[2]) == (503, "busy")
            assert said["detail"].startswith("2 requests that take as long as this one are ahead")
            assert said["retry-after"] == "30"
            assert await Request(routes, "fill", short(choice)).status == 200
        assert [await each.status for each in asked] == [200] * 2
        assert await asyncio.to_thread(meter, served, refusals) == before + 1

    coroutines.run(check())
    narrow.close()


def test_a_line_that_the_pages_have_filled_turns_away(
    served: api.Api, choice: ModelChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = waiting.Line(0, "their long computations to begin")
    monkeypatch.setattr(answers, "jobs", lambda: full)

    async def check() -> None:
        routes = Starlette(routes=served.routes())
        with full.turn():
            said = await Request(routes, "surprise", long(choice)).problem
            assert (said["status"], said["type"].rpartition(":")[2]) == (503, "busy")
            assert said["retry-after"] == str(waiting.RETRY_SECONDS)
            assert "long computations" in said["detail"]
        assert await Request(routes, "surprise", long(choice)).status == 200

    coroutines.run(check())


def test_who_stands_in_line_at_the_end_is_told(served: api.Api, choice: ModelChoice) -> None:
    async def check() -> None:
        routes = Starlette(routes=served.routes())
        with jobs().turn():
            asked = [Request(routes, "surprise", long(choice)) for _ in range(2)]
            await until(lambda: jobs().waiting == 2)
            served.close()
            for each in asked:
                said = await each.problem
                assert (said["status"], said["type"].rpartition(":")[2]) == (503, "left")
                assert "ending" in said["detail"]
            await until(lambda: jobs().waiting == 0)

    coroutines.run(check())


@pytest.mark.parametrize("behind", [None, "line", "hub"])
def test_a_thread_that_cannot_be_begun_takes_no_place(
    behind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Any:
        raise RuntimeError("can't start new thread")

    async def check() -> None:
        threads = Threads(1, 1)

        async def answer() -> bytes:
            later = Later(lambda _left: b"made", behind or "line")
            made = threads.begin(lambda _left: later, threading.Event())
            return await asyncio.wait_for(made, 60)

        with monkeypatch.context() as broken:
            broken.setattr(threads._few[behind].pool if behind else threads._pool, "submit", full)
            for _ in range(FETCHING + 1):
                with pytest.raises(RuntimeError, match="new thread"):
                    await answer()
        assert await answer() == b"made"
        threads.close()

    coroutines.run(check())
