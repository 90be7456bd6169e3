"""Measures of pre-training from counts."""

import math

import pytest

from bert_core.metrics.pretraining import rates


def test_counts_become_shares() -> None:
    found = rates(masked=8, first=2, five=6, nats=8 * math.log(5), pairs=4, next_right=3)
    assert found == pytest.approx(
        {
            "masked_accuracy": 0.25,
            "masked_top5": 0.75,
            "masked_loss": math.log(5),
            "perplexity": 5.0,
            "next_accuracy": 0.75,
        }
    )


def test_what_was_not_counted_is_left_out() -> None:
    assert rates(masked=0, first=0, five=0, nats=0, pairs=2, next_right=1) == {"next_accuracy": 0.5}
    assert "next_accuracy" not in rates(masked=1, first=1, five=1, nats=0, pairs=0, next_right=0)


def test_a_loss_beyond_all_floats_is_no_error() -> None:
    found = rates(masked=1, first=0, five=0, nats=5000.0, pairs=0, next_right=0)
    assert found["perplexity"] == math.inf
