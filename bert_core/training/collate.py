"""Encoded examples to the padded tensors of one batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bert_core.training.kinds.base import NOT_ASKED, Features


class Collator:
    """Turns indices into a batch; a DataLoader over ``range(len(features))`` calls it.

    Args:
        features: the encoded examples.
        pad_id: piece that fills short rows.
        segments: whether the model takes segment ids.
    """

    def __init__(self, features: Features, *, pad_id: int, segments: bool) -> None:
        self._features = features
        self._pad = pad_id
        self._segments = segments

    def __call__(self, members: Sequence[int]) -> dict[str, Any]:
        """One batch: ``input_ids`` and, where they differ from the default, the rest.

        Shapes are (B, T), or (B, C, T) for groups of C. The attention mask is left out where
        nothing is padded: the encoder then takes its fastest path.
        """
        group = self._features.group
        rows = [m * group + n for m in members for n in range(group)]
        ids = [self._features.ids[row] for row in rows]
        longest = max(map(len, ids))
        batch = {"input_ids": _padded(ids, longest, self._pad)}
        if self._segments:
            batch["token_type_ids"] = _padded(
                [self._features.segments[row] for row in rows], longest, 0
            )
        if min(map(len, ids)) < longest:
            batch["attention_mask"] = _padded([np.ones(len(row)) for row in ids], longest, 0)
        if group > 1:
            batch = {name: tensor.view(-1, group, longest) for name, tensor in batch.items()}
        for name, values in self._features.labels.items():
            batch[name] = _targets([values[member] for member in members], longest)
        return batch


def _padded(rows: Sequence[NDArray[Any]], longest: int, filler: int) -> torch.Tensor:
    whole = np.full((len(rows), longest), filler, dtype=np.int64)
    for n, row in enumerate(rows):
        whole[n, : len(row)] = row
    return torch.from_numpy(whole)


def _targets(values: Sequence[Any], longest: int) -> torch.Tensor:
    if isinstance(values[0], np.ndarray):
        return _padded(values, longest, NOT_ASKED)
    kind = torch.float32 if isinstance(values[0], float) else torch.long
    return torch.tensor(values, dtype=kind)
