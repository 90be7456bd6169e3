"""The server: the pages, the JSON API, counters and a health check.

The router lives inside pages/, so that no folder of that name lies beside the main script:
Streamlit would take it for a multipage app of the old kind and show a visitor whose first hit
is a deep link a page without its router.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Route

PROJECT = Path(__file__).resolve().parent
sys.path.insert(0, str(PROJECT))  # pages import bert_core, whatever folder this is started from

from pages._server.api import Api  # noqa: E402
from pages._server.coming import Coming  # noqa: E402
from pages._server.ending import before_the_end, running_server  # noqa: E402
from pages._server.faults import HANDLERS  # noqa: E402
from pages._server.headers import Headers  # noqa: E402
from pages._server.hosts import OwnNames  # noqa: E402
from pages._server.patience import limit_patience  # noqa: E402
from pages._server.uploads import Uploads  # noqa: E402
from pages._shared.health import Health  # noqa: E402
from pages._shared.start import check, tell_address  # noqa: E402

check()
health, api = Health(), Api()


@asynccontextmanager
async def lifespan(served: object) -> AsyncIterator[None]:
    """What begins and ends with the server."""
    server = running_server()
    if server:
        limit_patience(server)
        before_the_end(server, api.close)
    async with health.lifespan(served):
        if server:
            tell_address(server.config.port)
        yield
        api.close()


app = st.App(
    PROJECT / "pages" / "main.py",
    routes=[Route("/healthz", health.answer), *api.routes()],
    middleware=[
        Middleware(Headers),
        Middleware(OwnNames),
        Middleware(Uploads),
        Middleware(Coming, tell=health.come, sent=health.sent),
    ],
    exception_handlers=HANDLERS,
    lifespan=lifespan,
)
