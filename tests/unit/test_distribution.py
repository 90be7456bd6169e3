"""The arithmetic under every masked-word answer, against formulas written out another way."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bert_core.errors import InputError
from bert_core.tasks.distribution import (
    allowed,
    best_ids,
    candidate,
    entropy_bits,
    log_softmax,
    log_sum_exp,
    rank_of,
)

LOGITS = arrays.arrays(
    np.float32, st.integers(1, 30), elements=st.floats(-1e4, 1e4, width=32, allow_nan=False)
)


@given(LOGITS)
def test_log_softmax_is_the_one_of_torch(logits) -> None:
    expected = torch.log_softmax(torch.from_numpy(logits).double(), dim=-1).numpy()
    np.testing.assert_allclose(log_softmax(logits), expected, rtol=1e-12, atol=1e-9)


@given(LOGITS)
def test_probabilities_sum_to_one_and_no_log_is_above_zero(logits) -> None:
    logs = log_softmax(logits)
    assert np.exp(logs).sum() == pytest.approx(1.0, abs=1e-9)
    assert (logs <= 0).all()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_refused(bad: float) -> None:
    with pytest.raises(InputError, match="no numbers") as refused:
        log_softmax(np.array([[0.0, 1.0], [bad, 0.0]]))
    assert refused.value.field == "precision"


@given(LOGITS)
def test_entropy_is_shannons(logits) -> None:
    probabilities = torch.softmax(torch.from_numpy(logits).double(), dim=-1).tolist()
    expected = -sum(p * math.log2(p) for p in probabilities if p > 0)
    assert entropy_bits(log_softmax(logits)) == pytest.approx(expected, abs=1e-6)


def test_entropy_at_both_ends() -> None:
    assert entropy_bits(log_softmax(np.zeros(1024))) == pytest.approx(10.0)
    assert entropy_bits(log_softmax(np.array([0.0, -5000.0]))) == pytest.approx(0.0, abs=1e-12)


@given(LOGITS)
def test_log_sum_exp(logits) -> None:
    exact = logits.astype(np.float64)
    assert log_sum_exp(exact) == pytest.approx(float(np.logaddexp.reduce(exact)), abs=1e-9)


def test_log_sum_exp_of_tiny_probabilities() -> None:
    assert log_sum_exp(np.array([-2000.0, -2000.0])) == pytest.approx(-2000 + math.log(2))


@given(
    arrays.arrays(np.float64, st.integers(1, 40), elements=st.integers(-5, 0).map(float)),
    st.integers(1, 50),
    st.data(),
)
def test_best_ids_are_those_of_a_stable_sort(logs, k: int, data) -> None:
    keep = data.draw(arrays.arrays(np.bool_, len(logs)))
    everything = sorted(range(len(logs)), key=lambda i: (-logs[i], i))
    assert best_ids(logs, k) == everything[:k]
    assert best_ids(logs, k, keep) == [i for i in everything if keep[i]][:k]


@given(arrays.arrays(np.float64, st.integers(1, 40), elements=st.integers(-5, 0).map(float)))
def test_equal_pieces_share_the_better_rank(logs) -> None:
    ordered = sorted(logs, reverse=True)
    assert [rank_of(logs, i) for i in range(len(logs))] == [ordered.index(x) + 1 for x in logs]


def test_a_candidate_carries_the_vocabularys_spelling(tiny_bert) -> None:
    vocabulary = tiny_bert.tokenizer.vocabulary
    logs = log_softmax(np.linspace(0.0, 5.0, len(vocabulary)))
    id_ = vocabulary.pieces.index("##ing")
    found = candidate(vocabulary, logs, id_)
    assert (found.word, found.piece, found.id, found.whole_word) == ("ing", "##ing", id_, False)
    assert found.rank == len(vocabulary) - id_
    assert found.probability == pytest.approx(math.exp(logs[id_]))
    assert found.log_odds == pytest.approx(
        -5.0 * (len(vocabulary) - 1 - id_) / (len(vocabulary) - 1)
    )
    assert type(found.id) is int
    assert type(found.probability) is float


def test_what_may_be_shown_depends_on_the_place_in_the_word(tiny_bert) -> None:
    vocabulary = tiny_bert.tokenizer.vocabulary
    tokens = tiny_bert.tokenize("The heron waited.")
    inside = next(i for i, piece in enumerate(tokens.pieces) if piece.startswith("##"))
    starts = np.array([not piece.startswith("##") for piece in vocabulary.pieces])
    special = np.array([piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
                        for piece in vocabulary.pieces])  # fmt: skip
    whole = allowed(vocabulary, tokens, 1, words_only=True)
    parts = allowed(vocabulary, tokens, inside, words_only=True)
    np.testing.assert_array_equal(whole, starts & ~special)
    np.testing.assert_array_equal(parts, ~starts & ~special)
    np.testing.assert_array_equal(allowed(vocabulary, tokens, 1, words_only=False), ~special)
