"""Around every route of the API: who may, how long it took, how large it was."""

import hashlib
import secrets
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from bert_core.errors import BusyError
from bert_core.serving.names import BASE, NAMES
from pages._server.access import refusal, why_off
from pages._server.problems import Problem, often
from pages._server.watching import events, meters

_KNOWN = (*NAMES, "models", "openapi.json")


class Watched:
    """Lets a request through if it may, counts it, and writes its event.

    Args:
        app: what answers.
        spend: takes questions from what a visitor may ask, or raises BusyError.
    """

    def __init__(self, app: ASGIApp, spend: Callable[[str, int], None]) -> None:
        self._app = app
        self._spend = spend
        # An address cannot be found out from its name: nobody knows the salt, and the next start
        # has another.
        self._salt = secrets.token_bytes(16)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a web socket is none."""
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        request = Request(scope)
        visitor = self._visitor(request)
        scope.setdefault("state", {})["visitor"] = visitor
        began, status, sent = time.monotonic(), 500, 0
        meters().began()

        async def counted(message: Message) -> None:
            nonlocal status, sent
            status = message.get("status", status)
            sent += len(message.get("body", b""))
            await send(message)

        last = scope["path"].removeprefix(f"{BASE}/")
        route = last if last in _KNOWN else "other"
        try:
            # The document tells what the program's source does, and whether a token is wanted.
            open_ = route == "openapi.json" and why_off() is None
            refused = None if open_ else refusal(request) or self._too_often(visitor)
            await (refused or self._app)(scope, receive, counted)
        finally:
            seconds = time.monotonic() - began
            meters().ended(route, status, seconds)
            numbers = {"milliseconds": round(seconds * 1000, 1), "bytes_out": sent}
            state = scope["state"]
            events().write(
                "api", visitor=visitor, route=route, status=status, **numbers,
                **state.get("sizes", {}), text=state.get("text"),
            )  # fmt: skip

    def _too_often(self, visitor: str) -> Problem | None:
        try:
            self._spend(visitor, 1)
        except BusyError as error:
            meters().refused("too-often")
            return often(error)
        return None

    def _visitor(self, request: Request) -> str:
        """The same random name for the same address."""
        host = request.client.host if request.client else ""
        return hashlib.blake2b(host.encode(), key=self._salt, digest_size=8).hexdigest()
