"""Pieces and words, blocks and hidden special pieces: by hand, and what holds for any input."""

import numpy as np
import pytest
from hypothesis import given

from bert_core.analysis.attention.blocks import part
from bert_core.analysis.attention.levels import Unit, merge, units_of
from bert_core.errors import InputError
from bert_core.model.tokens import Tokens
from tests.unit.made_attention import inputs, pairs, random_weights, seeds, tokens_of

BLOCKS = ("aa", "ab", "ba", "bb")


def whole_of(tokens: Tokens, seed: int = 0) -> np.ndarray:
    return random_weights(seed, 2, 3, len(tokens), len(tokens))


# ---- levels ------------------------------------------------------------------------------------


def test_a_split_word_receives_the_sum_and_sends_the_mean() -> None:
    """Clark et al. 2019, section 4.1, computed by hand."""
    tokens = tokens_of("rain|ed")
    weights = np.array(
        [[0.1, 0.2, 0.3, 0.4], [0.0, 1.0, 0.0, 0.0], [0.5, 0.0, 0.25, 0.25], [0.0, 0.5, 0.5, 0.0]],
        dtype=np.float32,
    )
    units = units_of(tokens, "word")
    assert units == (
        Unit("[CLS]", None, None, 0, True, (0,)),
        Unit("rained", (0, 6), 0, 0, False, (1, 2)),
        Unit("[SEP]", None, None, 0, True, (3,)),
    )
    np.testing.assert_allclose(
        merge(weights, units),
        [[0.1, 0.5, 0.4], [0.25, 0.625, 0.125], [0.0, 1.0, 0.0]],
        atol=1e-7,
    )


def test_words_keep_their_characters_and_texts() -> None:
    tokens = tokens_of("the heron|s", "it rain|ed")
    words = units_of(tokens, "word")
    assert [unit.text for unit in words] == [
        "[CLS]", "the", "herons", "[SEP]", "it", "rained", "[SEP]",
    ]  # fmt: skip
    assert [unit.span for unit in words if unit.span] == [(0, 3), (4, 10), (0, 2), (3, 9)]
    assert [unit.side for unit in words] == [0, 0, 0, 0, 1, 1, 1]
    assert [unit.sequence for unit in words] == [None, 0, 0, None, 1, 1, None]
    pieces = units_of(tokens)
    assert [unit.text for unit in pieces] == list(tokens.pieces)
    assert [unit.pieces for unit in pieces] == [(n,) for n in range(len(tokens))]


def test_a_word_under_a_mask_is_not_shown() -> None:
    tokens = tokens_of("it rain|ed on")
    assert units_of(tokens.masked([2, 3]), "word")[2].text == "[MASK][MASK]"
    assert units_of(tokens.masked([3]), "word")[2].text == "rain[MASK]"
    assert units_of(tokens.masked([1]), "word")[1].text == "[MASK]"


@given(tokens=inputs, seed=seeds)
def test_merged_rows_still_sum_to_one(tokens: Tokens, seed: int) -> None:
    units = units_of(tokens, "word")
    merged = merge(whole_of(tokens, seed), units)
    assert merged.shape == (2, 3, len(units), len(units))
    assert merged.dtype == np.float32
    np.testing.assert_allclose(merged.sum(axis=-1), 1, atol=1e-6)
    assert sorted(p for unit in units for p in unit.pieces) == list(range(len(tokens)))


@given(tokens=inputs, seed=seeds)
def test_words_of_one_piece_change_nothing(tokens: Tokens, seed: int) -> None:
    whole = tokens_of(tokens.text, tokens.pair)
    weights = whole_of(whole, seed)
    np.testing.assert_array_equal(merge(weights, units_of(whole, "word")), weights)


# ---- blocks ------------------------------------------------------------------------------------


@given(tokens=pairs, seed=seeds)
@pytest.mark.parametrize("level", ["piece", "word"])
def test_blocks_reassemble_the_whole(level: str, tokens: Tokens, seed: int) -> None:
    units = units_of(tokens, level)  # type: ignore[arg-type]
    weights = merge(whole_of(tokens, seed), units)
    again = np.full_like(weights, np.nan)
    for block in BLOCKS:
        cut = part(weights, units, block=block)  # type: ignore[arg-type]
        assert np.isnan(again[..., cut.rows, :][..., cut.columns]).all(), "no overlap"
        again[np.ix_(range(2), range(3), cut.rows, cut.columns)] = cut.weights
        np.testing.assert_allclose(cut.outside + cut.weights.sum(axis=-1), 1, atol=1e-6)
        assert not cut.hidden.any()
    np.testing.assert_array_equal(again, weights)


@given(tokens=pairs)
def test_sides_are_the_segments_of_bert(tokens: Tokens) -> None:
    assert tuple(unit.side for unit in units_of(tokens)) == tokens.segments


@given(tokens=pairs, seed=seeds)
def test_hidden_shares_are_counted(tokens: Tokens, seed: int) -> None:
    weights, units = whole_of(tokens, seed), units_of(tokens)
    special = [n for n, unit in enumerate(units) if unit.special]
    for block in ("all", *BLOCKS):
        kept = part(weights, units, block=block, hide_special=True)  # type: ignore[arg-type]
        assert not set(special) & {*kept.rows, *kept.columns}
        expected = weights[..., kept.rows, :][..., special].sum(axis=-1)
        np.testing.assert_allclose(kept.hidden, expected, atol=1e-6)
        together = kept.hidden + kept.outside + kept.weights.sum(axis=-1)
        np.testing.assert_allclose(together, 1, atol=1e-6)
        same = weights[..., kept.rows, :][..., kept.columns]
        np.testing.assert_array_equal(kept.weights, same)


@given(tokens=pairs, seed=seeds)
def test_renormalised_rows_sum_to_one_again(tokens: Tokens, seed: int) -> None:
    weights, units = whole_of(tokens, seed), units_of(tokens)
    kept = part(weights, units, hide_special=True, renormalise=True)
    np.testing.assert_allclose(kept.weights.sum(axis=-1), 1, atol=1e-6)
    # A row over both texts is scaled as one, so its two blocks still make 1 together.
    blocks = [
        part(weights, units, block=block, hide_special=True, renormalise=True)
        for block in ("aa", "ab")
    ]
    together = sum(block.weights.sum(axis=-1) for block in blocks)
    np.testing.assert_allclose(together, 1, atol=1e-6)


def test_a_row_that_keeps_nothing_is_said_so() -> None:
    tokens = tokens_of("a b")
    weights = np.array([[1, 0, 0, 0], [1, 0, 0, 0], [0.5, 0.25, 0, 0.25], [0, 0, 0, 1]], np.float32)
    kept = part(weights, units_of(tokens), hide_special=True, renormalise=True)
    assert kept.rows == (1, 2)
    assert kept.emptied.tolist() == [True, False]
    assert kept.hidden.tolist() == [1.0, 0.75]
    assert kept.weights.tolist() == [[0, 0], [1, 0]]


def test_signed_values_count_by_their_size() -> None:
    units = units_of(tokens_of("a b"))
    weights = np.array([[0, 0, 0, 0], [-3, 0.5, -0.5, 0], [1, 1, 1, 1], [1, 0, 0, 0]], np.float32)
    kept = part(weights, units, hide_special=True)
    assert kept.hidden.tolist() == [0.75, 0.5]
    with pytest.raises(InputError, match="without renormalising") as refused:
        part(weights, units, hide_special=True, renormalise=True)
    assert refused.value.field == "renormalise"


def test_a_block_of_no_text_is_refused() -> None:
    tokens = tokens_of("a b")
    weights = whole_of(tokens)
    with pytest.raises(InputError, match="Nothing is left to show of A→B") as refused:
        part(weights, units_of(tokens), block="ab")
    assert refused.value.field == "block"
    np.testing.assert_array_equal(part(weights, units_of(tokens), block="aa").weights, weights)
