"""By which names pages may be opened where only this machine can reach the server.

A site elsewhere can let its own name lead to 127.0.0.1. A browser on this machine then takes that
site and this server for one, and would let the site drive the pages and read what they show.
"""

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bert_core.serving.names import is_api
from bert_core.settings import is_loopback
from pages._server.access import called_by, is_passed_on

_SAID = (
    "This server is for this machine alone and answers to its own names, 127.0.0.1 and localhost. "
    "To open it under another, list that in server.allowedHosts of .streamlit/config.toml.\n"
)
_ELSEWHERE = ("/metrics", "/healthz")
"""Who may ask for these is decided there, as for the API."""


class OwnNames:
    """Refuses other names of this machine, unless the operator lists names or a proxy asks.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        path = scope.get("path", "")
        if scope["type"] == "lifespan" or is_api(path) or path.startswith(_ELSEWHERE):
            await self._app(scope, receive, send)
        elif _may(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(_SAID, 403)(scope, receive, send)


def _may(headers: Headers) -> bool:
    others = not is_loopback(st.get_option("server.address"))
    # No page can make a browser send these with a web socket, by which all answers come.
    proxied = is_passed_on(headers)
    listed = bool(st.get_option("server.allowedHosts"))  # then Streamlit looks at them
    return others or proxied or listed or is_loopback(called_by(headers))
