"""A line of callers: one at a time, in order of arrival, and not more than a number of them.

The lock of Python's library gives no order: whoever asks again at once, as a long job does after
each of its batches, mostly gets it again.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from bert_core.errors import BusyError

LOOK_SECONDS = 0.2
"""Time between two looks of a caller that shows its place."""
RETRY_SECONDS = 5
"""After how long somebody who was turned away may ask again."""
_ADMITTED: ContextVar[bool] = ContextVar("admitted", default=False)
_LEFT: ContextVar[threading.Event | None] = ContextVar("left", default=None)


class Left(Exception):
    """Whoever wanted the answer has gone, so nobody waits for a turn any more."""


@contextmanager
def admitted() -> Iterator[None]:
    """A block whose turns are never refused: it was let in as a whole, such as a long job."""
    before = _ADMITTED.set(True)
    try:
        yield
    finally:
        _ADMITTED.reset(before)


@contextmanager
def until(left: threading.Event) -> Iterator[None]:
    """A block whose turns are given up, with :class:`Left`, once an event is set."""
    before = _LEFT.set(left)
    try:
        yield
    finally:
        _LEFT.reset(before)


def nobody(*_: object) -> None:
    """Who is told where nobody wants to know."""


class Ticket:
    """A place in a line.

    Attributes:
        work: what somebody whose turn it is may do along with his own; None: nothing.
        answer: what came of it, once it is done.
        alone: whether it has to be done alone, as it failed together with others.
        called: set when it is this ticket's turn, or its work is done.
        thread: who waits.
    """

    def __init__(self, work: Any = None) -> None:
        self.work = work
        self.answer: Any = None
        self.alone = False
        self.called = threading.Event()
        self.thread = threading.get_ident()


class Line:
    """Callers in order of arrival.

    Attributes:
        on_refused: told of everyone who is turned away.

    Args:
        most: how many may wait beside the one whose turn it is.
        what: what they wait for, in words.
    """

    def __init__(self, most: int, what: str = "this model") -> None:
        self._most = most
        self._what = what
        self._guard = threading.Lock()
        self._tickets: deque[Ticket] = deque()  # it is the first one's turn
        self.on_refused: Callable[[], None] = nobody

    @property
    def waiting(self) -> int:
        """How many wait."""
        return max(0, len(self._tickets) - 1)

    @property
    def busy(self) -> bool:
        """Whether it is somebody's turn."""
        return bool(self._tickets)

    @contextmanager
    def turn(
        self,
        ticket: Ticket | None = None,
        *,
        bounded: bool = True,
        on_wait: Callable[[int], None] | None = None,
    ) -> Iterator[Ticket]:
        """A block that a caller enters when all before it have left theirs.

        It is entered earlier, beside others, when the work of the ticket was done by another.

        Args:
            ticket: the caller's; it must be new.
            bounded: whether the caller may be turned away.
            on_wait: told now and then, while waiting, how many are ahead; may raise to leave.

        Raises:
            BusyError: too many wait.
            Left: the event of :func:`until` was set before it was the caller's turn.
        """
        own, left = ticket or Ticket(), _LEFT.get()
        _look(left)
        self._join(own, bounded=bounded and not _ADMITTED.get())
        looks = on_wait is not None or left is not None
        try:
            while not own.called.wait(LOOK_SECONDS if looks else None):
                _look(left)
                if on_wait is not None:
                    on_wait(self._ahead(own))
            yield own
        finally:
            self._leave(own)

    def ahead_of(self, thread: int) -> int:
        """How many are before a thread that waits; 0 when it does not."""
        with self._guard:
            threads = [each.thread for each in self._tickets]
        return threads.index(thread) if thread in threads else 0

    def others(self) -> list[Ticket]:
        """Those who wait, in order; for the one whose turn it is."""
        with self._guard:
            return list(self._tickets)[1:]

    def done(self, ticket: Ticket, answer: Any) -> None:
        """Hand a waiting ticket what came of its work; it need not wait for its turn."""
        with self._guard:
            if ticket in self._tickets:
                self._tickets.remove(ticket)
        ticket.answer = answer
        ticket.called.set()

    def _ahead(self, ticket: Ticket) -> int:
        with self._guard:
            return self._tickets.index(ticket) if ticket in self._tickets else 0

    def _join(self, ticket: Ticket, *, bounded: bool) -> None:
        with self._guard:
            wait = len(self._tickets) - 1
            if bounded and self._tickets and wait >= self._most:
                self.on_refused()
                raise BusyError(
                    f"{wait} other{'s are' if wait != 1 else ' is'} waiting for {self._what}; "
                    "try again in a moment.",
                    seconds=RETRY_SECONDS,
                    field="model",
                )
            self._tickets.append(ticket)
            self._tickets[0].called.set()

    def _leave(self, ticket: Ticket) -> None:
        with self._guard:
            if ticket in self._tickets:
                self._tickets.remove(ticket)
            if self._tickets:
                self._tickets[0].called.set()


def _look(left: threading.Event | None) -> None:
    """Raise Left if the event of a block is set."""
    if left is not None and left.is_set():
        raise Left
