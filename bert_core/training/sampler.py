"""The order in which training examples are seen: random, yet with little padding.

Inputs of like length share a batch. The order depends on the seed and the epoch only, so that a
run which is resumed in the middle of an epoch sees what the run that never stopped would have.
"""

from collections.abc import Iterator, Sequence

import numpy as np

POOL = 50
"""Batches whose examples are drawn at random together before they are sorted by length."""


class Order:
    """Indices of one epoch after another; a sampler for torch's DataLoader.

    Args:
        lengths: word pieces of each example.
        batch_size: examples that will share a batch.
        seed: of the run.
        grouped: whether examples of like length share a batch; else the order is only random.
    """

    def __init__(
        self, lengths: Sequence[int], batch_size: int, seed: int, *, grouped: bool = True
    ) -> None:
        self._lengths = np.asarray(lengths)
        self._batch = batch_size
        self._seed = seed
        self._grouped = grouped
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next, from 0; accelerate does."""
        self._epoch = epoch

    def __len__(self) -> int:
        """Number of examples."""
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        """The indices of one epoch, each once."""
        random = np.random.default_rng((self._seed, self._epoch))
        order = random.permutation(len(self._lengths))
        if not self._grouped:
            return iter(order.tolist())
        pool = self._batch * POOL
        batches = []
        for first in range(0, len(order), pool):
            part = order[first : first + pool]
            part = part[np.argsort(-self._lengths[part], kind="stable")]
            batches += [part[n : n + self._batch] for n in range(0, len(part), self._batch)]
        # Only the last batch of an epoch may be short, else those after it would be cut askew.
        whole = [batch for batch in batches if len(batch) == self._batch]
        short = [batch for batch in batches if len(batch) < self._batch]
        random.shuffle(whole)
        return iter(np.concatenate([*whole, *short]).tolist() if batches else [])
