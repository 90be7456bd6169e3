"""The JSON API on the app's own server, ``/api/v1/``, and its counters, ``/metrics``."""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from bert_core.errors import BusyError
from bert_core.model.waiting import admitted
from bert_core.serving.names import BASE, NAMES
from bert_core.serving.rates import Rates
from bert_core.serving.refusals import Refused
from bert_core.settings import read_settings
from pages._server import body, problems
from pages._server.access import OFF, is_off, token
from pages._server.problems import Problem
from pages._server.watched import Watched
from pages._server.watching import meters

WORKERS = 16
"""Requests that are computed at a time; more wait. The pages have threads of their own."""
_LOGGED = 10_000
"""Bytes of a body that an event holds, where the operator wants texts."""


class Api:
    """The routes, and the threads that compute their answers.

    Nothing heavy is imported before the first request, and nothing computes in the event loop:
    the pages' connections live there.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="api")
        self._rates = Rates(read_settings().requests_per_minute)
        self._waiting: set[Event] = set()  # of who is inside; only the event loop changes it

    def routes(self) -> list[BaseRoute]:
        """What the server adds to the pages; says on stderr if they stay shut."""
        if is_off():
            print(OFF, file=sys.stderr)
        app = Starlette(
            routes=[
                *(Route(f"/{name}", partial(self._ask, name), methods=["POST"]) for name in NAMES),
                Route("/models", self._models, methods=["GET"]),
                Route("/openapi.json", self._openapi, methods=["GET"]),
            ],
            exception_handlers={HTTPException: _http, Exception: _fault},
        )
        app.router.redirect_slashes = False
        return [Mount(BASE, Watched(app, self._spend)), Route("/metrics", _metrics)]

    def close(self) -> None:
        """Take nothing more; what waits is dropped, what is computed ends at its next step."""
        for left in self._waiting:
            left.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _spend(self, visitor: str, questions: int) -> None:
        """Count questions against the visitor's rate; this machine's owner alone has none.

        Raises:
            BusyError: they are too many in a minute.
        """
        if token() is not None:
            self._rates.spend(visitor, questions)

    async def _ask(self, name: str, request: Request) -> Response:
        sent = await body.read(request)
        if isinstance(sent, Problem):
            return sent
        request.state.sizes = {"bytes_in": len(sent)}
        request.state.text = sent[:_LOGGED].decode("utf-8", "replace")

        def work(left: Event) -> bytes:
            from pages._server import answers

            asked = answers.read(name, sent)
            questions = answers.questions(asked)
            request.state.sizes["items"] = questions
            if questions > 1:  # one was counted when the request came
                self._spend(request.state.visitor, questions - 1)
            meters().asked(name, questions)
            with admitted():  # how many may wait is seen to below
                return answers.answer(name, asked, left)

        return await self._computed(request, work)

    async def _models(self, request: Request) -> Response:
        def work(left: Event) -> bytes:
            from pages._server import answers

            return answers.models()

        return await self._computed(request, work)

    async def _openapi(self, request: Request) -> Response:
        def work(left: Event) -> bytes:
            from pages._server import answers

            return answers.openapi()

        return await self._computed(request, work)

    async def _computed(self, request: Request, work: Callable[[Event], bytes]) -> Response:
        """What a thread makes of a request, unless too many wait or the client leaves."""
        if len(self._waiting) >= WORKERS + read_settings().waiting_visitors:
            return Problem(
                "busy", f"{len(self._waiting)} requests are ahead of this one. Ask again soon.",
                headers={"Retry-After": "5"},
            )  # fmt: skip
        left = Event()
        self._waiting.add(left)
        answer = asyncio.wrap_future(self._pool.submit(work, left))
        leaving = asyncio.ensure_future(_left(request))
        try:
            await asyncio.wait({answer, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                left.set()
                answer.cancel()
                return Response(status_code=499)  # nobody reads it
            return Response(answer.result(), media_type="application/json",
                            headers={"Cache-Control": "no-store"})  # fmt: skip
        except Refused as error:
            return problems.of(error)
        except BusyError as error:
            return problems.often(error)
        finally:
            leaving.cancel()
            self._waiting.discard(left)


async def _left(request: Request) -> None:
    """Returns when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _metrics(request: Request) -> Response:
    from pages._server import metrics

    return metrics.answer(request)


def _http(_request: Request, error: Exception) -> Response:
    """A path or method that there is not."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return Problem("method", f"This route takes {allowed}.", headers=error.headers)
    return Problem("no-route", f"There is no such route; {BASE}/openapi.json lists them.")


def _fault(_request: Request, _error: Exception) -> Response:
    """A fault of ours: the log has it, the client has a sentence."""
    return Problem("fault", "Something went wrong here. It stands in the server's log.")
