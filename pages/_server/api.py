"""The JSON API on the app's own server, ``/api/v1/``, and its counters, ``/metrics``."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import Scope

from bert_core.errors import BusyError
from bert_core.serving.names import BASE, NAMES, ROOT, is_api
from bert_core.serving.rates import Rates
from bert_core.serving.refusals import Refused
from bert_core.settings import read_settings
from pages._server import body, problems
from pages._server.access import token, why_off
from pages._server.problems import Problem
from pages._server.sending import Sending
from pages._server.threads import Later, Threads, Work
from pages._server.watched import Watched
from pages._server.watching import meters

WORKERS = 16
"""Short requests that are computed at a time; more wait. The pages have threads of their own."""
LONG = 8
"""Long requests that compute or wait in the line of long jobs. The pages' stand there too."""
_LOGGED = 10_000
"""Bytes of a body that an event holds, where the operator wants texts."""


class Api:
    """The routes, and the threads that compute their answers.

    Nothing heavy is imported before the first request, and nothing computes in the event loop:
    the pages' connections live there.
    """

    def __init__(self) -> None:
        self._threads = Threads(WORKERS, LONG)
        self._rates = Rates(read_settings().requests_per_minute)
        self._sending = Sending()
        # Only the event loop changes these.
        self._inside: set[Event] = set()
        self._closed = False

    def routes(self) -> list[BaseRoute]:
        """What the server adds to the pages; says on stderr if they stay shut."""
        if off := why_off():
            print(off, file=sys.stderr)
        version = BASE.removeprefix(ROOT)
        asks = {f"{version}/{name}": partial(self._ask, name) for name in NAMES}
        tells = {
            f"{version}/models": partial(self._tell, _models),
            f"{version}/openapi.json": partial(self._tell, _openapi),
        }
        app = Starlette(
            routes=[
                *(Route(path, answer, methods=["POST"]) for path, answer in asks.items()),
                *(Route(path, answer, methods=["GET"]) for path, answer in tells.items()),
            ],
            exception_handlers={HTTPException: _http, Exception: _fault},
        )
        app.router.redirect_slashes = False
        return [_Below(ROOT, Watched(app, self._spend)), Route("/metrics", _metrics)]

    def close(self) -> None:
        """Take nothing more; what waits is refused, what is computed ends at its next step."""
        self._closed = True
        for left in self._inside:
            left.set()
        self._threads.close()

    def _spend(self, visitor: str, questions: int, *, taken: int = 0) -> None:
        """Count questions against the visitor's rate; this machine's owner alone has none.

        Raises:
            BusyError: they are too many in a minute.
        """
        if token() is not None:
            self._rates.spend(visitor, questions, taken=taken)

    async def _ask(self, name: str, request: Request) -> Response:
        def work(sent: bytes, left: Event) -> bytes | Later:
            from pages._server import answers

            asked = answers.read(name, sent)
            questions = answers.questions(asked)
            request.state.sizes["items"] = questions
            if questions > 1:  # one was counted when the request came
                self._spend(request.state.visitor, questions, taken=1)
            meters().asked(name, questions)
            if answers.is_away(asked):
                return Later(partial(answers.answer_when_here, name, asked), behind="hub")
            return answers.answer_or_later(name, asked, left, answers.model(asked))

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

    async def _tell(self, work: Work, request: Request) -> Response:
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

    async def _computed(self, request: Request, work: Work, left: Event) -> Response:
        """What threads make of a request, unless the client leaves or the server ends."""
        if self._closed:
            return _ended()
        answer = self._threads.begin(work, left)
        leaving = asyncio.ensure_future(_left(request))
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


class _Below(Mount):
    """What is below the page's address is the API, or nothing; never the page once more."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for the API."""
        return super().matches(scope) if is_api(scope.get("path", "")) else (Match.NONE, {})


def _models(_left: Event) -> bytes:
    from pages._server import answers

    return answers.models()


def _openapi(_left: Event) -> bytes:
    from pages._server import answers

    return answers.openapi(token=token() is not None)


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
