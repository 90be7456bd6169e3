"""Rollout and flow against cases computed by hand and against another solver."""

import numpy as np
import pytest
from hypothesis import given
from scipy.optimize import linprog

from bert_core.analysis.attention.rollout import flow, rollout, with_residual
from bert_core.errors import InputError
from tests.unit.made_attention import random_weights, seeds

EVEN = np.full((1, 1, 2, 2), 0.5, dtype=np.float32)


def test_rollout_of_a_case_by_hand() -> None:
    """W1 rows (1, 0), (1, 0) and W2 rows (0, 1), (0, 1), one of two heads turned away and back."""
    first = np.array([[[1, 0], [1, 0]], [[1, 0], [1, 0]]], dtype=np.float32)
    second = np.array([[[0, 1], [0, 1]], [[0, 1], [0, 1]]], dtype=np.float32)
    found = rollout(np.stack([first, second]))
    assert found[0].tolist() == [[1.0, 0.0], [0.5, 0.5]]
    # A2 = rows (1/2, 1/2), (0, 1); A2 A1 = rows (3/4, 1/4), (1/2, 1/2).
    assert found[1].tolist() == [[0.75, 0.25], [0.5, 0.5]]
    assert found.dtype == np.float32


def test_heads_are_joined_by_their_mean() -> None:
    heads = np.array([[[[1, 0], [0, 1]], [[0, 1], [1, 0]]]], dtype=np.float32)
    assert with_residual(heads)[0].tolist() == [[0.75, 0.25], [0.25, 0.75]]


def test_rollout_of_looking_at_oneself_is_looking_at_oneself() -> None:
    identity = np.broadcast_to(np.eye(5, dtype=np.float32), (3, 2, 5, 5))
    np.testing.assert_array_equal(rollout(identity), np.broadcast_to(np.eye(5), (3, 5, 5)))
    np.testing.assert_array_equal(flow(identity), np.eye(5))


@given(seed=seeds)
def test_rows_sum_to_one(seed: int) -> None:
    weights = random_weights(seed, 3, 2, 6, 6)
    np.testing.assert_allclose(rollout(weights).sum(axis=-1), 1, atol=1e-6)
    np.testing.assert_allclose(flow(weights).sum(axis=-1), 1, atol=1e-6)


def test_flow_of_a_case_by_hand() -> None:
    """Both layers have 3/4 on oneself and 1/4 on the other.

    To itself: 3/4 straight down and 1/4 over the other piece, 1 in all. To the other: 1/4 over
    either way, 1/2 in all. Divided by their sum: 2/3 and 1/3. Rollout has 5/8 and 3/8.
    """
    weights = np.concatenate([EVEN, EVEN])
    np.testing.assert_allclose(flow(weights), [[2 / 3, 1 / 3], [1 / 3, 2 / 3]], atol=1e-7)
    np.testing.assert_allclose(rollout(weights)[1], [[5 / 8, 3 / 8], [3 / 8, 5 / 8]], atol=1e-7)


def test_flow_of_one_layer_is_that_layer() -> None:
    weights = random_weights(4, 3, 2, 5, 5)
    np.testing.assert_allclose(flow(weights, 1), with_residual(weights)[0], atol=1e-6)
    np.testing.assert_array_equal(flow(weights, 3), flow(weights))
    np.testing.assert_array_equal(flow(weights, 2), flow(weights[:2]))


@pytest.mark.parametrize("seed", range(3))
def test_flow_equals_a_linear_program(seed: int) -> None:
    """The maximum flow by its definition: most out of the source, nothing lost on the way."""
    graph = with_residual(random_weights(seed, 3, 2, 3, 3, sharpness=5))
    depth, pieces, _ = graph.shape
    edges = [
        ((layer + 1) * pieces + i, layer * pieces + j, graph[layer, i, j])
        for layer in range(depth)
        for i in range(pieces)
        for j in range(pieces)
    ]
    expected = np.zeros((pieces, pieces))
    for i in range(pieces):
        for j in range(pieces):
            source, sink = depth * pieces + i, j
            inner = [n for n in range((depth + 1) * pieces) if n not in (source, sink)]
            kept = [[(b == n) - (a == n) for a, b, _ in edges] for n in inner]
            solved = linprog(
                [-(a == source) for a, _, _ in edges],
                A_eq=kept,
                b_eq=np.zeros(len(inner)),
                bounds=[(0, capacity) for _, _, capacity in edges],
            )
            expected[i, j] = -solved.fun
    expected /= expected.sum(axis=-1, keepdims=True)
    found = flow(random_weights(seed, 3, 2, 3, 3, sharpness=5))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_flow_says_how_far_it_is_and_refuses_long_texts() -> None:
    told: list[tuple[int, int]] = []
    flow(random_weights(0, 2, 1, 3, 3), on_progress=lambda *step: told.append(step))
    assert told == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(InputError, match=r"at most 64 pieces.*has 65.*use rollout") as refused:
        flow(np.zeros((1, 1, 65, 65), dtype=np.float32))
    assert refused.value.field == "measure"
