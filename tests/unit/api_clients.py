"""Requests to the JSON API as its server hands them over, for tests that need every step."""

import asyncio
import json
from typing import Any

from starlette.applications import Starlette

from bert_core.serving.names import BASE


class Request:
    """A request as the server hands it over: what the client does is told step by step.

    Args:
        served: what is asked.
        path: below the API.
        body: what comes at once; None: it does not come.
    """

    def __init__(self, served: Starlette, path: str, body: bytes | None = b"") -> None:
        self.told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        if body is not None:
            self.come(body)
        scope = {
            "type": "http", "method": "GET" if path == "models" else "POST",
            "path": f"{BASE}/{path}", "query_string": b"", "server": ("127.0.0.1", 1),
            "client": ("127.0.0.1", 2),
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        }  # fmt: skip
        self.over = asyncio.ensure_future(served(scope, self.told.get, self._send))

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    def come(self, body: bytes) -> None:
        """The body comes."""
        self.told.put_nowait({"type": "http.request", "body": body})

    def leave(self) -> None:
        """The client goes."""
        self.told.put_nowait({"type": "http.disconnect"})

    @property
    async def status(self) -> int:
        await self.over
        return int(self.sent[0]["status"])

    @property
    async def problem(self) -> dict[str, Any]:
        """What is wrong, with the headers of the answer among it."""
        await self.over
        headers = {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}
        return json.loads(self.sent[1]["body"]) | headers
