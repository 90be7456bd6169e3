"""Large answers on their way: in pieces, and only so much of them at a time.

A response that is handed over whole lies in memory until the client has taken it, and a client
may ask again before it has.
"""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pages._server.problems import Problem

PIECE = 64 * 1024
"""Bytes that are handed over at a time. uvicorn takes the next ones when these are under way."""
MOST = 256 * 2**20
"""Bytes of all answers that may wait to be taken; then further large ones are refused."""
SECONDS = 30
"""After how long to ask again. By then the clients that take nothing are gone."""


class Sending:
    """All answers of a server that are on their way. Used in the event loop alone.

    Args:
        most: bytes that may be under way.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._bytes = 0

    def response(self, body: bytes) -> Response:
        """An answer in JSON, or a refusal where too much is under way."""
        if len(body) > PIECE and self._bytes + len(body) > self._most:
            return Problem(
                "busy",
                "Too many large answers wait to be taken by those who asked. Ask again in "
                f"{SECONDS} seconds, or for less.",
                headers={"Retry-After": str(SECONDS)},
            )
        return _Answer(body, self)

    def began(self, size: int) -> None:
        """Count an answer."""
        self._bytes += size

    def ended(self, size: int) -> None:
        """Forget an answer: it was taken, or nobody is there any more."""
        self._bytes -= size


class _Answer(Response):
    media_type = "application/json"

    def __init__(self, body: bytes, sending: Sending) -> None:
        super().__init__(body, headers={"Cache-Control": "no-store"})
        self._sending = sending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        size = len(self.body)
        self._sending.began(size)
        try:
            start = {"status": self.status_code, "headers": self.raw_headers}
            await send({"type": "http.response.start", **start})
            for place in range(0, max(size, 1), PIECE):
                piece = bytes(self.body[place : place + PIECE])
                more = place + PIECE < size
                await send({"type": "http.response.body", "body": piece, "more_body": more})
                if more:  # Streamlit compresses it in the event loop: others go between
                    await asyncio.sleep(0)
        finally:
            self._sending.ended(size)
