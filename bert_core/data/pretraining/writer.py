"""Writes instances to a store's arrays as they are made, and counts what they are like."""

from pathlib import Path
from types import TracebackType

import numpy as np

from bert_core.data.pretraining.arrays import ArrayWriter
from bert_core.data.pretraining.corpus import TextCounts
from bert_core.data.pretraining.masking import KEPT, MASK, RANDOM, Masks
from bert_core.data.pretraining.pairs import Pair
from bert_core.data.pretraining.pieces import Pieces
from bert_core.data.pretraining.settings import InstanceSettings
from bert_core.data.pretraining.statistics import Statistics
from bert_core.data.pretraining.store import IDS, INSTANCE_TYPE, INSTANCES, MASK_TYPE, MASKS

_FULL = 512
"""Instances that are held back to be written together."""


class InstanceWriter:
    """The arrays of a store while it is made.

    Args:
        folder: where to; it exists.
        pieces: the vocabulary.
        settings: how the instances are made.
    """

    def __init__(self, folder: Path, pieces: Pieces, settings: InstanceSettings) -> None:
        self._settings = settings
        self._ids_file = ArrayWriter(folder / IDS, pieces.dtype)
        self._masks_file = ArrayWriter(folder / MASKS, MASK_TYPE)
        self._instances_file = ArrayWriter(folder / INSTANCES, INSTANCE_TYPE)
        self._lengths = np.zeros(settings.max_seq_length + 1, np.int64)
        self._fates = np.zeros(3, np.int64)
        self._random_next = self._alone = self._filled = self._same_document = 0
        self._empty()

    def _empty(self) -> None:
        self._ids: list[int] = []
        self._masks: list[tuple[int, int, int]] = []
        self._instances: list[tuple[int, int, int, int, int, bool]] = []

    def add(self, ids: list[int], second: int, masks: Masks, pair: Pair) -> bool:
        """Take an instance.

        Args:
            ids: its pieces after masking.
            second: where its second text begins.
            masks: the masked places.
            pair: what it was made from.

        Returns:
            Whether instances were written to the disk just now.
        """
        self._instances.append(
            (len(self._ids_file) + len(self._ids), len(self._masks_file) + len(self._masks),
             len(ids), len(masks.positions), second, pair.random_next)
        )  # fmt: skip
        self._ids += ids
        self._masks += zip(masks.positions, masks.labels, masks.fates, strict=True)
        self._random_next += pair.random_next
        self._alone += pair.alone
        self._filled += pair.filled
        self._same_document += pair.same_document
        if len(self._instances) < _FULL:
            return False
        self._write()
        return True

    def _write(self) -> None:
        instances = np.array(self._instances, INSTANCE_TYPE)
        masks = np.array(self._masks, MASK_TYPE)
        self._lengths += np.bincount(instances["length"], minlength=len(self._lengths))
        self._fates += np.bincount(masks["fate"], minlength=3)
        self._ids_file.append(np.array(self._ids, np.int64))
        self._masks_file.append(masks)
        self._instances_file.append(instances)
        self._empty()

    def __len__(self) -> int:
        return len(self._instances_file) + len(self._instances)

    def __enter__(self) -> "InstanceWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._write()
        for file in (self._ids_file, self._masks_file, self._instances_file):
            file.__exit__(kind, error, trace)

    def statistics(self, text: TextCounts) -> Statistics:
        """Counts of the instances that are on the disk."""
        return Statistics(
            settings=self._settings,
            text=text,
            instances=len(self),
            lengths=tuple(self._lengths.tolist()),
            mask=int(self._fates[MASK]),
            random=int(self._fates[RANDOM]),
            kept=int(self._fates[KEPT]),
            random_next=self._random_next,
            alone=self._alone,
            filled=self._filled,
            same_document=self._same_document,
        )
