"""What happens between the signal to end and the end."""

import signal
import threading
from collections.abc import Callable
from types import FrameType

SECONDS = 3.0
"""Time in which requests under way may still come to their end."""


def before_the_end(finish: Callable[[], None]) -> None:
    """Have something called a while after the process was told to end.

    The server itself waits for every request under way, however long it takes.

    Args:
        finish: what makes the requests that are left come to their end.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # signals come to the main thread alone; elsewhere the server is somebody's guest
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _heard(signal.getsignal(number), finish))


def _heard(usual: object, finish: Callable[[], None]) -> Callable[[int, FrameType | None], None]:
    def heard(number: int, frame: FrameType | None) -> None:
        timer = threading.Timer(SECONDS, finish)
        timer.daemon = True
        timer.start()
        if callable(usual):
            usual(number, frame)

    return heard
