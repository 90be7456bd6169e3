"""Clients that keep a server waiting, and five hundred that come and go."""

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from bert_core.serving.names import BASE
from pages._server.uploads import FILES
from tests import coroutines
from tests.faults.serving import PATIENCE, Served, served, until
from tests.faults.visitor import STREAM, Visitor, wish

VISITORS, WAVE = 500, 50
SECONDS = "3"
"""Of patience with a client."""
MIB = 2**20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("clients")
    extra = {
        "BERT_EXPLORER_CLIENT_SECONDS": SECONDS,
        "STREAMLIT_SERVER_WEBSOCKET_PING_INTERVAL": SECONDS,
        "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1",
        "BERT_EXPLORER_UPLOAD_MIB": "1",
    }
    with served(home, **extra) as running:
        yield running.ready()


def sockets(server: Served) -> set[int]:
    """Ports of the clients whose connections the server holds."""
    found = server.seen.net_connections("tcp")
    return {each.raddr.port for each in found if each.raddr and each.laddr.port == server.port}


def head(server: Served, method: str, path: str, **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def opened(server: Served, *, window: int | None = None) -> socket.socket:
    client = socket.socket()
    if window is not None:  # the system takes this much for a client that reads nothing
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    client.settimeout(PATIENCE)
    client.connect(("127.0.0.1", server.port))
    return client


def large(server: Served) -> bytes:
    """A question whose answer has 5 MiB."""
    asked = {"text": "the heron waits " * 50, "layers": [0, 1, 2, 3, 4], "pool": "none"}
    body = json.dumps(asked).encode()
    kind = {"Content_Type": "application/json", "Content_Length": str(len(body))}
    return head(server, "POST", f"{BASE}/embed", **kind) + body


class Slow:
    """Clients that drip bytes or take none, until each is cut off."""

    def __init__(self, server: Served) -> None:
        self.clients: dict[str, list[socket.socket]] = {}
        self._server, self._over = server, threading.Event()
        self._dripping = threading.Thread(target=self._drip)

    def __enter__(self) -> "Slow":
        server, port = self._server, self._server.port
        self.clients = {
            name: [opened(server, window=4096 if "takes" in name else None) for _ in range(number)]
            for name, number in {"silent": 10, "slow header": 20, "slow body": 5,
                                 "takes no answer": 5, "takes no page": 5}.items()
        }  # fmt: skip
        sent = {
            "silent": b"",
            "slow header": head(server, "GET", "/healthz")[:-2],
            "slow body": head(server, "PUT", f"/_stcore/upload_file/{port}/a",
                              Content_Length="100000"),
            "takes no answer": large(server),
            "takes no page": handshake(server),
        }  # fmt: skip
        for name, clients in self.clients.items():
            for client in clients:
                client.sendall(sent[name])
        for client in self.clients["takes no page"]:
            assert client.recv(12) == b"HTTP/1.1 101"
            for _ in range(10):  # pages that it will never read
                client.sendall(frame(wish("fine_tune").SerializeToString()))
        self._dripping.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._dripping.join()
        for clients in self.clients.values():
            for client in clients:
                client.close()

    def _drip(self) -> None:
        slow = [*self.clients["slow header"], *self.clients["slow body"]]
        while not self._over.wait(0.2):
            for client in slow:
                with contextlib.suppress(OSError):  # it is cut off
                    client.sendall(b"a")

    @property
    def left(self) -> dict[str, int]:
        """How many of each kind are still connected."""
        held = sockets(self._server)
        found = {
            name: sum(client.getsockname()[1] in held for client in clients)
            for name, clients in self.clients.items()
        }
        return {name: number for name, number in found.items() if number}


def handshake(server: Served) -> bytes:
    key = {"Sec_WebSocket_Version": "13", "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    return head(server, "GET", STREAM, Upgrade="websocket", Connection="Upgrade", **key)


def frame(data: bytes) -> bytes:
    """A message of a client; its mask changes nothing."""
    assert len(data) < 126
    return struct.pack("!BBI", 0x82, 0x80 | len(data), 0) + data


def test_slow_clients_are_cut_off_while_others_are_served(server: Served) -> None:
    server.ask("embed", text="a", layers=[0])
    with Visitor(server.url) as first:  # what the pages need is in memory
        first.open("fine_tune")
        first.open("masked_word", text="The [MASK] waits.")
    before = server.seen.memory_info().rss
    with Slow(server) as slow, Visitor(server.url) as visitor:
        rounds, most = 0, 0
        while slow.left:
            assert server.get("/healthz").json()["status"] == "ok"
            assert server.ask("fill", text="The heron ___ near the lake.").status_code == 200
            visitor.open("masked_word", text=f"The [MASK] waits {rounds} times.")
            assert not visitor.alerts
            most = max(most, server.seen.memory_info().rss - before)
            rounds += 1
            assert rounds < 500, slow.left
        assert rounds > 1
    assert most < 500 * MIB, "what 5 answers of 5 MiB and 5 visitors may take"
    until(lambda: server.meter("bert_explorer_requests_at_work") == 0)
    server.is_calm()


def test_a_body_that_comes_too_slowly_is_refused_with_a_sentence(server: Served) -> None:
    kind = {"Content_Type": "application/json", "Content_Length": "1000"}
    with opened(server) as client:
        client.sendall(head(server, "POST", f"{BASE}/fill", **kind) + b"{")
        answer = client.recv(MIB)
        assert answer.startswith(b"HTTP/1.1 408")
    server.is_calm()


def test_only_so_many_files_are_held(server: Served) -> None:
    file = b"a" * (MIB - 1_000)  # the form around it has its size too
    with contextlib.ExitStack() as all_at_once:
        several = [all_at_once.enter_context(Visitor(server.url)).open() for _ in range(5)]
        for each in several[:4]:
            assert [each.put_unasked(file).status_code for _ in range(4)] == [204] * 4
        refused = several[0].put_unasked(file)
        assert (refused.status_code, "Remove some." in refused.text) == (413, True)
        assert several[4].put_unasked(file).status_code == 503
        small = [several[4].put_unasked(b"").status_code for _ in range(FILES + 1)]
        assert small == [*[204] * FILES, 413]

    def taken() -> bool:
        with Visitor(server.url) as next_one:  # sessions are looked through when one comes or goes
            return next_one.open().put_unasked(file).status_code == 204

    until(taken)
    server.is_calm()


async def visit(server: Served, number: int) -> None:
    """Come, make a page begin, and be gone without a word."""
    page = {3: "tokens", 7: "masked_word"}.get(number % 10, "")
    address = f"ws://127.0.0.1:{server.port}{STREAM}"
    async with connect(
        address, subprotocols=[Subprotocol("streamlit")], proxy=None, max_size=None,
        open_timeout=PATIENCE, ping_interval=None,
    ) as client:  # fmt: skip
        await client.send(wish(page).SerializeToString())
        await client.recv()
        client.transport.abort()  # the connection is reset, no closing frame is sent


async def visit_together(server: Served, first: int) -> None:
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(visit(server, first + number) for number in range(WAVE)))


def test_five_hundred_visitors_come_and_go(server: Served) -> None:
    def threads() -> int:
        return server.seen.num_threads()

    def memory() -> float:
        return server.seen.memory_info().rss / MIB

    coroutines.run(visit_together(server, 0))  # what the first visitors bring into memory stays
    until(lambda: not sockets(server))
    held, worked, files = memory(), threads(), server.seen.num_fds()
    for first in range(WAVE, VISITORS, WAVE):
        coroutines.run(visit_together(server, first))
        assert server.get("/healthz").json()["status"] == "ok"
    until(lambda: not sockets(server), lambda: sockets(server))
    until(lambda: threads() <= worked + 5, lambda: f"{threads()} threads, {worked} before")
    assert server.seen.num_fds() <= files + 5
    assert memory() < held + 100, f"{held:.0f} MiB before"
    with Visitor(server.url) as visitor:
        visitor.open("masked_word", text="The [MASK] waits.")
        assert "The [MASK] waits." in visitor.text
        assert not visitor.alerts
    server.is_calm()
