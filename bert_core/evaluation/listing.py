"""The list of errors, and the no-answer scores of both sorts of questions."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.evaluation.groups import QuestionWord
from bert_core.evaluation.judging import JudgedQuestion, Judgement
from bert_core.evaluation.kinds import KINDS, Kind

MISTAKES: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind != "right")


@dataclass(frozen=True, slots=True, eq=False)
class NullOdds:
    """How sure it was that there is no answer, in nats or as the file says it.

    Attributes:
        has_answer: float64, of the questions that have an answer.
        no_answer: float64, of those that have none.
    """

    has_answer: NDArray[np.float64]
    no_answer: NDArray[np.float64]


def mistakes(
    judged: Judgement,
    *,
    kinds: Collection[Kind] = MISTAKES,
    words: Collection[QuestionWord] | None = None,
) -> Iterator[JudgedQuestion]:
    """Questions by what is wrong with their answer, in the order of the file.

    Args:
        judged: the questions.
        kinds: of these kinds; without it, all but the right ones.
        words: with these question words; None: with any.
    """
    for each in judged.questions:
        if each.kind in kinds and (words is None or each.question_word in words):
            yield each


def null_odds(judged: Judgement) -> NullOdds:
    """No-answer scores of questions with and without an answer; empty where there are none."""

    def of(*, answerable: bool) -> NDArray[np.float64]:
        found = [
            each.null_odds
            for each in judged.questions
            if each.null_odds is not None and bool(each.gold) == answerable
        ]
        return np.array(found, dtype=np.float64)

    return NullOdds(has_answer=of(answerable=True), no_answer=of(answerable=False))
