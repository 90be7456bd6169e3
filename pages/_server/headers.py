"""Headers of every answer: what a browser may run, load and tell others on a page of ours."""

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bert_core.serving.names import ROOT

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # A page's address holds what a visitor typed.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), serial=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}
CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
"""For what is no page: opened as one, it runs nothing and is of no origin."""
_NO_PAGES = (f"{ROOT}/", "/media/", "/metrics", "/healthz", "/_stcore/")
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class Headers:
    """Sets these headers on every answer, in the place of what was there.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = CLOSED if scope["path"].startswith(_NO_PAGES) else self._page_policy

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers[name] = value
                headers["Content-Security-Policy"] = policy
            await send(message)

        await self._app(scope, receive, with_headers)

    @cached_property
    def _page_policy(self) -> str:
        """Made when the first page is asked for, since the scripts of bertviz are read for it."""
        from bert_core.views.bertviz_scripts import every_script

        index = Path(streamlit.__file__).parent / "static" / "index.html"
        return page_policy([*_INLINE.findall(index.read_text("utf-8")), *every_script()])


def page_policy(inline: Iterable[str]) -> str:
    """The content security policy of a page.

    Args:
        inline: scripts that may stand in a page itself: Streamlit's own, and those in the frames
            of bertviz, which inherit the page's policy. All others are files of this server.
    """
    known = " ".join(sorted({_fingerprint(script) for script in inline}))
    rules = {
        "default-src": "'none'",
        # Streamlit makes the script of a component a blob and imports it.
        "script-src": f"'self' blob: {known}",
        "script-src-attr": "'none'",
        # Emotion and plotly write their styles into the page.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _fingerprint(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
