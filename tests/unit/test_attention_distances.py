"""Distances between heads and their map, rank agreement, and the edges that are drawn."""

import numpy as np
import pytest
import scipy.spatial.distance
from hypothesis import given
from hypothesis import strategies as st

from bert_core.analysis.attention.agreement import agreement, attention_received
from bert_core.analysis.attention.distances import head_distances, jensen_shannon, map_of
from bert_core.analysis.attention.edges import strongest_edges
from bert_core.analysis.attention.leave_one_out import leave_one_out
from bert_core.analysis.attention.levels import merge, units_of
from bert_core.analysis.attention.measures import weigh
from bert_core.errors import InputError
from tests.unit.made_attention import random_weights, seeds, tokens_of

TOKENS = tokens_of("the heron is late .")

# ---- distances ---------------------------------------------------------------------------------


def test_divergences_equal_another_implementation() -> None:
    heads = random_weights(3, 5, 4, 7)
    found = jensen_shannon(heads)
    for one in range(5):
        for two in range(5):
            # scipy gives the square root of the divergence, in nats.
            rows = scipy.spatial.distance.jensenshannon(heads[one], heads[two], axis=-1) ** 2
            assert found[one, two] == pytest.approx(rows.mean(), abs=1e-7)


@given(seed=seeds, sharpness=st.sampled_from([0.1, 2.0, 40.0]))
def test_distances_are_distances(seed: int, sharpness: float) -> None:
    pieces = len(TOKENS)
    weights = random_weights(seed, 2, 3, pieces, pieces, sharpness=sharpness)
    found = head_distances(weights, TOKENS)
    gaps = found.distances
    np.testing.assert_array_equal(gaps, gaps.T)
    assert not gaps.diagonal().any()
    assert gaps.min() >= 0
    assert gaps.max() <= np.sqrt(np.log(2))
    assert (gaps[:, None] <= gaps[:, :, None] + gaps[None] + 1e-9).all(), "triangles"
    assert found.points.shape == (6, 2)
    assert 0 < found.explained <= 1


def test_heads_that_share_nothing_are_as_far_as_can_be() -> None:
    pieces = len(TOKENS)
    first = np.eye(pieces, dtype=np.float32)
    second = np.roll(first, 1, axis=1)
    found = head_distances(np.stack([first, second, first])[None], TOKENS)
    far = np.sqrt(np.log(2))
    np.testing.assert_allclose(found.distances, [[0, far, 0], [far, 0, far], [0, far, 0]])
    assert found.rows == TOKENS.content
    np.testing.assert_allclose(found.points[:, 0], [-far / 3, 2 * far / 3, -far / 3], atol=1e-12)
    assert found.explained == pytest.approx(1)


def test_of_many_rows_some_are_compared() -> None:
    tokens = tokens_of("a b c d e f g h i j k")
    weights = random_weights(0, 1, 3, len(tokens), len(tokens))
    found = head_distances(weights, tokens, most=3)
    assert (found.rows, found.of_rows) == ((1, 6, 11), 11)
    np.testing.assert_allclose(found.distances**2, jensen_shannon(weights[0][:, [1, 6, 11]]))


def test_points_of_a_plane_are_found_again() -> None:
    points = np.random.default_rng(0).normal(size=(9, 2))
    gaps = scipy.spatial.distance.cdist(points, points)
    found, explained = map_of(gaps)
    np.testing.assert_allclose(scipy.spatial.distance.cdist(found, found), gaps, atol=1e-9)
    assert explained == pytest.approx(1)
    assert np.ptp(found[:, 0]) > 0
    assert found[np.abs(found).argmax(axis=0), [0, 1]].min() > 0, "the farthest is positive"
    turned, _ = map_of(gaps[::-1, ::-1])
    np.testing.assert_allclose(turned[::-1], found, atol=1e-9)


def test_a_map_of_nothing_apart() -> None:
    for count in (1, 2):
        points, explained = map_of(np.zeros((count, count)))
        assert (points.shape, explained) == ((count, 2), 1.0)
        assert not points.any()


# ---- agreement ---------------------------------------------------------------------------------


def test_agreement_by_hand() -> None:
    """Of 4 pieces one neighbouring pair is swapped: tau = (5 - 1) / 6, rho = 1 - 6 x 2 / 60."""
    found = agreement([1, 2, 3, 4], [10, 30, 20, 40])
    assert found.count == 4
    assert found.kendall == pytest.approx(2 / 3)
    assert found.spearman == pytest.approx(0.8)
    assert found.why_not is None
    back = agreement([1, 2, 3, 4], [4, 3, 2, 1])
    assert (back.kendall, back.spearman) == (pytest.approx(-1), pytest.approx(-1))


def test_agreement_that_is_undefined_says_why() -> None:
    for scores, said in (([1, 2], "fewer than 3"), ([5, 5, 5], "same for all")):
        found = agreement(scores, range(len(scores)))
        assert (found.spearman, found.kendall) == (None, None)
        assert said in str(found.why_not)
    with pytest.raises(InputError, match="these are 3 and 2"):
        agreement([1, 2, 3], [1, 2])
    with pytest.raises(InputError, match="no number"):
        agreement([1, 2, float("nan")], [1, 2, 3])


@pytest.mark.parametrize("level", ["piece", "word"])
def test_attention_against_leave_one_out(tiny_bert, level: str) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("The herons wait near the [MASK] lake.")
    weighed = weigh(tiny_bert, tokens)
    left_out = leave_one_out(tiny_bert, tokens, level=level)  # type: ignore[arg-type]
    (mask,) = tokens.masks
    # The same by way of merged weights: a mask is a word of one piece.
    units = units_of(tokens, level)  # type: ignore[arg-type]
    row = merge(weighed.weights, units)[:, :, [unit.pieces for unit in units].index((mask,))]
    received = dict(zip(units, row.mean(axis=(0, 1)), strict=True))
    expected = agreement([received[unit] for unit in left_out.units], left_out.divergence)
    found = agreement(attention_received(weighed, left_out, rows=[mask]), left_out.divergence)
    assert found.count == len(left_out.units)
    assert found.spearman == pytest.approx(expected.spearman)
    assert found.kendall == pytest.approx(expected.kendall)
    everyone = agreement(attention_received(weighed, left_out), left_out.divergence)
    assert everyone.count == found.count
    with pytest.raises(InputError, match="different inputs"):
        attention_received(weigh(tiny_bert, tokens.masked([1])), left_out)


# ---- edges -------------------------------------------------------------------------------------


def test_each_row_keeps_the_fewest_that_reach_the_share() -> None:
    weights = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]], dtype=np.float32)
    found = strongest_edges(weights, share=0.75)
    kept = list(zip(found.rows.tolist(), found.columns.tolist(), strict=True))
    assert kept == [(1, 1), (0, 0), (0, 1)]
    np.testing.assert_array_equal(found.weights, np.array([0.8, 0.5, 0.3], np.float32))
    assert found.hidden == 3
    assert found.capped == 0
    assert found.hidden_mass == pytest.approx(0.2)


def test_the_cap_keeps_the_strongest() -> None:
    weights = random_weights(2, 30, 30)
    found = strongest_edges(weights, share=1, most=7)
    expected = np.sort(weights.ravel())[::-1]
    np.testing.assert_array_equal(found.weights, expected[:7])
    assert (found.hidden, found.capped) == (893, 893)
    assert found.hidden_mass == pytest.approx(1 - expected[:7].sum() / weights.sum(), abs=1e-6)


@given(seed=seeds, share=st.floats(0.5, 1))
def test_the_share_is_reached_and_no_edge_is_spare(seed: int, share: float) -> None:
    weights = random_weights(seed, 4, 6) * np.array([1, -1, 1, 1, 0, 1], dtype=np.float32)
    found = strongest_edges(weights, share=share)
    size = np.abs(weights).astype(np.float64)
    for row in range(4):
        kept = size[row, found.columns[found.rows == row]]
        assert kept.sum() >= share * size[row].sum() - 1e-9
        if share < 1:
            assert kept.sum() - kept.min() < share * size[row].sum()
    np.testing.assert_array_equal(found.weights, weights[found.rows, found.columns])
    assert found.hidden + len(found.rows) == np.count_nonzero(weights)


def test_edges_refuse_what_is_out_of_range() -> None:
    for wrong in ({"share": 0.4}, {"share": 1.1}, {"share": float("nan")}, {"most": 2001}):
        with pytest.raises(InputError, match="is expected") as refused:
            strongest_edges(np.ones((2, 2), np.float32), **wrong)  # type: ignore[arg-type]
        assert refused.value.field in wrong
    nothing = strongest_edges(np.zeros((2, 2), np.float32))
    assert (len(nothing.rows), nothing.hidden, nothing.hidden_mass) == (0, 0, 0.0)
