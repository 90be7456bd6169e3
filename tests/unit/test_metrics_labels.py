"""Measures of classes and numbers against counts and formulas written out by hand."""

import math

import numpy as np
import pytest

from bert_core.errors import InputError
from bert_core.metrics.labels import classification, confusion, per_class, regression, remarks

GOLD = [1, 1, 1, 0, 0, 0, 0, 1]
SAID = [1, 1, 0, 0, 0, 1, 0, 1]
ALL = ("accuracy", "f1", "macro_f1", "matthews")


def test_two_classes_by_hand() -> None:
    """Of four positive examples three are found; of four said to be positive three are."""
    found = classification(GOLD, SAID, labels=("no", "yes"), names=ALL)
    assert list(found) == list(ALL)
    assert found["accuracy"] == 6 / 8
    assert found["f1"] == pytest.approx(3 / 4)
    assert found["macro_f1"] == pytest.approx(3 / 4)
    assert found["matthews"] == pytest.approx((3 * 3 - 1 * 1) / math.sqrt(4 * 4 * 4 * 4))


def test_f1_is_that_of_the_second_class() -> None:
    gold, said = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 0, 0, 1])
    assert classification(gold, said, labels="01", names=["f1"])["f1"] == pytest.approx(2 / 3)
    turned = classification(1 - gold, 1 - said, labels="01", names=["f1"])["f1"]
    assert turned == pytest.approx(8 / 9)


def test_macro_f1_is_the_mean_over_classes() -> None:
    gold, said = [0, 0, 1, 2], [0, 1, 1, 0]
    found = classification(gold, said, labels=("a", "b", "c"), names=["macro_f1"])
    assert found["macro_f1"] == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)


@pytest.mark.parametrize("gold", [GOLD, [0] * 8, [1] * 8])
@pytest.mark.parametrize("said", [[0] * 8, [1] * 8])
def test_one_answer_for_everything_is_measured_without_a_warning(
    gold: list[int], said: list[int]
) -> None:
    found = classification(gold, said, labels="01", names=ALL)
    assert found["matthews"] == 0.0
    assert all(math.isfinite(value) for value in found.values())
    assert any("same answer" in sentence for sentence in remarks(gold, said))


def test_measures_that_are_not_there_are_named() -> None:
    with pytest.raises(InputError, match=r"'bleu'.*accuracy"):
        classification(GOLD, SAID, labels="01", names=["bleu"])
    with pytest.raises(InputError, match="macro_f1"):
        classification(GOLD, SAID, labels="012", names=["f1"])


def test_no_examples_are_refused() -> None:
    with pytest.raises(InputError, match="no examples"):
        classification([], [], labels="01", names=["accuracy"])
    with pytest.raises(InputError, match="no examples"):
        regression([], [])


def test_each_class_by_hand() -> None:
    found = per_class([0, 0, 1, 2], [0, 1, 1, 0], labels=("a", "b", "c", "d"))
    assert list(found) == ["a", "b", "c", "d"]
    assert found["a"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2.0}
    assert found["b"] == pytest.approx({"precision": 0.5, "recall": 1.0, "f1": 2 / 3, "support": 1})
    assert found["d"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0.0}


def test_confusion_has_gold_classes_as_rows() -> None:
    found = confusion([0, 0, 1, 2], [0, 1, 1, 0], labels=("a", "b", "c"))
    assert found.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_correlations_by_hand() -> None:
    gold, said = [0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 4.0, 9.0]
    found = regression(gold, said)
    assert found["spearman"] == pytest.approx(1.0)
    x, y = np.array(gold) - 1.5, np.array(said) - 3.5
    assert found["pearson"] == pytest.approx((x @ y) / math.sqrt((x @ x) * (y @ y)))
    assert regression(gold, [-value for value in said])["spearman"] == pytest.approx(-1.0)


@pytest.mark.parametrize(
    "said", [[2.5] * 4, [1e6, 1e6, 1e6, 1e6 * (1 + 1e-15)], [1.0, math.nan, 2.0, 3.0]]
)
def test_numbers_that_cannot_be_correlated_give_0_and_a_remark(said: list[float]) -> None:
    gold = [0.0, 1.0, 2.0, 3.0]
    assert regression(gold, said) == {"pearson": 0.0, "spearman": 0.0}
    assert len(remarks(gold, said)) == 1
    assert regression([1.0] * 4, gold)["pearson"] == 0.0
    assert remarks(gold, gold) == ()
