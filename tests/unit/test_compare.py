"""Two models on one mask."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bert_core.analysis.compare import compare, jensen_shannon
from bert_core.errors import InputError, ModelError
from bert_core.tasks.distribution import log_softmax
from bert_core.tasks.masked import fill
from tests.unit import reference

TEXT = "The [MASK] waits near the [MASK]."
PAIRS = st.integers(1, 20).flatmap(
    lambda size: st.tuples(
        *[arrays.arrays(np.float64, size, elements=st.floats(-800, 800, allow_nan=False))] * 2
    )
)


def test_a_model_with_itself(tiny_bert) -> None:
    result = compare(tiny_bert, tiny_bert, tiny_bert.tokenize(TEXT))
    assert result.divergence == pytest.approx(0, abs=1e-12)
    assert result.notes == ()
    assert len(result.rows) == 10
    for row in result.rows:
        assert row.ranks[0] == row.ranks[1]
        assert row.probabilities[0] == row.probabilities[1]


@pytest.mark.parametrize("mask", [0, 1])
def test_both_columns_are_what_fill_says(encoder_of, mask: int) -> None:
    first, second = encoder_of("bert-pretraining"), encoder_of("distilbert")
    result = compare(first, second, first.tokenize(TEXT), mask=mask, k=6)
    words: dict[str, float] = {}
    for side, encoder in enumerate((first, second)):
        shown = fill(encoder, TEXT, k=1000).masks[mask].candidates
        known = {each.word: each for each in shown}
        words |= dict.fromkeys((each.word for each in shown[:6]), 0.0)
        for row in result.rows:
            assert row.ranks[side] == known[row.word].rank
            assert row.probabilities[side] == pytest.approx(known[row.word].probability, rel=1e-5)
    assert {row.word for row in result.rows} == set(words)
    means = [sum(row.probabilities) for row in result.rows]
    assert means == sorted(means, reverse=True)


def test_divergence_from_the_librarys_distributions(encoder_of) -> None:
    first, second = encoder_of("bert-pretraining"), encoder_of("distilbert")
    tokens = first.tokenize(TEXT)
    position = tokens.masks[0]
    p, q = (
        np.exp(reference.log_probabilities_of(encoder, tokens)[position])
        for encoder in (first, second)
    )
    m = (p + q) / 2
    expected = (p * np.log2(p / m)).sum() / 2 + (q * np.log2(q / m)).sum() / 2
    assert compare(first, second, tokens).divergence == pytest.approx(expected, abs=1e-6)


def test_different_vocabularies_are_noted(encoder_of) -> None:
    first, second = encoder_of("bert-pretraining"), encoder_of("roberta")
    result = compare(first, second, first.tokenize(TEXT), k=5)
    assert result.divergence is None
    assert "vocabularies differ" in result.notes[0]
    assert any(None in row.ranks for row in result.rows)
    for row in result.rows:
        for rank, probability in zip(row.ranks, row.probabilities, strict=True):
            assert (rank is None) == (probability is None)


def test_capitals_do_not_tell_words_apart(encoder_of) -> None:
    first, second = encoder_of("bert-pretraining"), encoder_of("bert-cased")
    result = compare(first, second, first.tokenize(TEXT), k=50)
    words = [row.word for row in result.rows]
    assert len(words) == len(set(words))
    assert words == [word.casefold() for word in words]
    row = next(row for row in result.rows if row.word == "river")
    line = np.exp(
        reference.log_probabilities_of(second, second.tokenize(TEXT))[
            second.tokenize(TEXT).masks[0]
        ]
    )
    pieces = second.tokenizer.vocabulary.pieces
    both = [line[pieces.index(word)] for word in ("river", "River")]
    assert row.probabilities[1] == pytest.approx(max(both), abs=1e-6)


def test_clicked_masks_are_masks_for_both(encoder_of) -> None:
    first, second = encoder_of("bert-pretraining"), encoder_of("roberta")
    typed = compare(first, second, first.tokenize("The ___ waits."))
    clicked = compare(first, second, first.tokenize("The heron waits.").masked([2]))
    assert typed.rows == clicked.rows


@pytest.mark.parametrize("mask", [-1, 2])
def test_no_such_mask(tiny_bert, mask: int) -> None:
    with pytest.raises(InputError, match=f"mask number {mask + 1}") as refused:
        compare(tiny_bert, tiny_bert, tiny_bert.tokenize(TEXT), mask=mask)
    assert refused.value.field == "mask"


@pytest.mark.parametrize("k", [0, 101, "3", 2.5, None])
def test_k_out_of_range(tiny_bert, k) -> None:
    with pytest.raises(InputError, match="from 1 to 100") as refused:
        compare(tiny_bert, tiny_bert, tiny_bert.tokenize(TEXT), k=k)
    assert refused.value.field == "k"


def test_a_second_model_without_the_head(tiny_bert, encoder_of) -> None:
    with pytest.raises(ModelError, match="masked word"):
        compare(tiny_bert, encoder_of("bert-span"), tiny_bert.tokenize(TEXT))


@given(PAIRS)
def test_jensen_shannon_by_its_definition(pair) -> None:
    first, second = (log_softmax(side) for side in pair)
    expected = 0.0
    for log_p, log_q in zip(first, second, strict=True):
        p, q = math.exp(log_p), math.exp(log_q)
        for each in (p, q):
            if each > 0:
                expected += each * math.log2(each / ((p + q) / 2)) / 2
    found = jensen_shannon(first, second)
    assert found == pytest.approx(expected, abs=1e-9)
    assert found == pytest.approx(jensen_shannon(second, first), abs=1e-12)
    assert 0 <= found <= 1
    assert jensen_shannon(first, first) == pytest.approx(0, abs=1e-12)


def test_jensen_shannon_of_nothing_in_common() -> None:
    apart = [log_softmax(np.array(side)) for side in ([0.0, -2000.0], [-2000.0, 0.0])]
    assert jensen_shannon(*apart) == pytest.approx(1.0)
