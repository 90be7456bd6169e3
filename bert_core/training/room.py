"""Whether one more run may be ordered: the operator's limits on waiting runs and on their disk."""

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

from bert_core.errors import RunError
from bert_core.settings import read_settings
from bert_core.training.folder import RunFolder, runs_folder
from bert_core.training.space import needed_bytes
from bert_core.training.spec import RunSpec
from bert_core.training.states import reconcile

_GIB = 2**30


def refuse_full(spec: RunSpec, home: Path | None = None) -> None:
    """Refuse a run for which there is no place in the queue or on the disk.

    Args:
        spec: of the run.
        home: home folder of the runs; None: as the environment says.

    Raises:
        RunError: the operator's limits leave no room for it.
    """
    refuse_waiting(spec.devices, home)
    _refuse_disk(spec, home)


def refuse_waiting(devices: Sequence[str], home: Path | None = None, *, number: int = 1) -> None:
    """Refuse runs for which there is no place in the queue of a device.

    Args:
        devices: what they compute on.
        home: home folder of the runs; None: as the environment says.
        number: of runs.

    Raises:
        RunError: more would work and wait on one of the devices than the operator allows.
    """
    settings = read_settings()
    most = settings.runs_per_device + settings.runs_waiting
    busy = [each.spec.devices for each in _at_work(runs_folder(home))]
    for device in devices:
        there = sum(device in each for each in busy)
        if there + number > most:
            asked = "another one" if number == 1 else f"{number:,} more"
            raise RunError(
                f"{there:,} runs are at work or wait for {device}; at most {most:,} may, so "
                f"{asked} cannot be taken. Wait until some have ended, or order fewer.",
                field="devices",
            )


def _refuse_disk(spec: RunSpec, home: Path | None) -> None:
    most = read_settings().runs_disk_gib
    if most is None:
        return
    taken = _size(runs_folder(home))
    number, needed = needed_bytes(spec)
    if taken + needed > most * _GIB:
        raise RunError(
            f"All runs together may fill {most:g} GiB and fill {taken / _GIB:.1f} GiB now; this "
            f"one needs about {needed / _GIB:.1f} GiB for {number} checkpoints and the result. "
            "Delete a run, or set keep_checkpoints lower.",
            field="keep_checkpoints",
        )


def _at_work(runs: Path) -> list[RunFolder]:
    """Runs that were started and are not over."""
    found = []
    for path in runs.glob("*/spec.json"):
        folder = RunFolder(path.parent)
        with contextlib.suppress(RunError):  # deleted in this moment, or damaged
            now = reconcile(folder.status, time.time())
            if now.pid is not None and not now.over:
                found.append(folder)
    return found


def _size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # deleted in this moment
            total += path.lstat().st_size
    return total
