"""How the ranks of a run ended, and what that makes of the run.

While ranks work, rank 0 writes status.json and metrics.jsonl. How it ended is written by the
run's own process, after the last rank is gone: the first rank that met an error of its own has
the say, not those that only lost their partner.
"""

import contextlib
import sys
import time
import traceback
from types import TracebackType
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bert_core.training import saves
from bert_core.training.control import Control, Stopped
from bert_core.training.engines.lease import ranks_folder
from bert_core.training.failures import classify
from bert_core.training.folder import RunFolder
from bert_core.training.states import Reason

_SIZE = 4096
_LOST_PEER = ("gloo", "nccl")
"""In the messages of errors that say that another rank is gone."""


class Outcome(BaseModel):
    """How one rank ended.

    Attributes:
        rank: which, from 0.
        world: how many there were.
        state: ``"finished"``, ``"stopped"`` or ``"failed"``.
        reason: why it failed.
        message: one or two sentences.
        echo: it failed because another rank was gone.
        time: when, in seconds since 1970.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    rank: int
    world: int
    state: Literal["finished", "stopped", "failed"]
    reason: Reason | None = None
    message: str = ""
    echo: bool = False
    time: float


class Telling:
    """A context around the work of a rank that leaves behind how it ended.

    Args:
        folder: of the run.
        rank: of this process.
        world: number of ranks.
    """

    def __init__(self, folder: RunFolder, rank: int, world: int) -> None:
        self._folder = folder
        self._rank = rank
        self._world = world
        self._path = ranks_folder(folder) / f"rank-{rank}"
        self.code = 0

    def __enter__(self) -> "Telling":
        """Take the space that the end will need: the disk may be full then."""
        self._path.write_bytes(b" " * _SIZE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Write the end; errors do not pass on, but make the exit code 1."""
        if error is None:
            self._tell("finished", None, "")
        elif isinstance(error, Stopped | KeyboardInterrupt):
            self._tell("stopped", None, str(error) or str(Stopped()))
        else:
            self.code = 1
            with contextlib.suppress(OSError):  # the log's disk is full
                traceback.print_exception(error, file=sys.stderr)
            reason, message = classify(error, self._folder.spec.settings)
            self._tell("failed", reason, message, echo=reason == "other" and _lost_peer(error))
        return True

    def _tell(
        self,
        state: Literal["finished", "stopped", "failed"],
        reason: Reason | None,
        message: str,
        *,
        echo: bool = False,
    ) -> None:
        outcome = Outcome(
            rank=self._rank, world=self._world, state=state, reason=reason, message=message[:800],
            echo=echo, time=time.time(),
        )  # fmt: skip
        with self._path.open("r+b") as file:
            file.write(outcome.model_dump_json().encode().ljust(_SIZE))


def read_outcomes(folder: RunFolder) -> tuple[Outcome, ...]:
    """How the ranks ended that could still say so, by rank."""
    found = []
    for path in ranks_folder(folder).glob("rank-*"):
        with contextlib.suppress(ValidationError, FileNotFoundError):
            found.append(Outcome.model_validate_json(path.read_bytes()))
    return tuple(sorted(found, key=lambda outcome: outcome.rank))


def settle(folder: RunFolder, control: Control, world: int, launcher: str) -> None:
    """Make the end of a run of the ends of its ranks; all of them are gone.

    Args:
        folder: of the run.
        control: of the run's own process; it gets the end of a run that failed.
        world: ranks that there should have been.
        launcher: a sentence on how what started them ended, for the case that none of them began.

    Raises:
        Stopped: they stopped as asked.
    """
    said = read_outcomes(folder)
    failed = [outcome for outcome in said if outcome.state == "failed"]
    own = [outcome for outcome in failed if not outcome.echo]
    stopped = [outcome for outcome in said if outcome.state == "stopped"]
    silent = sorted(set(range(world)) - {outcome.rank for outcome in said})
    if own:
        first = min(own, key=lambda outcome: outcome.time)
        if first.reason == "disk":
            saves.remove_unfinished(folder.checkpoints_folder)
        control.end("failed", first.message, first.reason)
    elif stopped and (control.stop_requested or (not silent and not failed)):
        raise Stopped(stopped[0].message)
    elif silent and not list(ranks_folder(folder).glob("rank-*")):
        control.end("failed", f"The training did not begin. {launcher}", "other")
    elif silent:
        control.end(
            "failed",
            f"Rank {silent[0]} of {world} is gone and had no time to say why: it was killed, or "
            "the machine ran out of memory. Resume the run.",
            "killed",
        )
    elif failed:
        control.end("failed", failed[0].message, failed[0].reason)


def _lost_peer(error: BaseException) -> bool:
    named = any(kind.__name__ == "DistError" for kind in type(error).__mro__)
    return named or any(word in str(error).lower() for word in _LOST_PEER)
