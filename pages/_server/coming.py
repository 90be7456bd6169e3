"""Knows that somebody opens a page before the page itself runs."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send


class Coming:
    """Tells when a browser opens a page.

    Between that and the first line of the page's script the browser reads a MiB of JavaScript.

    Args:
        app: what answers.
        tell: called at every such request with its path.
        sent: called after every answer that is no page: mostly it is a file that a page needs.
    """

    def __init__(self, app: ASGIApp, tell: Callable[[str], None], sent: Callable[[], None]) -> None:
        self._app, self._tell, self._sent = app, tell, sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif Headers(scope=scope).get("accept", "").startswith("text/html"):
            self._tell(scope["path"])
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send)
            self._sent()
