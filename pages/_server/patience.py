"""How long a connection may be kept waiting by its client.

uvicorn itself waits for the rest of a request, and for an answer to be taken, as long as the
client likes. Thousands of such connections cost a client nothing and a server its memory.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import h11
from uvicorn import Server
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from bert_core.settings import read_settings

LEAST = 16 * 1024
"""Bytes that a client has to send, or to take, in each of its spans of time while it is its turn:
half a KiB in a second, if the spans have 30."""

APART = 0.1
"""Seconds between two messages of a page that are heard; more of them wait in the network."""

MOST_SAID = 4 * 2**20
"""Bytes of a page's message beside a document in it. Streamlit itself would hear 200 MiB."""
MOST_FRAMES = 1_000
"""Parts that a message may come in. A browser sends it as one."""

_AT_ONCE = struct.pack("ii", 1, 0)


def limit_patience(server: Server) -> None:
    """Let a server that begins drop the clients that keep it waiting.

    Args:
        server: its options are read, and it accepts no connection yet.
    """
    server.config.http_protocol_class = PatientHttp
    server.config.ws_protocol_class = PatientSocket
    # A sign of a text has four bytes at most.
    server.config.ws_max_size = MOST_SAID + 4 * read_settings().document_characters


def drop(transport: asyncio.BaseTransport) -> None:
    """End a connection at once, with all that waits in it."""
    if not isinstance(transport, asyncio.Transport):
        return
    connected = transport.get_extra_info("socket")
    if connected is not None:
        # Else the system itself goes on to offer the client what it does not take.
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()


class Turn(NamedTuple):
    """How far a connection is.

    Attributes:
        owed: what the client has to send, as something that is equal as long as it is the same.
        came: bytes that came from the client.
        unsent: bytes that it has to take before the server goes on; 0: it waits for nothing.
        drained: how often it has taken as much as the server waited for.
    """

    owed: object
    came: int
    unsent: int
    drained: int

    def is_stuck(self, before: "Turn") -> bool:
        """Whether too little has happened since an earlier look."""
        owes = self.owed is not None and self.owed == before.owed
        if owes and self.came - before.came < LEAST:
            return True
        waited = bool(before.unsent and self.unsent) and self.drained == before.drained
        return waited and before.unsent - self.unsent < LEAST


class Patience:
    """Looks at a connection now and then, and drops it when nothing has happened.

    Args:
        transport: of the connection.
        owed: what the client has to send now; None: nothing.
        paused: whether the server waits for the client to take what was sent.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        owed: Callable[[], object],
        paused: Callable[[], bool],
    ) -> None:
        self.came, self.drained = 0, 0
        self._transport, self._owed, self._paused = transport, owed, paused
        self._before = self._now()
        self._loop = asyncio.get_running_loop()
        self._seconds = read_settings().client_seconds
        self._timer = self._loop.call_later(self._seconds, self._look)

    def end(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _look(self) -> None:
        now = self._now()
        if now.is_stuck(self._before):
            drop(self._transport)
            return
        self._before = now
        self._timer = self._loop.call_later(self._seconds, self._look)

    def _now(self) -> Turn:
        # What is written in between would hide that something was taken, so only pauses count.
        waits = self._paused() or self._transport.is_closing()
        unsent = self._transport.get_write_buffer_size() if waits else 0
        return Turn(self._owed(), self.came, unsent, self.drained)


class PatientHttp(H11Protocol):
    """HTTP whose client has to send what it began and to take what it asked for."""

    _patience: Patience

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look."""
        super().connection_made(transport)
        self._patience = Patience(transport, self._owed, lambda: self.flow.write_paused)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        self._patience.end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what came."""
        self._patience.came += len(data)
        super().data_received(data)

    def resume_writing(self) -> None:
        """Count that the client has taken enough."""
        self._patience.drained += 1
        super().resume_writing()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Leave the connection to another class, which looks by itself."""
        self._patience.end()
        super().handle_websocket_upgrade(event)

    def _owed(self) -> object:
        """The rest of a header, or of a body that somebody reads."""
        if self.conn.their_state is h11.IDLE:
            return ("header", self.cycle)
        if self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused:
            return ("body", self.cycle)
        return None


class PatientSocket(WebSocketsSansIOProtocol):
    """A web socket whose client has to take what it is sent and to end what it says.

    It is not heard too often.

    A client that is silent is found out by its missing answers to pings.
    """

    _patience: Patience
    _next = 0.0
    _heard = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to look."""
        super().connection_made(transport)
        self._patience = Patience(self.transport, self._owed, lambda: not self.writable.is_set())

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        self._patience.end()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """Count that the client has taken enough."""
        self._patience.drained += 1
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Count what came."""
        self._patience.came += len(data)
        super().data_received(data)

    def handle_cont(self, event: Frame) -> None:
        """Take a further part of a message, unless it has too many: empty ones have no size."""
        if len(self.frames) < MOST_FRAMES:
            super().handle_cont(event)
        else:
            drop(self.transport)

    def send_receive_event_to_app(self) -> None:
        """Count a message that is whole."""
        self._heard += 1
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        """Drop a client that answers no ping: it would not hear a goodbye either."""
        drop(self.transport)

    async def receive(self) -> Any:
        """Hear the client, which waits its turn: each wish begins a thread that draws a page."""
        message = await super().receive()
        if message["type"] == "websocket.receive":
            await asyncio.sleep(max(0.0, self._next - self.loop.time()))
            self._next = self.loop.time() + APART
        return message

    def _owed(self) -> object:
        """The rest of a message that began."""
        began = bool(self.frames or self.conn.reader.buffer)
        return ("message", self._heard) if began and not self.read_paused else None
