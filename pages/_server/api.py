"""The JSON API on the app's own server, ``/api/v1/``, and its counters, ``/metrics``."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
from pages._server.access import token, why_off
from pages._server.problems import Problem
from pages._server.sending import Sending
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
        self._sending = Sending()
        # Only the event loop changes these.
        self._free = asyncio.Semaphore(WORKERS)
        self._inside: set[Event] = set()
        self._queued: set[asyncio.Future[bytes]] = set()
        self._closed = False

    def routes(self) -> list[BaseRoute]:
        """What the server adds to the pages; says on stderr if they stay shut."""
        if off := why_off():
            print(off, file=sys.stderr)
        app = Starlette(
            routes=[
                *(Route(f"/{name}", partial(self._ask, name), methods=["POST"]) for name in NAMES),
                Route("/models", partial(self._tell, _models), methods=["GET"]),
                Route("/openapi.json", partial(self._tell, _openapi), methods=["GET"]),
            ],
            exception_handlers={HTTPException: _http, Exception: _fault},
        )
        app.router.redirect_slashes = False
        return [Mount(BASE, Watched(app, self._spend)), Route("/metrics", _metrics)]

    def close(self) -> None:
        """Take nothing more; what waits is refused, what is computed ends at its next step."""
        self._closed = True
        for left in self._inside:
            left.set()
        for answer in self._queued:
            answer.cancel()
        self._pool.shutdown(wait=False)

    def _spend(self, visitor: str, questions: int, *, taken: int = 0) -> None:
        """Count questions against the visitor's rate; this machine's owner alone has none.

        Raises:
            BusyError: they are too many in a minute.
        """
        if token() is not None:
            self._rates.spend(visitor, questions, taken=taken)

    async def _ask(self, name: str, request: Request) -> Response:
        def work(sent: bytes, left: Event) -> bytes:
            from pages._server import answers

            asked = answers.read(name, sent)
            questions = answers.questions(asked)
            request.state.sizes["items"] = questions
            if questions > 1:  # one was counted when the request came
                self._spend(request.state.visitor, questions, taken=1)
            meters().asked(name, questions)
            with admitted():  # how many may wait is seen to below
                return answers.answer(name, asked, left)

        # Before the body is here, which needs memory too.
        with self._place() as left:
            if isinstance(left, Problem):
                return left
            sent = await body.read(request)
            if isinstance(sent, Problem):
                return sent
            request.state.sizes = {"bytes_in": len(sent)}
            request.state.text = sent[:_LOGGED].decode("utf-8", "replace")
            return await self._computed(request, partial(work, sent), left)

    async def _tell(self, work: Callable[[Event], bytes], request: Request) -> Response:
        with self._place() as left:
            return left if isinstance(left, Problem) else await self._computed(request, work, left)

    @contextmanager
    def _place(self) -> Iterator[Event | Problem]:
        """A place for a request, as what is set when nobody wants its answer; or why not."""
        if self._closed:
            yield _ended()
        elif len(self._inside) >= WORKERS + read_settings().waiting_visitors:
            meters().refused("api")
            yield Problem(
                "busy", f"{len(self._inside)} requests are ahead of this one. Ask again soon.",
                headers={"Retry-After": "5"},
            )  # fmt: skip
        else:
            left = Event()
            self._inside.add(left)
            try:
                yield left
            finally:
                self._inside.discard(left)

    async def _computed(
        self, request: Request, work: Callable[[Event], bytes], left: Event
    ) -> Response:
        """What a thread makes of a request, unless the client leaves or the server ends."""
        if self._closed:
            return _ended()
        answer = asyncio.ensure_future(self._in_thread(work, left))
        leaving = asyncio.ensure_future(_left(request))
        self._queued.add(answer)
        try:
            await asyncio.wait({answer, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                return Response(status_code=499)  # nobody reads it
            return _ended() if answer.cancelled() else self._sending.response(answer.result())
        except Refused as error:
            return problems.of(error)
        except BusyError as error:
            meters().refused("too-often")
            return problems.often(error)
        finally:
            left.set()
            answer.cancel()
            leaving.cancel()
            self._queued.discard(answer)

    async def _in_thread(self, work: Callable[[Event], bytes], left: Event) -> bytes:
        """What a thread makes of a request, when one is free.

        It is not handed over before: what a pool's queue holds stays in memory when its client
        has gone.
        """
        await self._free.acquire()
        self._queued.discard(asyncio.current_task())
        done = asyncio.wrap_future(self._pool.submit(work, left))
        done.add_done_callback(self._over)
        return await asyncio.shield(done)  # a thread goes on when its client has gone

    def _over(self, done: asyncio.Future[bytes]) -> None:
        self._free.release()
        if not done.cancelled():
            done.exception()  # nobody else looks at it when the client has gone


def _models(_left: Event) -> bytes:
    from pages._server import answers

    return answers.models()


def _openapi(_left: Event) -> bytes:
    from pages._server import answers

    return answers.openapi()


async def _left(request: Request) -> None:
    """Returns when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _ended() -> Problem:
    return Problem("left", "The server is ending. Ask again later.")


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
