"""Which connections are dropped: over real sockets, with an answer that nobody waits for long."""

import asyncio
import contextlib
import select
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from pages._server.patience import LEAST, MOST_FRAMES, Turn, limit_patience
from pages._server.sending import PIECE, Sending
from tests import coroutines
from tests.browser.conftest import free_port
from tests.faults.serving import PATIENCE, until

MIB = 2**20
ANSWER = b"." * 32 * MIB


async def large(_request: Request) -> Response:
    """More than the system holds for a client that does not read."""
    return Response(ANSWER)


async def echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def talk(told: WebSocket) -> None:
    await told.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await told.receive_bytes()
            for _ in range(32):
                await told.send_bytes(ANSWER[:MIB])


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server whose clients have a second for each 16 KiB."""
    routes = [Route("/large", large), Route("/echo", echo, methods=["POST"])]
    app = Starlette(routes=[*routes, WebSocketRoute("/talk", talk)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BERT_EXPLORER_CLIENT_SECONDS", "1")
        config = uvicorn.Config(
            app, port=free_port(), ws_ping_interval=None, log_config=None, lifespan="off",
            ws_max_size=200 * MIB,
        )  # fmt: skip
        config.load()
        server = uvicorn.Server(config)
        limit_patience(server)
        thread = threading.Thread(target=server.run)
        thread.start()
        until(lambda: server.started)
        yield server.config.port
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def asking(port: int, sent: bytes) -> Iterator[socket.socket]:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LEAST)
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", port))
        client.sendall(sent)
        yield client


def taken(client: socket.socket, *, most: int = 2 * len(ANSWER)) -> int:
    """How many bytes there are until the connection ends."""
    number = 0
    with contextlib.suppress(ConnectionResetError):
        while number < most and (part := client.recv(MIB)):
            number += len(part)
    return number


HANDSHAKE = (
    b"GET /talk HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
WISH = b"\x82\x81\x00\x00\x00\x00a"
CLOSING = b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
LARGE = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("sent", [LARGE, CLOSING, HANDSHAKE], ids=["kept", "closed", "socket"])
def test_who_takes_nothing_is_dropped(port: int, sent: bytes) -> None:
    looked = select.poll()
    with asking(port, sent) as client:
        if sent is HANDSHAKE:
            assert client.recv(12) == b"HTTP/1.1 101"
            client.sendall(WISH)
        looked.register(client, 0)  # the end is told unasked, though nothing is read
        until(lambda: looked.poll(0))
        assert taken(client) < len(ANSWER)


def test_who_takes_little_but_steadily_gets_all(port: int) -> None:
    """32 MiB in three spans; a mebibyte at a time, the buffers' sizes left aside."""
    pause = threading.Event()
    with asking(port, CLOSING) as client:
        number = 0
        while part := client.recv(MIB):
            number += len(part)
            pause.wait(3 * len(part) / len(ANSWER))
        assert number > len(ANSWER)


OWED = (
    b"", b"G", b"GET / HTTP/1.1\r\n",
    b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\naGET ",
)  # fmt: skip


def test_who_does_not_send_the_rest_is_dropped(port: int) -> None:
    with contextlib.ExitStack() as all_at_once:
        for client in [all_at_once.enter_context(asking(port, sent)) for sent in OWED]:
            assert taken(client) < 1_000


PART, LAST = b"\x02\x81\x00\x00\x00\x00a", b"\x80\x80" + bytes(4)
BEGUN = (
    b"\x82", b"\x82\xfe\xff\xff" + bytes(1_000), PART,
    PART + b"\x89\x80\x00\x00\x00\x00" * 9,  # and pings
)  # fmt: skip


@contextlib.contextmanager
def talking(port: int, sent: bytes) -> Iterator[socket.socket]:
    with asking(port, HANDSHAKE) as client:
        assert client.recv(12) == b"HTTP/1.1 101"
        client.sendall(sent)
        yield client


def test_who_does_not_end_a_message_is_dropped(port: int) -> None:
    with contextlib.ExitStack() as all_at_once:
        for client in [all_at_once.enter_context(talking(port, sent)) for sent in BEGUN]:
            assert taken(client) < 1_000


def test_a_message_of_many_bytes_or_parts_is_not_heard(port: int) -> None:
    with talking(port, b"\x82\xff" + (190 * MIB).to_bytes(8) + bytes(4)) as client:
        assert (1009).to_bytes(2) in b"".join(iter(lambda: client.recv(MIB), b""))
    nothing = b"\x00\x80" + bytes(4)
    with talking(port, PART + nothing * MOST_FRAMES + LAST) as client:
        assert taken(client) < 1_000
    with talking(port, PART + nothing * 9 + LAST) as client:
        assert client.recv(MIB)
        assert taken(client, most=MIB) >= MIB


def test_who_sends_little_but_steadily_is_answered(port: int) -> None:
    pause, total = threading.Event(), 8 * LEAST
    head = f"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {total}\r\n\r\n".encode()
    with asking(port, head) as client:
        for _ in range(8):
            client.sendall(b"." * LEAST)
            pause.wait(0.4)
        assert client.recv(MIB).endswith(str(total).encode())


@pytest.mark.parametrize(("before", "now", "stuck"), [
    (Turn(None, 0, 0, 0), Turn(None, 0, 0, 0), False),  # the server computes
    (Turn("a", 0, 0, 0), Turn("a", 0, 0, 0), True),
    (Turn("a", 0, 0, 0), Turn("a", LEAST - 1, 0, 0), True),
    (Turn("a", 0, 0, 0), Turn("a", LEAST, 0, 0), False),
    (Turn("a", 0, 0, 0), Turn("b", 1, 0, 0), False),  # another request began
    (Turn(None, 0, MIB, 0), Turn(None, 0, MIB, 0), True),
    (Turn(None, 0, MIB, 0), Turn(None, 0, MIB - LEAST, 0), False),
    (Turn(None, 0, MIB, 0), Turn(None, 0, MIB, 1), False),  # it took all, and then came more
    (Turn(None, 0, 0, 0), Turn(None, 0, MIB, 0), False),
    (Turn(None, 0, 9, 0), Turn(None, 0, 9, 0), True),
])  # fmt: skip
def test_what_is_too_little(before: Turn, now: Turn, stuck: bool) -> None:
    assert now.is_stuck(before) is stuck


def test_only_so_much_may_wait_to_be_taken() -> None:
    sending = Sending(most=3 * MIB)

    async def check() -> None:
        go_on, sent = asyncio.Event(), bytearray()

        async def send(message: dict[str, object]) -> None:
            await go_on.wait()
            sent.extend(message.get("body", b""))  # type: ignore[arg-type]

        waits = asyncio.ensure_future(sending.response(ANSWER[: 2 * MIB])({}, None, send))  # type: ignore[arg-type]
        gone = asyncio.ensure_future(sending.response(ANSWER[:MIB])({}, None, send))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        refused = sending.response(ANSWER[:MIB])
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        assert sending.response(ANSWER[:PIECE]).status_code == 200
        gone.cancel()
        await asyncio.wait([gone])
        assert sending.response(ANSWER[:MIB]).status_code == 200
        go_on.set()
        await waits
        assert len(sent) == 2 * MIB
        assert sending.response(ANSWER[: 3 * MIB]).status_code == 200

    coroutines.run(check())


def test_others_go_on_between_the_pieces_of_a_large_answer() -> None:
    others, seen = 0, []

    async def go_on() -> None:
        nonlocal others
        while True:
            await asyncio.sleep(0)
            others += 1

    async def send(_message: object) -> None:  # it computes, and does not wait
        seen.append(others)

    async def check() -> None:
        beside = asyncio.ensure_future(go_on())
        await asyncio.sleep(0)
        await Sending().response(ANSWER[: 8 * PIECE])({}, None, send)  # type: ignore[arg-type]
        beside.cancel()

    coroutines.run(check())
    assert len(set(seen[1:])) == 8
