"""Batches: every input once, little padding."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bert_core.model.batching import BATCH_PIECES, pad, plan

lengths = st.lists(st.integers(1, 512), max_size=80)


@given(lengths, st.integers(1, 5_000))
def test_each_input_once_and_no_batch_too_large(found: list[int], pieces: int) -> None:
    batches = plan(found, pieces=pieces)
    assert sorted(index for batch in batches for index in batch) == list(range(len(found)))
    for batch in batches:
        size = len(batch) * max(found[index] for index in batch)
        assert size <= pieces or len(batch) == 1


@given(lengths)
def test_longest_first(found: list[int]) -> None:
    order = [found[index] for batch in plan(found) for index in batch]
    assert order == sorted(order, reverse=True)


@given(lengths)
def test_little_padding(found: list[int]) -> None:
    """Sorted, a batch never pads more than the spread between its first and its last."""
    for batch in plan(found):
        padded = len(batch) * found[batch[0]] - sum(found[index] for index in batch)
        assert padded <= len(batch) * (found[batch[0]] - found[batch[-1]])


def test_small_batches_are_filled() -> None:
    assert len(plan([8] * 1024)) == 1024 * 8 // BATCH_PIECES
    assert plan([]) == []


def test_padding_is_zero_and_masked() -> None:
    padded = pad([[5, 6, 7], [8]], [[0, 0, 1], [1]])
    assert padded.ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert padded.segments.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert padded.mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert {array.dtype for array in (padded.ids, padded.segments, padded.mask)} == {
        np.dtype(np.int64)
    }
