"""The threads of the JSON API: many for what is soon over, a few for what takes long.

What takes long computes one after the other, in the line of the pages' long jobs. Whoever waits
there holds a thread, and so does whoever waits for a model from the hub. So these are others than
those of the short requests, and few.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Any, Literal, TypeVar

from bert_core.serving.refusals import Refused
from pages._server.watching import meters

T = TypeVar("T")
SECONDS = 30
"""After how long to ask again where too many are ahead."""
FETCHING = 4
"""Requests that wait for a model from the hub at a time."""
_TOO_MANY = {
    "line": "{} requests that take as long as this one are ahead of it. Ask again in {} seconds, "
    "or for less at once.",
    "hub": "{} requests wait for a model from the hub. Ask again in {} seconds, or ask a model "
    "that is here.",
}


@dataclass(frozen=True, slots=True)
class Later:
    """How an answer is made where that takes long.

    Attributes:
        work: makes it.
        behind: what it waits for: the line of long jobs, or a model from the hub.
    """

    work: "Work"
    behind: Literal["line", "hub"]


Work = Callable[[Event], bytes | Later]
"""Makes an answer, or says how it is made where that takes long. The event is set when nobody
waits for it any more."""


@dataclass(slots=True)
class _Few:
    """Threads for a kind of :class:`Later`, and how many of them are taken."""

    pool: ThreadPoolExecutor
    most: int
    taken: int = 0

    def leave(self) -> None:
        """One is free again."""
        self.taken -= 1


class Threads:
    """All threads that compute answers. Its methods are called in the event loop alone.

    Args:
        short: requests that are computed at a time; more wait.
        long: long ones that compute or stand in the line; more are refused.
    """

    def __init__(self, short: int, long: int) -> None:
        self._pool = ThreadPoolExecutor(short, thread_name_prefix="api")
        self._few = {
            "line": _Few(ThreadPoolExecutor(long, thread_name_prefix="api-long"), long),
            "hub": _Few(ThreadPoolExecutor(FETCHING, thread_name_prefix="api-hub"), FETCHING),
        }
        self._free = asyncio.Semaphore(short)
        self._waiting: set[asyncio.Task[Any]] = set()

    def begin(self, work: Work, left: Event) -> asyncio.Task[bytes]:
        """What threads make of a request; it is cancelled if the server ends before it began.

        Args:
            work: makes the answer.
            left: set when nobody waits for it any more.
        """
        made = asyncio.ensure_future(self._made(work, left))
        self._waiting.add(made)
        made.add_done_callback(self._waiting.discard)
        return made

    def close(self) -> None:
        """Begin nothing more."""
        for task in self._waiting:
            task.cancel()
        self._pool.shutdown(wait=False)
        for few in self._few.values():
            few.pool.shutdown(wait=False)

    async def _made(self, work: Work, left: Event) -> bytes:
        # It is not handed over before a thread is free: what a pool's queue holds stays in memory
        # when its client has gone.
        await self._free.acquire()
        found = await self._handed(self._pool, work, left, self._free.release)
        while isinstance(found, Later):
            few = self._few[found.behind]
            if few.taken >= few.most:
                meters().refused("long-job")
                said = _TOO_MANY[found.behind].format(few.taken, SECONDS)
                raise Refused(said, kind="busy", seconds=SECONDS)
            few.taken += 1
            found = await self._handed(few.pool, found.work, left, few.leave)
        return found

    async def _handed(
        self,
        pool: ThreadPoolExecutor,
        work: Callable[[Event], T],
        left: Event,
        over: Callable[[], None],
    ) -> T:
        """What a thread makes of a request; ``over`` is called when it is free again."""
        self._begun()
        if left.is_set():
            over()
            raise Refused("The server is ending. Ask again later.", kind="left")
        try:
            done = asyncio.wrap_future(pool.submit(work, left))
        except RuntimeError:  # no thread can be begun
            over()
            raise

        def ended(done: asyncio.Future[T]) -> None:
            over()
            if not done.cancelled():
                done.exception()  # nobody else looks at it when the client has gone

        done.add_done_callback(ended)
        return await asyncio.shield(done)  # a thread goes on when its client has gone

    def _begun(self) -> None:
        """What is computed is not cancelled: it is told that nobody waits for it."""
        task = asyncio.current_task()
        if task is not None:
            self._waiting.discard(task)
