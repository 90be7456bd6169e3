"""One rank of a run: the process that an engine starts once on each device.

``python -m bert_core.training.rank RUN``, with the variables that torchrun sets. It does the
work of the run together with the other ranks; rank 0 writes the run's files.
"""

import contextlib
import os
import sys
from datetime import timedelta

from bert_core.training import runs
from bert_core.training.control import Control
from bert_core.training.engines.lease import end_with_the_run, ranks_folder
from bert_core.training.engines.outcomes import Telling
from bert_core.training.folder import RunFolder


def main(run_id: str) -> int:
    """Work as the rank that the environment says, the only one by default.

    Returns:
        The exit code of the process: 0 finished or stopped as asked, 1 failed.

    Raises:
        RunError: there is no such run, or its own process does not watch over it.
    """
    folder = runs.get(run_id)
    end_with_the_run(folder)
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    from bert_core.training.loop import train

    with Control(folder, writes=rank == 0) as control, Telling(folder, rank, world) as telling:
        where = _join(folder, rank, world) if world > 1 else folder.spec.devices[0]
        print(f"Rank {rank} of {world} computes on {where}, process {os.getpid()}.", flush=True)
        try:
            train(folder, control)
        finally:
            with contextlib.suppress(OSError):  # a full disk has been noticed already
                control.write()
    if world > 1 and telling.code == 0:
        _leave()
    return telling.code


def _join(folder: RunFolder, rank: int, world: int) -> str:
    """Meet the other ranks.

    Returns:
        The device of this one.
    """
    import torch

    local, nodes = int(os.environ["LOCAL_RANK"]), int(os.environ["GROUP_WORLD_SIZE"])
    gpus = folder.spec.devices[0].startswith("cuda")
    if gpus:
        torch.cuda.set_device(local)
    # On one machine they meet in a file: a port would be open to the whole network.
    meeting = str(ranks_folder(folder) / "meeting")
    torch.distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if gpus else "gloo",
        store=torch.distributed.FileStore(meeting, world) if nodes == 1 else None,  # type: ignore[attr-defined]
        rank=rank,
        world_size=world,
        # Preparing pre-training data takes hours while others wait. A rank that dies is noticed
        # by its launcher, not by the clock.
        timeout=timedelta(days=7),
    )
    return f"cuda:{local}" if gpus else "cpu"


def _leave() -> None:
    import torch

    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    if code:
        # Python would take leave of ranks that may not answer any more, and wait for them.
        os._exit(code)
