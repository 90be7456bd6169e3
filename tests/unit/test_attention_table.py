"""The head table: heads made by hand get the numbers and the name that are theirs."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from bert_core.analysis.attention.table import NAMED, VALUES, HeadTable, head_table
from bert_core.model.tokens import Tokens
from tests.unit.made_attention import inputs, random_weights, seeds, tokens_of

TOKENS = tokens_of("rain|ed , late", "it is .")
# 0 [CLS] 1 rain 2 ##ed 3 , 4 late 5 [SEP] 6 it 7 is 8 . 9 [SEP]
T = len(TOKENS)


def looking_at(*targets: int) -> np.ndarray:
    """One head whose row i puts everything on piece targets[i]."""
    return np.eye(T, dtype=np.float32)[list(targets)]


def table_of(*heads: np.ndarray) -> HeadTable:
    return head_table(np.stack(heads)[None].astype(np.float32), TOKENS)


MADE = {
    "self": looking_at(*range(T)),
    "previous": looking_at(0, *range(T - 1)),
    "next": looking_at(*range(1, T), T - 1),
    "[CLS]": looking_at(*[0] * T),
    "[SEP]": looking_at(*[5] * 5, *[9] * 5),
    "punctuation": looking_at(*[3] * 5, *[8] * 5),
    "broad": np.full((T, T), 1 / T, dtype=np.float32),
}


@pytest.mark.parametrize("pattern", MADE)
def test_a_pure_head_has_its_name_and_its_whole_share(pattern: str) -> None:
    (row,) = table_of(MADE[pattern]).rows
    assert row.pattern == pattern
    assert row.share == pytest.approx(1, abs=1e-6)
    if pattern == "broad":
        assert row.entropy == pytest.approx(math.log2(T), abs=1e-5)
        assert (row.cls, row.sep, row.largest) == pytest.approx((1 / T, 2 / T, 1 / T), abs=1e-6)
    else:
        assert getattr(row, NAMED[pattern]) == pytest.approx(1)  # type: ignore[index]
        assert row.entropy == 0
        assert row.largest == 1


def test_numbers_of_a_head_by_hand() -> None:
    """Content rows are 1 2 3 4 6 7 8; every row here has 3/4 on piece 2 and 1/4 on piece 9."""
    head = np.zeros((T, T))
    head[:, 2], head[:, 9] = 0.75, 0.25
    (row,) = table_of(head).rows
    assert row.entropy == pytest.approx(0.75 * math.log2(4 / 3) + 0.25 * 2, abs=1e-6)
    assert row.sep == pytest.approx(0.25)
    assert row.itself == pytest.approx(0.75 / 7), "row 2"
    assert row.previous == pytest.approx(0.75 / 7), "row 3"
    assert row.following == pytest.approx((0.75 + 0.25) / 7), "rows 1 and 8"
    assert row.rest_of_word == pytest.approx(0.75 / 7), "row 1"
    near = sum(0.75 * abs(i - 2) + 0.25 * abs(i - 9) for i in (1, 2, 3, 4, 6, 7, 8)) / 7
    assert row.distance == pytest.approx(near)
    assert (row.a_to_b, row.b_to_a) == (0, pytest.approx(0.75)), "the last [SEP] is no piece of B"
    assert (row.cls, row.punctuation, row.largest) == (0, 0, 0.75)
    assert (row.pattern, row.share) == ("mixed", pytest.approx(0.25))


def test_special_rows_do_not_count() -> None:
    changed = MADE["self"].copy()
    for position in (0, 5, 9):
        changed[position] = 1 / T
    assert table_of(changed).rows == table_of(MADE["self"]).rows


def test_the_rest_of_a_word() -> None:
    tokens = tokens_of("rain|ed sno|w|s")
    order = [0, 2, 1, 4, 5, 3, 6]
    weights = np.eye(7, dtype=np.float32)[order][None, None]
    (row,) = head_table(weights, tokens).rows
    assert (row.pattern, row.share, row.rest_of_word) == ("rest of the word", 1, 1)


def test_a_name_needs_half_and_ties_go_to_the_first() -> None:
    itself, previous = MADE["self"], MADE["previous"]
    assert table_of(0.5 * itself + 0.5 * previous).rows[0].pattern == "self"
    third = (itself + previous + MADE["[CLS]"]) / 3
    (row,) = table_of(third).rows
    assert row.pattern == "mixed"
    assert row.share == max(getattr(row, name) for name in NAMED.values())


def test_a_mask_is_no_punctuation() -> None:
    masked = replace(TOKENS.masked([3]), text=TOKENS.text)
    weights = MADE["punctuation"][None, None]
    assert head_table(weights, TOKENS).rows[0].punctuation == 1
    assert head_table(weights, masked).rows[0].punctuation == pytest.approx(3 / 7)


def test_heads_are_numbered_and_come_as_grids() -> None:
    weights = random_weights(1, 2, 3, T, T)
    table = head_table(weights, TOKENS)
    assert [(row.layer, row.head) for row in table.rows] == [
        (layer, head) for layer in (1, 2) for head in (1, 2, 3)
    ]
    assert table.grid("entropy").shape == (2, 3)
    assert table.grid("entropy")[1, 2] == table.rows[5].entropy
    alone = head_table(weights[1:, 2:], TOKENS).rows[0]
    for name in VALUES:
        assert getattr(alone, name) == pytest.approx(getattr(table.rows[5], name))


@given(tokens=inputs, seed=seeds)
def test_what_holds_for_any_input(tokens: Tokens, seed: int) -> None:
    pieces = len(tokens)
    table = head_table(random_weights(seed, 2, 2, pieces, pieces), tokens)
    for row in table.rows:
        assert 0 <= row.entropy <= math.log2(pieces) + 1e-6
        assert 0 <= row.distance <= pieces - 1
        assert (row.a_to_b is None) == (tokens.pair is None) == (row.b_to_a is None)
        for name in NAMED.values():
            assert -1e-9 <= getattr(row, name) <= 1 + 1e-6
        assert row.itself + row.previous + row.following <= 1 + 1e-6
    assert np.isnan(table.grid("a_to_b")).all() == (tokens.pair is None)
