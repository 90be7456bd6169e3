"""Runs: started, listed, stopped, resumed and deleted. All that is known is in their folders.

A visitor of a demonstration may only look: the four that change something refuse to.

Nothing here remembers anything between two calls, so that any number of pages, commands and
restarts of the app see and do the same. A run is made by :func:`create`.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import Timeout

from bert_core.errors import RunError
from bert_core.permissions import refuse_training
from bert_core.settings import COMMAND_LINE, PROJECT
from bert_core.training import processes
from bert_core.training.folder import RunFolder, runs_folder
from bert_core.training.orders import create as create
from bert_core.training.space import space_problem
from bert_core.training.states import (
    State,
    Status,
    alive,
    process_of,
    reconcile,
    started_at,
    this_host,
)

WORKER = ("-m", "bert_core", "train", "--run")
"""What a run's process is started with, before the run's id."""
GRACE_SECONDS = 10.0
"""Time in which a run that is to be killed may still save and end by itself."""
LOCK_SECONDS = 5.0
"""Those who look at a run hold its lock for moments only; a longer wait means it is at work."""
MOMENT_SECONDS = 0.2
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def list_runs(home: Path | None = None) -> tuple[RunFolder, ...]:
    """All runs, the newest first. Nothing but the names is read."""
    folder = runs_folder(home)
    if not folder.is_dir():
        return ()
    found = [path for path in folder.iterdir() if _ID.fullmatch(path.name)]
    whole = [path for path in found if (path / "spec.json").is_file()]
    return tuple(RunFolder(path) for path in sorted(whole, reverse=True))


def get(run_id: str, home: Path | None = None) -> RunFolder:
    """A run by its id, by the end of its id, or by its name, where only one has it.

    Raises:
        RunError: there is none, or there are several.
    """
    # The form first: a name of another may lead elsewhere, or be longer than a disk allows.
    if not _ID.fullmatch(run_id) or not (runs_folder(home) / run_id / "spec.json").is_file():
        run_id = _only_match(run_id, home)
    folder = RunFolder(runs_folder(home) / run_id)
    if not _ID.fullmatch(run_id) or not (folder.path / "spec.json").is_file():
        raise RunError(
            f"There is no run {run_id[:80]!r}. 'python -m bert_core runs' lists those there are.",
            field="id",
        )
    return folder


def _only_match(words: str, home: Path | None) -> str:
    """The id of the one run whose id ends with some words or whose name they are."""
    found = [
        folder.id
        for folder in list_runs(home)
        if len(words) > 3 and (folder.id.endswith(words) or folder.spec.name == words)
    ]
    if len(found) > 1:
        raise RunError(f"Several runs are called {words!r}: {', '.join(found)}.", field="id")
    return found[0] if found else words


def status(folder: RunFolder) -> Status:
    """Where a run is: what its process wrote, held against what can be seen of the process.

    An end that the process could not write any more is written here, and what the process left
    running is killed.

    Raises:
        RunError: the folder cannot be read.
    """
    seen = reconcile(folder.status, time.time())
    if seen.state == "failed" and not folder.status.over:
        return _settle(folder)
    if folder.stop_asked and not seen.over:
        return seen.changed(state="stopping")
    return seen


def launch(folder: RunFolder) -> None:
    """Start the process of a run that was not started yet.

    Raises:
        RunError: it was started already, or the disk has too little room.
    """
    refuse_training()
    if status(folder).pid is None:
        with _held(folder) as before:
            if before.pid is None and not before.over:
                try:
                    _start(folder, before)
                except RunError as error:
                    folder.write_status(
                        before.changed(
                            state="failed", reason="other", message=str(error), ended=time.time()
                        )
                    )
                    raise
                return
    raise RunError(f"The run {folder.id} was started already. Resume it, if it ended.", field="id")


def resume(folder: RunFolder) -> Status:
    """Let a run that ended early go on in the same folder.

    It continues from its newest whole checkpoint, or from the start where there is none; the
    notes of the returned status name every checkpoint that was refused.

    Raises:
        RunError: it is finished or still at work, or the disk has too little room.
    """
    refuse_training()
    _refuse_at_work(folder, status(folder))
    with _held(folder) as before:
        _refuse_at_work(folder, before)
        if before.state == "finished":
            raise RunError(f"The run {folder.id} is finished; there is nothing left to do.")
        refused = folder.resume_point().refused
        processes.kill_all(folder)
        folder.forget_stop()
        earlier = tuple(note for note in before.notes if note not in refused)
        _start(folder, before.changed(notes=(*earlier, *refused)))
    return status(folder)


def stop(folder: RunFolder, *, force: bool = False, grace: float = GRACE_SECONDS) -> Status:
    """Ask a run to save and end, and return at once; a run that is over stays as it is.

    Args:
        folder: of the run.
        force: wait for ``grace`` seconds, then kill what is left of it.
        grace: see ``force``.

    Raises:
        RunError: it is to be killed but runs on another machine.
    """
    refuse_training()
    now = status(folder)
    if now.over:
        return now
    if now.pid is None:
        with _held(folder) as before:
            if before.pid is None:
                _write_end(folder, before, "stopped", "Stopped before it was started.")
                return folder.status
    with contextlib.suppress(OSError):  # a full disk: then the signal must do
        folder.ask_to_stop()
    now = folder.status
    here = now.host == this_host()
    if now.pid is not None and alive(now):
        with contextlib.suppress(ProcessLookupError):
            os.kill(now.pid, signal.SIGTERM)
    if not force:
        return status(folder)
    if not here:
        raise RunError(f"The run {folder.id} works on {now.host} and can only be killed there.")
    return _kill(folder, now, grace)


def delete(folder: RunFolder) -> None:
    """Delete a run with everything it wrote.

    Raises:
        RunError: it is at work, or its files cannot be removed.
    """
    refuse_training()
    _refuse_at_work(folder, status(folder))
    with _held(folder) as before:
        _refuse_at_work(folder, before)
        processes.kill_all(folder)
        # It disappears at once; what a name that begins with a dot holds is no run.
        gone = folder.path.with_name(f".{folder.id}")
        os.replace(folder.path, gone)
        shutil.rmtree(gone)


def _refuse_at_work(folder: RunFolder, now: Status) -> None:
    if now.pid is not None and not now.over:
        raise RunError(f"The run {folder.id} is at work. Stop it first.", field="id")


@contextlib.contextmanager
def _held(folder: RunFolder) -> Iterator[Status]:
    """Hold a run's lock, which its process holds while it lives; gives what is true meanwhile."""
    try:
        with folder.lock().acquire(timeout=LOCK_SECONDS):
            yield reconcile(folder.status, time.time())
    except Timeout:
        raise RunError(f"The run {folder.id} is at work.", field="id") from None
    except OSError as error:
        raise RunError(f"The folder {folder.path} cannot be changed: {error.strerror}.") from None


def _start(folder: RunFolder, before: Status) -> None:
    """Start the process; the run's lock is held until it is written down who it is."""
    problem = space_problem(folder)
    if problem is not None:
        raise RunError(problem)
    environment = processes.environment(folder, os.environ)
    with folder.log_file.open("ab") as log:
        # In a session of its own: what ends the app does not end the run. Its output goes to a
        # file: a pipe that nobody reads would bring it to a halt.
        process = subprocess.Popen(  # noqa: S603 - the id was checked, and there is no shell
            [sys.executable, *WORKER, folder.id],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True, cwd=PROJECT, env=environment,
        )  # fmt: skip
    if COMMAND_LINE not in os.environ:  # beside pages, which must not crawl
        processes.give_way(process.pid)
    # A process that nobody waits for stays in the table as a zombie when it ends.
    threading.Thread(target=process.wait, daemon=True).start()
    folder.write_status(
        before.changed(
            state="queued", reason=None, message="Starting.", ended=None, eta_seconds=None,
            pid=process.pid, process_started=started_at(process.pid), host=this_host(),
            heartbeat=time.time(),
        )
    )  # fmt: skip


def _settle(folder: RunFolder) -> Status:
    """Write the end that a dead process could not write."""
    try:
        # The threads of a dying process may hold its lock for a moment longer than it.
        with folder.lock().acquire(timeout=MOMENT_SECONDS):
            # It may have come to a good end between the look at its file and that at its process.
            before = folder.status
            true = reconcile(before, time.time())
            if before.over or not true.over:
                return true
            processes.kill_all(folder)
            if before.state == "queued" and folder.stop_asked:
                return _write_end(folder, before, "stopped", "Stopped before it began.")
            return _write_end(folder, before, "failed", true.message)
    except Timeout:  # somebody else settles it, or starts it anew
        return reconcile(folder.status, time.time())


def _kill(folder: RunFolder, now: Status, grace: float) -> Status:
    """Give a run a last chance to end, then kill all its processes and say so."""
    leader = process_of(now)
    if leader is not None:
        processes.wait([leader], grace)
    if leader is None or not alive(now):
        return status(folder)
    number = processes.kill_all(folder)
    whole = [saved.step for saved in folder.checkpoints() if saved.problem is None]
    left = f"Its last whole checkpoint is of step {whole[-1]:,}." if whole else "It saved nothing."
    with _held(folder) as before:
        if folder.status.state in ("stopped", "finished"):
            return folder.status
        message = f"It did not stop within {grace:g} s; {number} of its processes were killed. "
        return _write_end(folder, before, "failed", message + left)


def _write_end(folder: RunFolder, before: Status, state: State, message: str) -> Status:
    end = before.changed(
        state=state, message=message, ended=time.time(), eta_seconds=None,
        reason="killed" if state == "failed" else None,
    )  # fmt: skip
    with contextlib.suppress(OSError):  # a full disk: the next look finds the same
        folder.write_status(end, last=True)
    return end
