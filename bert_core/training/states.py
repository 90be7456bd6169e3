"""In which state a run is: what its process says, held against what can be seen of the process."""

import socket
from typing import Literal

import psutil
from pydantic import BaseModel, ConfigDict, Field

State = Literal[
    "queued", "preparing", "running", "stopping", "stopped", "finished", "failed", "lost"
]
Reason = Literal["out of memory", "data", "not a number", "disk", "killed", "other"]

ENDS: frozenset[State] = frozenset({"stopped", "finished", "failed", "lost"})
"""States in which no process works on the run any more."""
BEAT_SECONDS = 2.0
"""A living process says so this often."""
SILENT_SECONDS = 60.0
"""A process of another machine that has said nothing for so long is given up."""
CLOCK_SLACK = 5.0
"""Seconds by which the start time of one process may differ when the clock was corrected."""


class Status(BaseModel):
    """What is known of a run, as its process last wrote it.

    Attributes:
        state: where it is.
        reason: why it failed; None unless ``state`` is ``"failed"``.
        message: one or two sentences for the person who watches.
        notes: sentences that stay to be read (a checkpoint that was refused).
        pid: its process, or None as long as it was not started.
        process_started: when that process began, in seconds since 1970; a number that is used
            again by another process has another start.
        host: the machine of the process.
        heartbeat: when the process last wrote, in seconds since 1970.
        what: the work under way, with ``done`` of ``total`` pieces of it finished.
        done: see ``what``.
        total: see ``what``; 0 where the total is not known.
        step: optimizer steps done, over all processes that worked on the run.
        total_steps: optimizer steps in all; 0 as long as it is not known.
        epoch: times the training data was read.
        eta_seconds: time that the training will still take, or None.
        memory_mib: most memory that was in use on the device, in MiB, or None.
        started: when the first process of the run began to work, in seconds since 1970.
        ended: when it came to its end, in seconds since 1970.
        best: the best measurement so far: ``step`` and the metrics.
        last_metrics: the numbers that were last recorded.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    state: State = "queued"
    reason: Reason | None = None
    message: str = ""
    notes: tuple[str, ...] = ()
    pid: int | None = None
    process_started: float | None = None
    host: str = ""
    heartbeat: float = 0.0
    what: str = ""
    done: int = 0
    total: int = 0
    step: int = 0
    total_steps: int = 0
    epoch: float = 0.0
    eta_seconds: float | None = None
    memory_mib: float | None = None
    started: float | None = None
    ended: float | None = None
    best: dict[str, float | None] = Field(default_factory=dict)
    last_metrics: dict[str, float | None] = Field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether no process works on the run any more."""
        return self.state in ENDS

    def changed(self, **values: object) -> "Status":
        """A copy with other values, checked anew."""
        return Status.model_validate({**self.model_dump(), **values})


def this_host() -> str:
    """The name of this machine, as runs remember it."""
    return socket.gethostname()


def started_at(pid: int) -> float | None:
    """When a process of this machine began, in seconds since 1970; None when it is no more."""
    process = _living(pid)
    return None if process is None else process.create_time()


def process_of(status: Status) -> psutil.Process | None:
    """The living process of a run on this machine: its number and its start agree."""
    if status.pid is None or status.process_started is None or status.host != this_host():
        return None
    process = _living(status.pid)
    if process is None or abs(process.create_time() - status.process_started) > CLOCK_SLACK:
        return None
    return process


def alive(status: Status) -> bool:
    """Whether the process of a run lives on this machine."""
    return process_of(status) is not None


def lives(process: psutil.Process) -> bool:
    """Whether a process is still there.

    One that ended and waits for its parent to notice (a zombie) is not, nor is another that was
    given its number.
    """
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _living(pid: int) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        process.create_time()  # which the object remembers
    except (psutil.Error, ValueError, OverflowError):
        return None
    return process if lives(process) else None


def reconcile(status: Status, now: float) -> Status:
    """Hold what a run's file says against what can be seen of its process.

    Args:
        status: as the file says.
        now: seconds since 1970.

    Returns:
        The same status where it can be true; ``failed: killed`` where its process on this machine
        is gone without having written an end; ``lost`` where another machine's process has been
        silent for a minute.
    """
    if status.over or status.pid is None:
        return status
    silent = now - status.heartbeat
    if status.host != this_host():
        if silent <= SILENT_SECONDS:
            return status
        return status.changed(
            state="lost",
            message=f"Nothing was heard from {status.host} for {silent:.0f} seconds. If the run "
            "does not go on there, resume it.",
        )
    if not alive(status):
        return status.changed(
            state="failed",
            reason="killed",
            ended=now,
            message="Its process is gone and had no time to say why: it was killed, or the "
            "machine ran out of memory or was switched off. Resume it.",
        )
    if silent > SILENT_SECONDS:
        return status.changed(
            message=f"Its process lives but has said nothing for {silent:.0f} seconds."
        )
    return status
