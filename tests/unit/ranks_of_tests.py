"""Ranks that do what a test tells them: real processes, started by the real launcher.

Started as a program, this file is a rank. In place of the training stands the act that the run
is named after; ``train`` is the training itself, with a stop that comes to rank 1 only. With the
word ``run`` before the id, it is the run's own process instead.
"""

import json
import os
import signal
import sys
import time
import types

import psutil

from bert_core.training import rank
from bert_core.training.control import Control
from bert_core.training.engines.base import Engine
from bert_core.training.engines.ray import Ray
from bert_core.training.engines.torchrun import Torchrun
from bert_core.training.folder import RunFolder
from bert_core.training.processes import processes_of
from bert_core.training.states import Status
from bert_core.training.together import any_rank, rank_0_first
from bert_core.training.worker import EXIT_CODES, Ending

PROGRAM = ("-m", "tests.unit.ranks_of_tests")
STAND_INS = {"torchrun": Torchrun(PROGRAM), "ray": Ray(PROGRAM, patience=1)}
STOP_AT = 3


def meet(folder: RunFolder, control: Control) -> None:
    """Find each other, and work one after the other."""
    assert any_rank(number() == 1)
    assert not any_rank(False)
    order = rank_0_first(lambda: take_number(folder))
    (folder.path / f"met-{number()}").write_text(str(order))


def no_memory(folder: RunFolder, control: Control) -> None:
    """Note which ports the run's processes have open; then only rank 0 goes on."""
    control.stage("running")
    any_rank(False)
    if number() == 1:
        open_to = {
            connection.laddr.ip
            for process in processes_of(folder)
            for connection in process.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        }
        (folder.path / "open").write_text(json.dumps(sorted(open_to)))
        raise MemoryError
    any_rank(False)


def killed(folder: RunFolder, control: Control) -> None:
    control.stage("running")
    if number() == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    any_rank(False)


def forever(folder: RunFolder, control: Control) -> None:
    """Until a stop is asked for."""
    control.stage("running")
    while True:
        control.check()
        time.sleep(0.05)


def deaf(folder: RunFolder, control: Control) -> None:
    control.stage("running")
    while True:
        time.sleep(0.05)


def stop_early(folder: RunFolder, control: Control) -> None:
    """A stop that rank 0 hears while it prepares, before rank 1 has its turn."""
    if number() == 0:
        os.kill(os.getpid(), signal.SIGTERM)
    rank_0_first(control.check)


def take_number(folder: RunFolder) -> int:
    """How many were here before."""
    seen = folder.path / "seen"
    count = len(seen.read_text()) if seen.exists() else 0
    seen.write_text("x" * (count + 1))
    return count


def number() -> int:
    return int(os.environ["RANK"])


class StopsRank1(Control):
    """Sends SIGTERM to rank 1, and to no other, when a step was done for the first time."""

    def steps(self, step: int, total: int, **more: float | None) -> None:
        super().steps(step, total, **more)  # type: ignore[arg-type]
        if step == STOP_AT and number() == 1 and not self.folder.checkpoints():
            os.kill(os.getpid(), signal.SIGTERM)


def execute(folder: RunFolder, engine: Engine | None = None) -> Status:
    """What the run's own process does when it is the run's turn."""
    with Control(folder) as control:
        control.claim()
        with Ending(folder, control):
            (engine or STAND_INS[folder.spec.engine]).execute(folder, control)
    return control.status


def _main() -> int:
    if sys.argv[1] == "run":
        return EXIT_CODES[execute(rank.runs.get(sys.argv[2])).state]
    act = rank.runs.get(sys.argv[1]).spec.name
    if act == "train":
        rank.Control = StopsRank1  # type: ignore[misc]
    else:
        loop = types.ModuleType("bert_core.training.loop")
        loop.train = globals()[act]  # type: ignore[attr-defined]
        sys.modules["bert_core.training.loop"] = loop
    return rank.main(sys.argv[1])


if __name__ == "__main__":
    sys.exit(_main())
