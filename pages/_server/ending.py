"""What happens between the signal to end and the end: ten seconds at most, nothing cut at once.

The server itself waits for every request under way, however long it takes, and the interpreter
for every thread.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from uvicorn import Server

from pages._server.patience import drop

SECONDS = 3.0
"""Time in which requests under way may still come to their end."""
CUT_SECONDS = 6.0
"""After which connections are dropped whose clients have not taken their answer."""
LAST_SECONDS = 8.5
"""After which the process ends, whatever its threads do."""


def running_server() -> Server | None:
    """The server of this process, or None where the app is somebody's guest.

    Nobody hands it over; but signals to end are heard by one of its methods.
    """
    if threading.current_thread() is not threading.main_thread():
        return None  # signals come to the main thread alone
    found = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return found if isinstance(found, Server) else None


def before_the_end(server: Server, finish: Callable[[], None]) -> None:
    """Have a server that is told to end be gone soon, without an error.

    Args:
        server: of this process.
        finish: makes the requests that are left come to their end.
    """
    ending = _Ending(server, finish)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ending.heard)


class _Ending:
    def __init__(self, server: Server, finish: Callable[[], None]) -> None:
        self._server, self._finish = server, finish
        self._loop = asyncio.get_running_loop()
        self._begun = False

    def heard(self, number: int, frame: FrameType | None) -> None:
        """Hear a signal: the first begins the end, a further one changes nothing."""
        if not self._begun:
            self._begun = True
            self._loop.call_soon_threadsafe(self._begin)
            last = threading.Timer(LAST_SECONDS, _leave)
            last.daemon = True
            last.start()
        self._server.handle_exit(number, frame)

    def _begin(self) -> None:
        self._loop.call_later(SECONDS, self._finish)
        self._loop.call_later(CUT_SECONDS, self._cut)

    def _cut(self) -> None:
        for connection in list(self._server.server_state.connections):
            drop(connection.transport)


def _leave() -> None:
    """End without waiting for what is still computed; nothing of it is saved anyway."""
    try:  # where it is told may be a disk that is full
        print("Told to end: what was still computed was given up.", file=sys.stderr)
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(0)
