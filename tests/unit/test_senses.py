"""What is compared and how senses are told apart: oracles, and the embedded model's own answer."""

import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from bert_core.analysis.embeddings.geometry import Geometry, compare, space, space_of
from bert_core.analysis.embeddings.layers import token_layers
from bert_core.analysis.embeddings.neighbours import nearest_sentences, nearest_words
from bert_core.analysis.embeddings.projection import methods, project
from bert_core.analysis.embeddings.scoring import (
    agreement,
    by_luck,
    chance,
    neighbour_shares,
    score,
    usable,
)
from bert_core.analysis.embeddings.senses import score_readings, sense_curve, senses
from bert_core.analysis.embeddings.sentences import ready_sets
from bert_core.analysis.embeddings.vectors import word_in_context
from bert_core.errors import InputError

RANDOM = np.random.default_rng(5)
LINES = [
    "bird | The heron waits near the cold lake.",
    "bird | A heron reads slow letters.",
    "ship | Our heron ships bread by the river.",
    "ship | She writes to the heron every morning.",
    "The old heron.",
]


@pytest.fixture(scope="module")
def bank(embedded):
    return word_in_context(embedded, ready_sets()["bank"].sentences, "bank")


@pytest.fixture(scope="module")
def bank_senses(embedded, bank):
    return senses(embedded, bank)


@pytest.fixture(scope="module")
def heron(tiny_bert):
    return word_in_context(tiny_bert, "\n".join(LINES), "heron")


def made(vectors: np.ndarray, **geometry):
    """A space of some vectors with random other words."""
    others = RANDOM.normal(size=(12, vectors.shape[1])).astype(np.float32)
    return space_of(vectors.astype(np.float32), others, [0, 1, 2] * 4, Geometry(**geometry))


# ---- the seed's argument -----------------------------------------------------------------------


def test_river_and_money_are_told_apart_by_both_sides_only(bank_senses) -> None:
    best = {each.reading: each.best for each in bank_senses.readings}
    assert bank_senses.labels == ("river", "money")
    assert bank_senses.chance == pytest.approx(11 / 23)
    assert best["table"].accuracy == pytest.approx(bank_senses.chance), "by construction"
    assert best["table"].silhouette == 0
    assert best["deep"].accuracy == 1.0
    assert best["deep"].layer in (5, 6)
    assert best["left"].accuracy < 0.8
    assert best["right"].accuracy < 0.8
    assert max(best["left"].accuracy, best["right"].accuracy) < best["shallow"].accuracy < 1
    luck = {each.reading: (each.luck, each.p) for each in bank_senses.readings}
    assert luck["deep"][1] < 0.01
    assert luck["left"][1] > 0.05
    assert luck["table"] == (pytest.approx(bank_senses.chance), 1.0)


def test_the_curve_is_the_deep_reading(bank, bank_senses) -> None:
    deep = bank_senses.readings[-1]
    assert sense_curve(bank) == deep.layers
    assert [each.layer for each in deep.layers] == list(range(bank.layers + 1))
    assert deep.layers[5].gap > 0.05 > deep.layers[0].gap
    # Any two words of a sentence are less alike than one word in two sentences.
    assert all(each.baseline < each.between for each in deep.layers)


@pytest.mark.parametrize("word", ready_sets())
def test_every_ready_set_needs_both_sides(embedded, word: str) -> None:
    result = senses(embedded, word_in_context(embedded, ready_sets()[word].sentences, word))
    table, left, right, shallow, deep = (each.best.accuracy for each in result.readings)
    assert table == pytest.approx(result.chance)
    assert table < min(left, right)
    assert max(left, right) < shallow < deep
    assert result.readings[-1].p < 0.01
    assert deep > result.readings[-1].luck


# ---- scores ------------------------------------------------------------------------------------


def test_scores_against_the_plain_definition(bank) -> None:
    here, labels = space(bank, 5), list(bank.labels)
    unit = bank.vectors[5] / np.linalg.norm(bank.vectors[5], axis=1, keepdims=True)
    cosines = unit @ unit.T
    assert np.abs(here.values - cosines).max() <= 1e-5
    pairs = [(i, j) for i in range(24) for j in range(24) if i != j]
    same = [cosines[i, j] for i, j in pairs if labels[i] == labels[j]]
    other = [cosines[i, j] for i, j in pairs if labels[i] != labels[j]]
    right = [
        labels[max((j for j in range(24) if j != i), key=lambda j, i=i: cosines[i, j])] == labels[i]
        for i in range(24)
    ]
    found = score(here, labels, 5)
    assert found.accuracy == pytest.approx(np.mean(right))
    assert found.within == pytest.approx(np.mean(same), abs=1e-6)
    assert found.between == pytest.approx(np.mean(other), abs=1e-6)
    assert found.gap == pytest.approx(found.within - found.between)
    expected = silhouette_score(bank.vectors[5], labels, metric="cosine")
    assert found.silhouette == pytest.approx(expected, abs=1e-5)


@given(counts=st.lists(st.integers(2, 6), min_size=2, max_size=4), metric=st.sampled_from(
    ["cosine", "euclidean"]), centre=st.booleans())  # fmt: skip
def test_equal_vectors_get_what_guessing_gets(counts, metric, centre) -> None:
    labels = [str(sense) for sense, count in enumerate(counts) for _ in range(count)]
    row = RANDOM.normal(size=8)
    found = score(made(np.tile(row, (len(labels), 1)), metric=metric, centre=centre), labels, 0)
    assert found.accuracy == pytest.approx(chance(labels))
    assert found.silhouette == 0
    assert found.gap == pytest.approx(0, abs=1e-9)


def test_a_euclidean_gap_is_positive_where_senses_part() -> None:
    vectors = np.vstack([RANDOM.normal(size=(5, 4)), 50 + RANDOM.normal(size=(5, 4))])
    labels = ["a"] * 5 + ["b"] * 5
    found = score(made(vectors, metric="euclidean"), labels, 3)
    assert found.accuracy == 1.0
    assert found.within < found.between
    assert found.gap == pytest.approx(found.between - found.within)
    assert found.silhouette > 0.9


def test_luck_is_that_of_the_best_layer() -> None:
    labels = ["a"] * 6 + ["b"] * 6
    shares = np.stack([neighbour_shares(made(RANDOM.normal(size=(12, 6)))) for _ in range(8)])
    assert np.allclose(shares.sum(axis=2), 1)
    one, many = (by_luck(part, labels, rounds=300, seed=1) for part in (shares[:1], shares))
    assert one.mean() == pytest.approx(chance(labels), abs=0.04)
    assert many.mean() > one.mean() + 0.1
    assert np.array_equal(many, by_luck(shares, labels, rounds=300, seed=1))
    same = np.array(labels)[:, None] == np.array(labels)[None]
    assert agreement(shares, same[None]).shape == (8, 1)


def test_senses_that_cannot_be_scored(heron, tiny_bert) -> None:
    assert usable(["a", "a", "", "b", "b", "c"]).tolist() == [0, 1, 3, 4]
    for labels in (["", ""], ["a", "a", "a"], ["a", "a", "b"], []):
        with pytest.raises(InputError, match="two senses at least"):
            usable(labels)
    result = senses(tiny_bert, heron, rounds=20)
    assert result.counts == (2, 2)
    assert "1 sentence has no sense" in result.notes[1]
    assert result == senses(tiny_bert, heron, rounds=20), "the seed decides"
    bare = word_in_context(tiny_bert, ["a heron", "the heron"], "heron")
    with pytest.raises(InputError, match="put the sense before"):
        senses(tiny_bert, bare)
    with pytest.raises(InputError, match="put the sense before"):
        score_readings(bare, ())


def test_progress_counts_both_sides(heron, tiny_bert) -> None:
    told = []
    senses(tiny_bert, heron, rounds=1, on_progress=lambda *at: told.append(at))
    assert told[-1] == (10, 10)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


# ---- geometry ----------------------------------------------------------------------------------


def test_centring_and_dropping_are_reported(bank) -> None:
    usual, off = space(bank, 6), space(bank, 6, Geometry(centre=True, drop=3))
    others = bank.others[6].astype(np.float64)
    mean = others.mean(axis=0)
    variance = np.square(others - mean).mean(axis=0)
    largest = np.argsort(-variance)[:3]
    assert [each.dimension for each in off.dropped] == largest.tolist()
    assert [each.share for each in off.dropped] == pytest.approx(
        (variance[largest] / variance.sum()).tolist()
    )
    assert np.allclose(off.vectors, np.delete(bank.vectors[6] - mean, largest, axis=1))
    assert usual.dropped == ()
    assert off.baseline == pytest.approx(0, abs=0.05)
    assert usual.baseline > 0.08


def test_the_baseline_is_of_different_sentences() -> None:
    others = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    found = space_of(others, others, [0, 0, 1], Geometry())
    assert (found.baseline, found.pairs) == (0.0, 2)
    alone = space_of(others, others[:0], [], Geometry(centre=True, drop=1))
    assert (alone.baseline, alone.pairs) == (None, 0)


def test_a_dominating_dimension_hides_what_differs() -> None:
    vectors = RANDOM.normal(size=(10, 6))
    others = RANDOM.normal(size=(20, 6))
    for each in (vectors, others):
        each[:, 2] += 100
    args = vectors.astype(np.float32), others.astype(np.float32), list(range(20))
    assert space_of(*args, Geometry()).baseline > 0.99
    found = space_of(*args, Geometry(drop=1))
    assert found.dropped[0].dimension == 2
    assert found.dropped[0].share > 0.99
    assert abs(found.baseline) < 0.3


@given(st.integers(2, 6), st.sampled_from(["cosine", "euclidean"]))
def test_values_are_those_of_a_metric(count: int, metric) -> None:
    vectors = np.random.default_rng(count).normal(size=(count, 5))
    values = compare(vectors, metric)
    assert np.allclose(values, values.T)
    assert np.allclose(np.diag(values), 1 if metric == "cosine" else 0)
    scaled = compare(vectors * 3, metric)
    assert np.allclose(scaled, values if metric == "cosine" else 3 * values)


def test_a_vector_of_no_length_has_no_direction() -> None:
    values = compare(np.array([[0.0, 0.0], [1.0, 0.0]]), "cosine")
    assert values.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("geometry", [Geometry(drop=33), Geometry(drop=-1)])
def test_too_much_dropped_is_refused(bank, geometry) -> None:
    with pytest.raises(InputError, match="0 to 32 can"):
        space(bank, 1, geometry)


def test_a_layer_that_is_none_is_refused(embedded, bank) -> None:
    with pytest.raises(InputError, match="0 \\(embeddings\\) to 6"):
        space(bank, 7)
    with pytest.raises(InputError, match="no layer 7"):
        nearest_words(embedded, bank, 7, 0)


# ---- the plane ---------------------------------------------------------------------------------


def test_pca_is_scikit_learns_up_to_sign(bank) -> None:
    here = space(bank, 5)
    found, again = (project(here, bank.labels) for _ in range(2))
    assert np.array_equal(found.points, again.points)
    unit = here.vectors / np.linalg.norm(here.vectors, axis=1, keepdims=True)
    expected = PCA(n_components=2, svd_solver="full").fit(unit)
    assert np.allclose(np.abs(found.points), np.abs(expected.transform(unit)))
    assert found.explained == pytest.approx(tuple(expected.explained_variance_ratio_))
    river = np.array([label == "river" for label in bank.labels])
    for layer in range(1, 7):
        points = project(space(bank, layer), bank.labels).points
        assert (points[river].mean(axis=0) >= 0).all(), "one way round at every layer"


def test_two_sentences_lie_on_a_line(tiny_bert) -> None:
    trace = word_in_context(tiny_bert, ["a heron is cold", "the heron"], "heron")
    found = project(space(trace, 2))
    assert found.explained == pytest.approx((1, 0))
    assert np.allclose(found.points[:, 1], 0)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_equal_vectors_have_no_picture(tiny_bert, metric) -> None:
    trace = word_in_context(tiny_bert, ["the heron", "our heron", "a heron is cold"], "heron")
    with pytest.raises(InputError, match="All 3 vectors are the same"):
        project(space(trace, 0, Geometry(metric)))
    assert project(space(trace, 1, Geometry(metric))).explained is not None


def test_umap_is_offered_only_where_it_is(bank) -> None:
    installed = importlib.util.find_spec("umap") is not None
    assert methods() == (("pca", "umap") if installed else ("pca",))
    if not installed:
        with pytest.raises(InputError, match="not installed"):
            project(space(bank, 5), method="umap")


# ---- neighbours --------------------------------------------------------------------------------


def test_neighbours_of_a_sentence(embedded, bank) -> None:
    here = space(bank, 5)
    near = nearest_sentences(here, 0, k=23)
    assert sorted(each.index for each in near) == list(range(1, 24))
    assert [each.value for each in near] == sorted((each.value for each in near), reverse=True)
    far = nearest_sentences(space(bank, 5, Geometry("euclidean")), 0, k=3)
    assert [each.value for each in far] == sorted(each.value for each in far)
    words = nearest_words(embedded, bank, 0, 0)
    assert words[0].word == "banks"
    assert "bank" not in {each.word for each in words}
    river = {each.word for each in nearest_words(embedded, bank, 5, 1)}
    money = {each.word for each in nearest_words(embedded, bank, 5, 12)}
    assert "lagoon" in river - money
    assert "banking" in money - river
    with pytest.raises(InputError, match="no occurrence 25 of 24"):
        nearest_sentences(here, 24)
    with pytest.raises(InputError, match="no occurrence 0 of 24"):
        nearest_words(embedded, bank, 5, -1)


# ---- one sentence ------------------------------------------------------------------------------


@pytest.mark.parametrize("centre", [True, False])
def test_pieces_from_layer_to_layer(embedded, centre: bool) -> None:
    text = "The bank by the river lent [MASK] some money."
    found = token_layers(embedded, text, centre=centre)
    states = embedded.trace(found.tokens, hidden=True).hidden.astype(float)
    assert found.tokens.masks == ()
    if centre:
        states -= states.mean(axis=1, keepdims=True)
    unit = states / np.linalg.norm(states, axis=2, keepdims=True)
    assert np.allclose(found.to_start[0], 1)
    assert np.allclose(found.to_start[4], (unit[4] * unit[0]).sum(axis=1))
    assert np.isclose(found.to_neighbours[3, 0], unit[3, 0] @ unit[3, 1])
    middle = (unit[3, 4] @ unit[3, 3] + unit[3, 4] @ unit[3, 5]) / 2
    assert np.isclose(found.to_neighbours[3, 4], middle)
    cosines = unit[6] @ unit[6].T
    assert np.isclose(found.to_all[6], cosines[~np.eye(len(cosines), dtype=bool)].mean())
    assert found.paths.shape == (*states.shape[:2], 2)
    assert found.explained[0] >= found.explained[1] > 0


def test_a_sentence_that_is_none(tiny_bert) -> None:
    with pytest.raises(InputError, match="empty"):
        token_layers(tiny_bert, "  ")
    with pytest.raises(InputError, match="the model reads 64"):
        token_layers(tiny_bert, "snow " * 80)
    assert token_layers(tiny_bert, "snow").to_start.shape == (3, 3)
