"""Clients of the JSON API that ask for minutes of work, and those who ask for little meanwhile."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bert_core.serving.names import BASE
from tests.faults.serving import PATIENCE, Served, served, until
from tests.faults.visitor import Visitor

TEXT = "The ferry carried thirty people across the river. "
DOCUMENT = {"question": "What did the ferry carry?", "context": TEXT * 18_000}
TEXTS = {"items": [{"text": TEXT * 30}] * 64}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("long")) as running:
        yield running.ready()
        running.is_calm()


@contextmanager
def asked(server: Served, route: str, body: object) -> Iterator[socket.socket]:
    """A question whose client waits for the answer as long as the block lasts."""
    content = json.dumps(body).encode()
    head = (
        f"POST {BASE}/{route} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        client.sendall(head.encode() + content)
        yield client


def in_line(server: Served) -> float:
    return server.meter("bert_explorer_long_jobs")


def passes(server: Served, model: str) -> float:
    labels = f'device="cpu",model="{model}",precision="exact"'
    return server.meter(f"bert_explorer_model_passes{{{labels}}}")


def test_who_asks_for_little_does_not_wait_for_who_asks_for_much(server: Served) -> None:
    with asked(server, "ask", DOCUMENT):
        until(lambda: in_line(server) == 1)
        with asked(server, "surprise", TEXTS) as waits, asked(server, "ask", DOCUMENT):
            until(lambda: in_line(server) == 3)
            before = passes(server, "embedded")
            for number in range(3):
                text = f"The heron ___ {number} times."
                assert server.ask("fill", text=text).status_code == 200
            with Visitor(server.url) as visitor:
                visitor.open("masked_word", text="The [MASK] waits.")
                assert not visitor.alerts
            assert in_line(server) == 3, "the first one computes, the others wait"
            assert passes(server, "embedded") > before
            until(lambda: passes(server, "reader") > 3)
            waits.close()
            until(lambda: in_line(server) == 2)
        until(lambda: in_line(server) == 1)
    until(lambda: in_line(server) == 0)
    until(lambda: server.meter("bert_explorer_requests_at_work") == 0)


def test_a_long_question_has_an_answer(server: Served) -> None:
    text = TEXT * 900
    found = server.ask("ask", question=DOCUMENT["question"], context=text).json()
    assert found["windows"] > 50
    assert "people" in found["text"]
