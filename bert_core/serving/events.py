"""One JSON line for each event, for operators who want to know what goes on.

A line never holds what a visitor typed, unless the operator switched that on.
"""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

from bert_core.settings import Settings


class EventLog:
    """Writes events as lines of JSON, each whole.

    Where one cannot be written, as on a full disk, the next that can is preceded by a line with
    the number of those before it.

    Args:
        stream: where the lines go.
        settings: the operator's choices, looked at for every event.
    """

    def __init__(self, stream: TextIO, settings: Callable[[], Settings]) -> None:
        self._stream = stream
        self._settings = settings
        self._lock = threading.Lock()
        self._unwritten = 0

    def write(
        self, event: str, *, visitor: str, route: str, text: str | None = None, **numbers: float
    ) -> None:
        """Write one event; nothing while the operator wants no events.

        Args:
            event: what it is: ``"api"`` or ``"page"``.
            visitor: whose it is, as a random name.
            route: the route or page.
            text: what the visitor sent; written only where ``log_texts`` is on.
            numbers: further numbers by their names: ``milliseconds``, ``status``, ``bytes_in``.
        """
        settings = self._settings()
        if not settings.log_events:
            return
        line: dict[str, Any] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": event,
            "visitor": visitor,
            "route": route,
            **numbers,
        }
        if text is not None and settings.log_texts:
            line["text"] = text
        with self._lock:
            told = {"time": line["time"], "event": "log", "unwritten": self._unwritten}
            # A part of the last one may stand there: it stays a line of its own.
            if self._unwritten and self._is_written(told, begin="\n"):
                self._unwritten = 0
            self._unwritten += not self._is_written(line)

    def _is_written(self, line: dict[str, Any], *, begin: str = "") -> bool:
        """Write a line. A disk that is full is no reason to leave a visitor without an answer."""
        try:
            self._stream.write(f"{begin}{json.dumps(line)}\n")
            self._stream.flush()
        except OSError:
            return False
        return True
