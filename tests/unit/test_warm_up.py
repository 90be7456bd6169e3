"""The warm-up beside the server: when it begins, and who begins it."""

import gc
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from pages._server.coming import Coming
from pages._shared import health as module
from pages._shared.health import Health
from tests import coroutines

SENT = "sent"
pytestmark = pytest.mark.usefixtures("all_looked_through")


def opened(path: str, accept: str, kind: str = "http") -> list[str]:
    """What a request tells of who is coming, and of what was sent."""
    told: list[str] = []

    async def answer(*_: Any) -> None:
        assert SENT not in told  # before the answer, that is

    scope = {"type": kind, "path": path, "headers": [(b"accept", accept.encode())]}
    coming = Coming(answer, told.append, lambda: told.append(SENT))
    coroutines.run(coming(scope, answer, answer))
    return told


@pytest.mark.parametrize(
    ("path", "accept", "heard"),
    [
        ("/masked_word", "text/html,application/xhtml+xml", True),
        ("/", "text/html,application/xhtml+xml", True),
        ("/static/js/index.js", "*/*", False),
        ("/_stcore/health", "application/json", False),
        ("/healthz", "", False),
    ],
)
def test_who_opens_a_page_is_heard(path: str, accept: str, heard: bool) -> None:
    assert opened(path, accept) == [path if heard else SENT]


def test_a_socket_is_neither_page_nor_file() -> None:
    assert opened("/masked_word/_stcore/stream", "text/html", kind="websocket") == []


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
        health.come("/masked_word")
        health._warm.result(60)

    assert coroutines.run(loads(monkeypatch, come)) == 1


def test_home_brings_what_it_draws_with_and_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 3600.0)
    brought = Event()
    monkeypatch.setattr(module, "bring", brought.set)

    def come(health: Health) -> None:
        assert not brought.is_set()
        health.come("/")
        assert brought.wait(60)

    assert coroutines.run(loads(monkeypatch, come)) == 0


def test_who_still_reads_the_files_of_home_has_the_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PAUSE", "TO_GO_ON"):
        monkeypatch.setattr(module, name, 3600.0)
    brought = Event()
    monkeypatch.setattr(module, "bring", brought.set)

    def come(health: Health) -> None:
        health.sent()
        health.come("/")
        health.sent()
        assert not brought.wait(2 * module.TO_BEGIN)
        health.come("/masked_word")  # asks a model: that goes first
        assert brought.wait(60)

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
