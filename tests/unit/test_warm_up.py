"""The warm-up beside the server: when it begins, and who begins it."""

import gc
from collections.abc import Callable
from typing import Any

import pytest

from pages._server.coming import Coming
from pages._shared import health as module
from pages._shared.health import Health
from tests import coroutines


def opened(path: str, accept: str, kind: str = "http") -> int:
    """How often a request tells that somebody is coming."""
    told: list[None] = []

    async def answer(*_: Any) -> None:
        return None

    scope = {"type": kind, "path": path, "headers": [(b"accept", accept.encode())]}
    coroutines.run(Coming(answer, lambda: told.append(None))(scope, answer, answer))
    return len(told)


@pytest.mark.parametrize(
    ("path", "accept", "times"),
    [
        ("/masked_word", "text/html,application/xhtml+xml", 1),
        ("/", "text/html,application/xhtml+xml", 0),
        ("/static/js/index.js", "*/*", 0),
        ("/_stcore/health", "application/json", 0),
        ("/healthz", "", 0),
    ],
)
def test_who_opens_another_page_than_home_is_heard(path: str, accept: str, times: int) -> None:
    assert opened(path, accept) == times


def test_a_socket_is_no_page() -> None:
    assert opened("/masked_word/_stcore/stream", "text/html", kind="websocket") == 0


async def loads(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Health], None]) -> int:
    """How many encoders were asked for by the end of a server's life."""
    asked: list[object] = []
    monkeypatch.setattr(module, "encoder", asked.append)
    health = Health()
    async with health.lifespan(None):
        meanwhile(health)
        future = health._warm
    assert future is not None
    future.result(60)
    return len(asked)


def test_the_warm_up_begins_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.0)

    def wait(health: Health) -> None:
        assert health._warm is not None
        health._warm.result(60)

    assert coroutines.run(loads(monkeypatch, wait)) == 1


def test_the_warm_up_begins_when_somebody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 3600.0)

    def come(health: Health) -> None:
        assert health._warm is not None
        health.hurry()
        health._warm.result(60)

    assert coroutines.run(loads(monkeypatch, come)) == 1


def test_a_server_that_ends_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 3600.0)
    assert coroutines.run(loads(monkeypatch, lambda _: None)) == 0


def test_what_a_server_begins_with_is_not_looked_through_for_garbage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every run of a page ends with a collection, in which everybody waits."""
    monkeypatch.setattr(module, "PAUSE", 0.0)
    kept: list[int] = []

    def wait(health: Health) -> None:
        kept.append(gc.get_freeze_count())
        assert health._warm is not None
        health._warm.result(60)
        kept.append(gc.get_freeze_count())
        assert gc.isenabled()

    assert gc.get_freeze_count() == 0
    coroutines.run(loads(monkeypatch, wait))
    assert 10_000 < kept[0] <= kept[1]
    assert gc.get_freeze_count() == 0
