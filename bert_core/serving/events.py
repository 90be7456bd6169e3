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

    Args:
        stream: where the lines go.
        settings: the operator's choices, looked at for every event.
    """

    def __init__(self, stream: TextIO, settings: Callable[[], Settings]) -> None:
        self._stream = stream
        self._settings = settings
        self._lock = threading.Lock()

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
        written = json.dumps(line) + "\n"
        with self._lock:
            self._stream.write(written)
            self._stream.flush()
