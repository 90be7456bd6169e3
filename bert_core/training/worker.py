"""The process of a run: waits for its turn, lets an engine work, and writes how it ended.

Whatever ends the work - its own end, a stop, an error of any kind - leaves an end state and a
sentence in status.json; the whole trace of an error goes to the log.
"""

import contextlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from filelock import Timeout

from bert_core.errors import CoreError, RunError
from bert_core.training import processes, provenance, queue, runs, saves
from bert_core.training.control import Control, Stopped
from bert_core.training.engines import find_engine
from bert_core.training.failures import classify
from bert_core.training.folder import RunFolder
from bert_core.training.states import State

LOCK_SECONDS = 10.0
"""Whoever started this process holds the run's lock until it has written down who it is."""
EXIT_CODES: dict[State, int] = {"finished": 0, "failed": 1, "stopped": 130}


def main(run_id: str, home: Path | None = None) -> int:
    """Carry out a run in this process.

    Args:
        run_id: of the run.
        home: home folder of the runs; None: as the environment says.

    Returns:
        The exit code of the process: 0 finished, 130 stopped, 1 failed.

    Raises:
        RunError: there is no such run, it is finished, or another process works on it.
    """
    folder = runs.get(run_id, home)
    try:
        lock = folder.lock().acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise RunError(f"Another process works on the run {run_id}.", field="id") from None
    with lock:
        if folder.status.state == "finished":
            raise RunError(f"The run {run_id} is finished.", field="id")
        if os.environ.get(processes.MARK) != str(folder.path):  # started by hand
            os.environ.update(processes.environment(folder, os.environ))
        with Control(folder) as control:
            control.claim()
            return _carry_out(folder, control)


def _carry_out(folder: RunFolder, control: Control) -> int:
    def wait(ahead: Sequence[queue.Ticket]) -> None:
        more = f" and {len(ahead) - 1} more" if len(ahead) > 1 else ""
        control.stage(
            "queued", f"Waits for {', '.join(spec.devices)} behind {ahead[-1].run}{more}."
        )

    def settle(run: str) -> None:
        with contextlib.suppress(RunError):  # deleted meanwhile
            runs.status(runs.get(run, home))

    with Ending(folder, control):
        control.stage("queued", "Waits for its turn.")
        spec, home = folder.spec, folder.path.parent.parent
        engine = find_engine(spec.engine)
        turn = queue.turn(
            home, folder.id, spec.devices, on_wait=wait, on_dead=settle, check=control.check
        )
        with turn:
            control.stage("preparing", "Checks that the data is as it was.")
            provenance.check_unchanged(spec, control.check)
            engine.execute(folder, control)
    return EXIT_CODES[control.status.state]


class Ending:
    """A context that turns whatever ends the work inside into an end state of the run.

    An end that a child process wrote while it had the folder is kept.

    Args:
        folder: of the run.
        control: its control.
    """

    def __init__(self, folder: RunFolder, control: Control) -> None:
        self._folder = folder
        self._control = control

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Write the end. No error passes on but that of not being able to write it."""
        if isinstance(error, Stopped | KeyboardInterrupt) or error is None:
            if self._control.status.over:
                return True
            if error is None:
                self._control.end("finished", "Finished.")
            else:
                self._control.end("stopped", str(error) or str(Stopped()))
            return True
        with contextlib.suppress(OSError):  # the log's disk is full
            if isinstance(error, CoreError):
                print(error, file=sys.stderr)  # a sentence for the user; no fault of the program
            else:
                traceback.print_exception(error, file=sys.stderr)
        if self._control.status.over:
            return True
        reason, message = classify(error, self._folder.spec.settings)
        if reason == "disk" and self._control.writes:
            # Half a checkpoint is of no use, and its space lets the rest be written.
            saves.remove_unfinished(self._folder.checkpoints_folder)
        self._control.end("failed", message, reason)
        return True
