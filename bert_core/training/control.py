"""What long work tells the people who watch it, and how it hears that it shall stop.

The work calls :meth:`Control.check` between its steps; a stop that was asked for by the flag
file, SIGTERM or Ctrl-C surfaces there as :class:`Stopped`, never in the middle of a step.
"""

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Literal

from bert_core.training.folder import RunFolder
from bert_core.training.states import BEAT_SECONDS, Reason, State, Status, started_at, this_host

Kind = Literal["train", "dev", "resumed"]


class Stopped(Exception):
    """A stop was asked for. The work saves what it has and lets this pass."""

    def __init__(self, message: str = "Stopped as asked.") -> None:
        super().__init__(message)


class Control:
    """The line between a run's work and its folder.

    Used as a context: inside, a thread writes status.json every two seconds, and SIGTERM and
    Ctrl-C ask for a stop instead of ending the process.

    Args:
        folder: of the run.
        writes: False for ranks other than 0: they hear of a stop but write nothing.
    """

    def __init__(self, folder: RunFolder, *, writes: bool = True) -> None:
        self.folder = folder
        self.writes = writes
        self._status = folder.status
        self._asked = False
        self._began: tuple[float, int] | None = None
        self._changing = threading.Lock()
        self._writing = threading.Lock()
        self._quiet = threading.Event()
        self._beat: threading.Thread | None = None
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Control":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._handlers[number] = signal.signal(number, self._hear)
        self._start_beat()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_beat()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()

    # ---- telling

    @property
    def status(self) -> Status:
        """What is known of the run now."""
        return self._status

    def claim(self) -> None:
        """Say that this process is the run's own."""
        pid = os.getpid()
        self.update(
            pid=pid, process_started=started_at(pid), host=this_host(), reason=None, ended=None,
            started=self._status.started or time.time(),
        )  # fmt: skip

    def stage(self, state: State, message: str = "") -> None:
        """Enter a state; written at once.

        Args:
            state: ``"queued"``, ``"preparing"`` or ``"running"``; ends are written by the worker.
            message: one sentence on what is done now.
        """
        self.update(state=state, message=message, what="", done=0, total=0)
        self.write()

    def progress(self, done: int, total: int = 0, what: str = "") -> None:
        """Count pieces of work other than optimizer steps: ``done`` of ``total`` examples read."""
        self.update(done=done, total=total, what=what or self._status.what)

    def steps(self, step: int, total: int, *, epoch: float | None = None) -> None:
        """Count optimizer steps; the time still to go follows from those of this process.

        Args:
            step: steps done, those before a resume included. The first call, before the first
                step, is the start of the clock.
            total: steps in all.
            epoch: times the training data was read.
        """
        now = time.monotonic()
        began, first = self._began = self._began or (now, step)
        eta = (now - began) / (step - first) * (total - step) if step > first else None
        values: dict[str, Any] = {"step": step, "total_steps": total, "eta_seconds": eta}
        self.update(**values, **({} if epoch is None else {"epoch": epoch}))

    def record(self, kind: Kind, step: int, **numbers: float | None) -> None:
        """Add a line to metrics.jsonl. Numbers that are not finite are written as null.

        Args:
            kind: ``"train"``, ``"dev"``, or ``"resumed"`` with the step of the checkpoint: what
                was recorded after that step is void (:func:`folder.current_rows`).
            step: optimizer steps done.
            numbers: by name.

        Raises:
            OSError: the disk is full, for one.
        """
        if not self.writes:
            return
        finite = {name: _finite(value) for name, value in numbers.items()}
        row = {"kind": kind, "step": step, "time": round(time.time(), 3), **finite}
        self.folder.append_metrics(row)
        if finite:
            self.update(last_metrics={**self._status.last_metrics, **finite})

    def note(self, sentence: str) -> None:
        """Leave a sentence that stays to be read after the run has moved on; once is enough."""
        if sentence not in self._status.notes:
            self.update(notes=(*self._status.notes, sentence))

    def update(self, **values: Any) -> None:
        """Set fields of :class:`Status`; the next beat writes them."""
        with self._changing:
            self._status = self._status.changed(**values)

    def end(self, state: State, message: str, reason: Reason | None = None) -> None:
        """Write the end of the run, also on a full disk.

        Raises:
            OSError: not even that was possible.
        """
        self.update(
            state=state, message=message, reason=reason, ended=time.time(), eta_seconds=None
        )
        self._end_beat()
        self.write(last=True)

    def write(self, *, last: bool = False) -> None:
        """Write status.json now.

        Raises:
            OSError: it cannot be written.
        """
        if not self.writes:
            return
        # Not the lock of the fields: the work must not wait for a slow disk.
        with self._writing:
            with self._changing:
                status = self._status.changed(heartbeat=time.time())
            if self.stop_requested and not status.over:
                status = status.changed(state="stopping")
            self.folder.write_status(status, last=last)

    @contextmanager
    def handed_over(self) -> Iterator[None]:
        """Let a child process (rank 0) write status.json instead; then take over what it wrote."""
        self._end_beat()
        try:
            yield
        finally:
            self._status = self.folder.status
            self._start_beat()

    # ---- hearing

    @property
    def stop_requested(self) -> bool:
        """Whether a stop was asked for, by the flag file or by a signal."""
        return self._asked or self.folder.stop_asked

    def check(self) -> None:
        """Pass, unless a stop was asked for.

        Raises:
            Stopped: it was.
        """
        if self.stop_requested:
            raise Stopped

    def _hear(self, number: int, frame: FrameType | None) -> None:
        # A plain flag: a handler must not wait for a lock that the interrupted code may hold.
        self._asked = True

    # ---- the beat

    def _start_beat(self) -> None:
        if self.writes:
            self._quiet.clear()
            self._beat = threading.Thread(target=self._beats, name="heartbeat", daemon=True)
            self._beat.start()

    def _end_beat(self) -> None:
        if self._beat is not None:
            self._quiet.set()
            self._beat.join()
            self._beat = None

    def _beats(self) -> None:
        while not self._quiet.wait(BEAT_SECONDS):
            try:
                self.write()
            except OSError as error:
                # The work goes on: it meets a full disk itself when it has something to save.
                print(f"status.json cannot be written: {error}", file=sys.stderr)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
