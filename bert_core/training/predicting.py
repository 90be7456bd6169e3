"""What a model puts out on encoded examples: sorted by length, shared out over the ranks."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bert_core.training.collate import Collator
from bert_core.training.kinds.base import Features

Outputs = list[dict[str, NDArray[Any]]]
BATCH_PIECES = 8192
"""Word pieces of one batch, padding included: large enough to keep any device busy."""
PER_PIECE = ("start_logits", "end_logits")


def predict(
    model: Any,
    features: Features,
    collator: Collator,
    *,
    check: Callable[[], None] = lambda: None,
    reduce: Callable[[Any, Mapping[str, Any]], dict[str, Any]] | None = None,
) -> Outputs:
    """Run a model over all examples, without gradients.

    Args:
        model: a transformers model; it is put in evaluation mode and back.
        features: N entries.
        collator: makes batches of them.
        check: called before every batch; may raise to stop.
        reduce: turns a batch's output and input into the arrays that are kept; by default the
            logits as they are.

    Returns:
        N mappings from output name to array, in the order of ``features``, padding removed.
    """
    rank, world = _place()
    device = next(model.parameters()).device
    mine = _batches(features)[rank::world]
    found: dict[int, dict[str, NDArray[Any]]] = {}
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        for members in mine:
            check()
            batch = {name: value.to(device) for name, value in collator(members).items()}
            out = model(**batch)
            kept = reduce(out, batch) if reduce else _logits(out)
            arrays = {name: value.float().cpu().numpy() for name, value in kept.items()}
            for n, member in enumerate(members):
                length = len(features.ids[member * features.group])
                found[member] = {
                    name: _unpadded(name, array[n], length) for name, array in arrays.items()
                }
    model.train(was_training)
    if world > 1:
        parts: list[Any] = [None] * world
        torch.distributed.all_gather_object(parts, found)
        found = {member: out for part in parts for member, out in part.items()}
    return [found[member] for member in range(len(features))]


def _batches(features: Features) -> list[list[int]]:
    """Entries in batches, longest first, so that memory runs out at once or never."""
    lengths = features.lengths
    order = sorted(range(len(lengths)), key=lambda n: -lengths[n])
    batches: list[list[int]] = []
    for member in order:
        room = BATCH_PIECES // (lengths[batches[-1][0]] * features.group) if batches else 0
        if not batches or len(batches[-1]) >= max(room, 1):
            batches.append([])
        batches[-1].append(member)
    return batches


def _logits(out: Any) -> dict[str, Any]:
    names = [name for name in ("logits", *PER_PIECE) if name in out]
    return {name: out[name] for name in names}


def _unpadded(name: str, array: NDArray[Any], length: int) -> NDArray[Any]:
    """One entry's output; what there is for every piece loses the padding."""
    per_piece = name in PER_PIECE or (name == "logits" and array.ndim == 2)
    return np.array(array[:length] if per_piece else array)


def _place() -> tuple[int, int]:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1
