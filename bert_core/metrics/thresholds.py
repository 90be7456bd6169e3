"""When to give no answer: the best threshold, and precision against recall (evaluate-v2.0.py)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of one predicted answer.

    Attributes:
        na: how sure it is that there is no answer; higher is surer.
        score: of the answer as it was given, in [0, 1].
        answerable: whether the question has an answer.
        answered: whether an answer was given.
    """

    na: float
    score: float
    answerable: bool
    answered: bool


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Precision and recall at K thresholds, from answering nothing to answering everything.

    Attributes:
        thresholds: float64 of shape (K,): no-answer scores up to which answers are given; the
            first, minus infinity, gives none.
        precision: float64 of shape (K,): mean score of the answers given; 1 without any.
        recall: float64 of shape (K,): their scores over all questions that have an answer.
        average: average precision, in [0, 1].
    """

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    average: float


def best_threshold(judged: Sequence[Judged], total: int) -> tuple[float, float]:
    """The threshold at which the mean score is highest.

    Answers are given one after the other, the least doubtful first; those that are equally
    doubtful in the order of the sequence, as the official figures do.

    Args:
        judged: predicted answers.
        total: number of questions, those without a prediction included.

    Returns:
        The best mean score in per cent, and the threshold: a no-answer score, or 0.0 where
        nothing beats giving no answer at all.
    """
    now = best = float(sum(not each.answerable for each in judged))
    threshold = 0.0
    for each in sorted(judged, key=lambda each: each.na):
        now += each.score if each.answerable else -float(each.answered)
        if now > best:
            best, threshold = now, each.na
    return 100.0 * best / total, threshold


def precision_recall(judged: Sequence[Judged], answerable: int) -> Curve:
    """Precision against recall over all thresholds; scores of unanswerable questions count as 0.

    Args:
        judged: predicted answers.
        answerable: number of questions that have an answer, >= 1.
    """
    ranked = sorted(judged, key=lambda each: each.na)
    na = np.array([each.na for each in ranked], dtype=np.float64)
    right = np.cumsum([each.score if each.answerable else 0.0 for each in ranked])
    # Only after the last of equals can a threshold be set.
    last = np.flatnonzero(np.append(na[1:] != na[:-1], True))[: len(na)]
    precision = right[last] / (last + 1.0)
    recall = right[last] / answerable
    steps = np.diff(recall, prepend=0.0)
    return Curve(
        thresholds=np.append(-np.inf, na[last]),
        precision=np.append(1.0, precision),
        recall=np.append(0.0, recall),
        average=float((precision * steps).sum()),
    )
