"""What several ranks must do in step with each other; with one rank, nothing but the work."""

import sys
from collections.abc import Callable
from typing import TypeVar

from bert_core.training.control import Stopped

T = TypeVar("T")


def any_rank(here: bool) -> bool:
    """Whether something is true of any rank. Every rank must ask: the others wait for it.

    Args:
        here: whether it is true of this one.
    """
    if not _several():
        return here
    import torch

    # On the CPU: the group of the ranks talks there too, whatever they compute on.
    flag = torch.tensor(int(here))
    torch.distributed.all_reduce(flag, op=torch.distributed.ReduceOp.MAX)
    return bool(flag)


def wait_for_all() -> None:
    """Return when every rank has come here: what one has written until then, all can read."""
    any_rank(False)


def rank_0_first(work: Callable[[], T]) -> T:
    """Let rank 0 work, then the others, which find the files that it has made.

    Raises:
        Stopped: on every rank, when one of them raised it.
    """
    if not _several():
        return work()
    import torch

    done: list[T] = []
    stop: Stopped | None = None
    first = torch.distributed.get_rank() == 0
    for turn in (first, not first):
        if turn:
            try:
                done.append(work())
            except Stopped as error:
                stop = error
        if any_rank(stop is not None):
            raise stop or Stopped()
    return done[0]


def _several() -> bool:
    # Whoever has met others has imported torch; nobody else need wait for that.
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.distributed.is_initialized())
