"""The body of a request, bounded in size and time before it is read whole."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from bert_core.serving.names import MOST_BYTES
from bert_core.settings import read_settings
from pages._server.problems import Problem

SECONDS = 30.0
"""Time in which a body has to be here; less, where a client has less for a part of it."""


async def read(request: Request) -> bytes | Problem:
    """The body of a request, or what is wrong with it.

    A form of another site can send text to this server, but no JSON: for that a browser asks
    first, and is told nothing.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return Problem("media-type", "Send JSON, as 'Content-Type: application/json'.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        return Problem("media-type", "Send the body as it is, without Content-Encoding.")
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > MOST_BYTES:
        return _large()
    seconds = min(SECONDS, read_settings().client_seconds)
    try:
        return await asyncio.wait_for(_whole(request), seconds)
    except TimeoutError:
        return Problem("slow", f"The body was not here within {seconds:.0f} seconds.")
    except ClientDisconnect:
        return Problem("slow", "The connection ended before the body did.")


async def _whole(request: Request) -> bytes | Problem:
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > MOST_BYTES:
            return _large()
    return bytes(found)


def _large() -> Problem:
    return Problem(
        "large", f"The body is larger than {MOST_BYTES // 2**20} MiB. Send it in several requests."
    )
