"""The processes of a run on this machine: what they are started with, and how all of them end."""

import contextlib
import os
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import psutil

from bert_core.errors import RunError
from bert_core.model.sources import SHIPPED
from bert_core.model_names import RUN, looks_like_folder
from bert_core.settings import FILE
from bert_core.training.folder import RunFolder
from bert_core.training.states import lives, process_of

POLL_SECONDS = 0.02
NICENESS = 5
"""Of a run's processes: about a quarter of a core while the app, say, wants all of it."""
MARK = "BERT_EXPLORER_RUN"
"""Every process of a run has the run's folder in this environment variable.

A launcher of several ranks puts each into a session of its own, where a signal to the process
group does not reach it; the mark stays."""


def environment(folder: RunFolder, base: Mapping[str, str]) -> dict[str, str]:
    """The environment in which a run's process computes.

    Only the devices of the run are visible in it, numbered from 0 again.

    Args:
        folder: of the run.
        base: the environment that it is made from; GPUs hidden there stay hidden.

    Raises:
        RunError: the run wants a GPU that ``base`` hides.
    """
    spec = folder.spec
    made = {
        **base,
        **settings_file(base),
        MARK: str(folder.path),
        "BERT_EXPLORER_HOME": str(folder.path.parent.parent),
        "CUDA_VISIBLE_DEVICES": visible(spec.devices, base.get("CUDA_VISIBLE_DEVICES")),
        "OMP_WAIT_POLICY": "PASSIVE",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # The log is read while it is written, whatever the terminal's encoding is.
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    if spec.model in SHIPPED or spec.model.startswith(RUN) or looks_like_folder(spec.model):
        made["HF_HUB_OFFLINE"] = "1"
    return made


def settings_file(base: Mapping[str, str]) -> dict[str, str]:
    """Where the operator's settings are, for a process that begins in another folder."""
    name = base.get(FILE, "").strip()
    return {FILE: str(Path(name).expanduser().absolute())} if name else {}


def give_way(pid: int) -> None:
    """Let everything else on this machine go before a process and those it will start.

    Args:
        pid: of a process that was just started; when it is gone already, nothing happens.
    """
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if os.name == "nt":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
            return
        process.nice(max(NICENESS, process.nice()))
        # Where Linux shares the processor among sessions first, a session has a niceness too.
        Path(f"/proc/{pid}/autogroup").write_text(str(NICENESS), encoding="ascii")


def processes_of(folder: RunFolder) -> list[psutil.Process]:
    """All processes of a run on this machine but the one that asks."""
    leader = process_of(folder.status)
    return [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and (process == leader or _marked(process, folder))
    ]


def kill_all(folder: RunFolder, seconds: float = 10.0) -> int:
    """Kill every process of a run and wait until they are gone.

    Args:
        folder: of the run.
        seconds: longest time to wait.

    Returns:
        How many there were.
    """
    killed = set()
    # Twice: one that was just being started is not in the first list.
    for _ in range(2):
        found = processes_of(folder)
        for process in found:
            try:
                process.kill()
            except psutil.Error:
                continue
        wait(found, seconds)
        killed |= {process.pid for process in found}
    return len(killed)


def wait(processes: Collection[psutil.Process], seconds: float) -> None:
    """Wait until processes are gone, at most for some seconds.

    psutil's own wait also waits for somebody to take note of an orphan's end, which in a
    container may take its time.
    """
    end = time.monotonic() + seconds
    while any(map(lives, processes)) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)


def _marked(process: psutil.Process, folder: RunFolder) -> bool:
    try:
        return bool(process.environ().get(MARK) == str(folder.path))
    except (psutil.Error, OSError):
        return False  # it ended meanwhile, or is somebody else's


def visible(devices: Sequence[str], shown: str | None) -> str:
    """The value of CUDA_VISIBLE_DEVICES that shows these devices only."""
    numbers = [int(device.partition(":")[2] or 0) for device in devices if "cuda" in device]
    if shown is None:
        return ",".join(map(str, numbers))
    here = [part.strip() for part in shown.split(",") if part.strip()]
    for number in numbers:
        if number >= len(here):
            raise RunError(
                f"cuda:{number} is hidden here: CUDA_VISIBLE_DEVICES shows {len(here)} GPUs.",
                field="device",
            )
    return ",".join(here[number] for number in numbers)
