"""A file that says that the process of a run lives, for ranks that cannot see it.

Ranks train for ever when nobody ends them: a launcher that is killed with SIGKILL takes nobody
along, and a cluster knows nothing of the machine that ordered the work. So the run's own process
renews a lease as long as it lives, and every rank looks at it once a second.
"""

import contextlib
import os
import secrets
import shutil
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

from bert_core.errors import RunError
from bert_core.training.folder import RunFolder
from bert_core.training.saves import write_atomically
from bert_core.training.states import SILENT_SECONDS, alive, this_host

LEASE = "BERT_EXPLORER_LEASE"
"""Environment variable of ranks that may start late: the name of the lease that is meant."""
LOOK_SECONDS = 1.0
WAIT_SECONDS = 60.0
"""A rank that finds no lease for so long was started by mistake."""


def ranks_folder(folder: RunFolder) -> Path:
    """Where the ranks of a run and its own process leave what the others read."""
    return folder.path / "ranks"


def forget_ranks(folder: RunFolder) -> None:
    """Remove what the ranks of an earlier attempt left, before new ones are started.

    Raises:
        OSError: the folder cannot be made.
    """
    shutil.rmtree(ranks_folder(folder), ignore_errors=True)
    ranks_folder(folder).mkdir(exist_ok=True)


class Lease:
    """Used as a context by the run's own process, around the life of its ranks.

    Args:
        folder: of the run.
        name: of the lease; ranks with another name in ``LEASE`` wait for theirs. By default one
            that was never used.
    """

    def __init__(self, folder: RunFolder, name: str = "") -> None:
        self._path = ranks_folder(folder) / "lease"
        # Ranks of an earlier attempt, on a machine that was cut off, must not take it for theirs.
        self._name = name or secrets.token_hex(16)

    def __enter__(self) -> "Lease":
        """Begin it.

        Raises:
            OSError: it cannot be written.
        """
        write_atomically(self._path, self._name.encode())
        return self

    def renew(self) -> None:
        """Say that this process lives; to be called every second or so."""
        now = time.time_ns()  # not the system's own clock of files, which may tick slowly
        with contextlib.suppress(OSError):  # ranks wait for the next time
            os.utime(self._path, ns=(now, now))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it: ranks that are still there end too."""
        self._path.unlink(missing_ok=True)


def end_with_the_run(folder: RunFolder) -> None:
    """Let this process, a rank, end at once when the run's own process or its launcher is gone.

    Waits until the run's process says that it watches over its ranks.

    Raises:
        RunError: it does not.
    """
    launcher = os.getppid()
    sight = _Sight(folder)
    until = time.monotonic() + WAIT_SECONDS
    while not sight.begins():
        if time.monotonic() > until or os.getppid() != launcher:
            raise RunError(f"No process watches over the ranks of run {folder.id}.")
        time.sleep(LOOK_SECONDS / 10)

    def look() -> None:
        while os.getppid() == launcher and sight.lives():
            time.sleep(LOOK_SECONDS)
        print("The process of this run is gone: this rank ends.", file=sys.stderr, flush=True)
        # No saving: whoever resumes the run must not find two who write its checkpoints.
        os._exit(1)

    threading.Thread(target=look, name="lease", daemon=True).start()


class _Sight:
    """What a rank can see of the run's own process."""

    def __init__(self, folder: RunFolder) -> None:
        self._path = ranks_folder(folder) / "lease"
        self._status = folder.status
        self._name = os.environ.get(LEASE, "").encode()
        self._renewed = 0
        self._since = time.monotonic()

    def begins(self) -> bool:
        """Whether there is the lease; from then on only that one counts."""
        try:
            name = self._path.read_bytes()
        except OSError:
            return False
        self._name = self._name or name
        return name == self._name

    def lives(self) -> bool:
        """Whether the process lives that gave the lease."""
        try:
            # Opened each time: a shared file system looks afresh only then.
            with self._path.open("rb") as file:
                name, renewed = file.read(), os.fstat(file.fileno()).st_mtime_ns
        except FileNotFoundError:
            return False
        except OSError:
            name, renewed = self._name, self._renewed
        if name != self._name:
            return False
        if self._status.host == this_host():
            return alive(self._status)
        if renewed != self._renewed:
            self._renewed, self._since = renewed, time.monotonic()
        return time.monotonic() - self._since < SILENT_SECONDS
