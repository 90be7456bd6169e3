"""Runs whose process does what a test tells it: real processes and signals, no training.

Started as a program, this file is the process of a run. In place of the training stands the act
that the run is named after.
"""

import os
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path

from bert_core.training import control as control_module
from bert_core.training import processes, queue, runs, saves, worker
from bert_core.training.control import Control
from bert_core.training.folder import RunFolder, runs_folder
from bert_core.training.provenance import describe
from bert_core.training.spec import RunSpec
from bert_core.training.states import Status

PATIENCE = 60.0
"""Seconds until a test gives up waiting for a process. None of them takes a tenth of it."""


def order(home: Path, act: str, *, number: int = 1, **values: object) -> RunFolder:
    """The folder of a run that will do ``act``; not started."""
    data = home / "train.tsv"
    if not data.exists():
        data.write_text("sentence\tlabel\nA fine day.\t1\nA grey day.\t0\n", encoding="utf-8")
    spec = RunSpec(id=f"run-{number}", name=act, task="sst2", train=describe(data, {}, "train"))
    folder = RunFolder(runs_folder(home) / spec.id)
    folder.create(spec.changed(**values))
    return folder


def until(folder: RunFolder, met: Callable[[Status], bool]) -> Status:
    """Look at a run until something is true of its status."""
    end = time.monotonic() + PATIENCE
    while not met(status := runs.status(folder)):
        assert time.monotonic() < end, f"still {status}\n{folder.read_log()}"
        threading.Event().wait(0.02)
    return status


def ended(folder: RunFolder) -> Status:
    """Wait for the end of a run's process and look at what it left."""
    status = until(folder, lambda status: status.over)
    processes.wait(processes.processes_of(folder), PATIENCE)
    return status


def arrived(folder: RunFolder) -> None:
    """Wait until the act of a run says that it is there; it then waits for :func:`let_go`."""
    here = folder.path / "here"
    end = time.monotonic() + PATIENCE
    while not here.exists():
        status = runs.status(folder)
        assert not status.over, f"{status}\n{folder.read_log()}"
        assert time.monotonic() < end, folder.read_log()
        threading.Event().wait(0.02)
    here.unlink()


def let_go(folder: RunFolder) -> None:
    """Let an act that waits go on."""
    (folder.path / "go").touch()


# ---- what the processes do


def _pause(folder: RunFolder, control: Control | None) -> None:
    """Say that this place is reached, then wait; a stop that is asked for ends it if heard."""
    (folder.path / "here").touch()
    go = folder.path / "go"
    while not go.exists():
        if control is not None:
            control.check()
        time.sleep(0.01)
    go.unlink()


def finish(folder: RunFolder, control: Control) -> None:
    control.stage("running")
    control.record("train", 1, loss=0.5)


def pause(folder: RunFolder, control: Control) -> None:
    control.stage("preparing", "Encodes.")
    _pause(folder, control)
    control.stage("running")


def deaf(folder: RunFolder, control: Control) -> None:
    """Hear nothing, and have a child in a session of its own, as a launcher of ranks has."""
    control.stage("running")
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    (folder.path / "child").write_text(str(child.pid), encoding="utf-8")
    _pause(folder, None)


def shout(folder: RunFolder, control: Control) -> None:
    control.stage("running")
    for stream in (sys.stdout, sys.stderr):
        for _ in range(1024):
            stream.write("." * 1023 + "\n")
    print("the last words")


def steps(folder: RunFolder, control: Control) -> None:
    """Ten steps with a checkpoint after each; it waits after the third, if it is its own."""
    point = folder.resume_point()
    for sentence in point.refused:
        control.note(sentence)
    first = point.checkpoint.step if point.checkpoint else 0
    if first:
        control.record("resumed", first)
    control.stage("running")
    for step in range(first + 1, 11):
        control.steps(step, 10, epoch=step / 10)
        control.record("train", step, loss=1 / step)
        save(folder, step)
        if step == 3 and not first:
            _pause(folder, control)


def save(folder: RunFolder, step: int, size: int = 1000) -> None:
    path = folder.checkpoint_path(step)
    path.mkdir(exist_ok=True)
    (path / "model.safetensors").write_bytes(bytes([step]) * size)
    saves.seal(path)


def full(folder: RunFolder, control: Control) -> None:
    """The second checkpoint does not fit on the disk."""
    import resource

    control.stage("running")
    save(folder, 1)
    # Python ignores the signal that comes with it, so that writing fails as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    save(folder, 2, size=1_000_000)


def full_metrics(folder: RunFolder, control: Control) -> None:
    control.stage("running")
    folder.metrics_file.symlink_to("/dev/full")
    control.record("train", 1, loss=0.5)


def astray(folder: RunFolder, control: Control) -> None:
    control.stage("running")
    raise FloatingPointError("the loss is nan at step 7")


def crash(folder: RunFolder, control: Control) -> None:
    raise KeyError("no such thing")


def leave(folder: RunFolder, control: Control) -> None:
    sys.exit("a library that leaves")


def too_large(folder: RunFolder, control: Control) -> None:
    bytearray(2**62)


def child_ends(folder: RunFolder, control: Control) -> None:
    """Another process of the run writes its end, as rank 0 does."""
    with control.handed_over():
        with Control(folder) as rank:
            rank.stage("running")
            rank.steps(4, 4)
            rank.end("failed", "The memory of rank 0 was not enough.", "out of memory")
    raise RuntimeError("the launcher says that a child failed")


def rank_speaks(folder: RunFolder, control: Control) -> None:
    """Rank 1 counts and records, but only rank 0 writes."""
    with Control(folder, writes=False) as rank:
        rank.stage("running", "rank 1")
        rank.record("train", 1, loss=9.0)
        rank.end("failed", "rank 1")
    control.stage("running", f"pid {os.getpid()}")


def interrupted(folder: RunFolder, control: Control) -> None:
    raise KeyboardInterrupt


def acting_loop() -> types.ModuleType:
    """What stands in place of the training: the act that the run is named after."""
    loop = types.ModuleType("bert_core.training.loop")
    loop.train = lambda folder, control: globals()[folder.spec.name](folder, control)  # type: ignore[attr-defined]
    return loop


def _main() -> int:
    sys.modules["bert_core.training.loop"] = acting_loop()
    control_module.BEAT_SECONDS = 0.1
    queue.POLL_SECONDS = 0.05
    return worker.main(sys.argv[1])


if __name__ == "__main__":
    sys.exit(_main())
