"""What is answered when something goes wrong outside of the JSON API's own routes."""

import sys
from collections.abc import Callable, Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.websockets import WebSocketDisconnected

from pages._server.headers import ALWAYS, CLOSED


def gone(_request: Request, _error: Exception) -> Response:
    """A client that leaves while it sends, such as a visitor who closes a page: no fault at all."""
    return Response(status_code=499)  # nobody reads it


def not_kept(_request: Request, error: Exception) -> Response:
    """A file that is sent while the disk is full; any other error is passed on."""
    from bert_core.training.folder import DISK_FULL  # here: the server listens before it is needed

    if not isinstance(error, OSError) or error.errno not in DISK_FULL:
        raise error
    why = error.strerror
    print(f"What a visitor sent cannot be kept: {why}.", file=sys.stderr)
    return PlainTextResponse(f"What was sent cannot be kept here: {why}.\n", 507)


def fault(_request: Request, _error: Exception) -> Response:
    """The answer to a fault of ours, which is written outside of all middleware."""
    headers = {**ALWAYS, "Content-Security-Policy": CLOSED}
    return PlainTextResponse("Something went wrong here.\n", 500, headers)


HANDLERS: Mapping[type[Exception], Callable[[Request, Exception], Response]] = {
    ClientDisconnect: gone,
    WebSocketDisconnected: gone,
    OSError: not_kept,
    Exception: fault,
}
"""Who answers which error."""
