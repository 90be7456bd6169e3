"""Scoring answers: what the official fixtures do not show."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.data.examples import Answer, QuestionExample
from bert_core.metrics.squad import exact_match, f1, normalise, score
from bert_core.metrics.thresholds import Judged, best_threshold, precision_recall

GOLD = {"boat": ["the grey boat", "a boat"], "snow": ["snow"], "void": []}


def test_examples_and_texts_are_scored_alike() -> None:
    examples = [
        QuestionExample(
            row=n,
            id=id_,
            title="",
            question="?",
            context="",
            answers=tuple(Answer(text, 0) for text in texts),
        )
        for n, (id_, texts) in enumerate(GOLD.items(), start=1)
    ]
    said = {"boat": "grey boat", "snow": "fresh snow", "void": ""}
    assert score(examples, said).metrics == score(GOLD, said).metrics


def test_each_question_has_its_own_score() -> None:
    found = score(GOLD, {"boat": "A Boat!", "snow": "fresh snow", "void": "rain"})
    assert found.exact == {"boat": 1.0, "snow": 0.0, "void": 0.0}
    assert found.f1 == pytest.approx({"boat": 1.0, "snow": 2 / 3, "void": 0.0})
    assert found.metrics["exact"] == pytest.approx(100 / 3)


def test_a_missing_question_is_wrong_even_where_no_answer_is_right() -> None:
    found = score(GOLD, {"boat": "boat", "other": "x"})
    assert found.missing == ("snow", "void")
    assert found.unknown == ("other",)
    assert found.metrics["total"] == 3
    assert found.metrics["NoAns_exact"] == 0.0
    assert found.exact == {"boat": 1.0, "snow": 0.0, "void": 0.0}


def test_doubtful_answers_are_withdrawn_above_the_threshold_only() -> None:
    said = {"boat": "boat", "snow": "snow", "void": "rain"}
    doubts = {"boat": 0.2, "snow": 0.5, "void": 0.9}
    kept = score(GOLD, said, doubts, na_threshold=0.5)
    assert kept.exact == {"boat": 1.0, "snow": 1.0, "void": 1.0}
    assert kept.metrics["best_exact"] == 100.0
    assert kept.metrics["best_exact_thresh"] == 0.5
    assert score(GOLD, said, doubts, na_threshold=0.4).exact["snow"] == 0.0


def test_a_question_without_doubt_is_named() -> None:
    found = score(GOLD, dict.fromkeys(GOLD, ""), {"boat": 0.5})
    assert found.without_na == ("snow", "void")
    assert set(found.curves) == {"exact", "f1", "oracle"}


def test_curves_end_where_every_answer_is_given() -> None:
    said = {"boat": "boat", "snow": "ice", "void": "rain"}
    curve = score(GOLD, said, {"boat": -2.0, "snow": 1.0, "void": 1.0}).curves["exact"]
    assert curve.thresholds.tolist() == [-np.inf, -2.0, 1.0]
    assert curve.precision.tolist() == pytest.approx([1.0, 1.0, 1 / 3])
    assert curve.recall.tolist() == [0.0, 0.5, 0.5]
    assert curve.average == 0.5


def test_scores_without_an_answerable_question_have_no_curve() -> None:
    found = score({"void": []}, {"void": "rain"}, {"void": 0.1})
    assert found.curves == {}
    assert found.metrics["best_exact"] == 100.0
    assert "HasAns_exact" not in found.metrics


def test_nothing_predicted_is_scored() -> None:
    found = score(GOLD, {}, {})
    assert found.metrics["exact"] == found.metrics["best_f1"] == 0.0
    assert json.dumps(found.metrics, allow_nan=False)


WORDS = st.lists(st.sampled_from(["the", "a", "heron", "Lake", "!", "1895", "é"]), max_size=5)


@given(WORDS, WORDS)
def test_f1_is_symmetric_and_full_only_for_the_same_words(gold: list[str], said: list[str]) -> None:
    one, two = " ".join(gold), " ".join(said)
    assert f1(one, two) == pytest.approx(f1(two, one))
    assert 0.0 <= f1(one, two) <= 1.0
    same = sorted(normalise(one).split()) == sorted(normalise(two).split())
    assert (f1(one, two) == pytest.approx(1.0)) == same
    if exact_match(one, two):
        assert f1(one, two) == pytest.approx(1.0)


@given(
    st.lists(
        st.tuples(
            st.integers(-3, 3), st.sampled_from([0.0, 0.5, 1.0]), st.booleans(), st.booleans()
        ),
        min_size=1,
        max_size=12,
    )
)
def test_the_best_threshold_beats_all_others(
    answers: list[tuple[int, float, bool, bool]],
) -> None:
    judged = [
        Judged(float(na), score_ if has else float(not said), has, said)
        for na, score_, has, said in answers
    ]
    best, _ = best_threshold(judged, len(judged))
    for threshold in range(-4, 4):
        mean = np.mean(
            [each.score if each.na <= threshold else not each.answerable for each in judged]
        )
        assert best >= 100.0 * mean - 1e-9


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=12))
def test_a_curve_ends_at_the_share_of_all_answers(answers: list[tuple[int, bool]]) -> None:
    judged = [Judged(float(na), float(right), True, True) for na, right in answers]
    curve = precision_recall(judged, len(judged))
    share = sum(right for _, right in answers) / len(answers)
    assert curve.recall[-1] == pytest.approx(share)
    assert curve.precision[-1] == pytest.approx(share)
    assert np.all(np.diff(curve.recall) >= 0)
    assert np.all(np.diff(curve.thresholds) > 0)
    assert 0.0 <= curve.average <= 1.0
