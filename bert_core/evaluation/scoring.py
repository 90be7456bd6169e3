"""Somebody's predictions scored, with the figures of the official script and some more."""

import os
from pathlib import Path

from bert_core.checks import number
from bert_core.errors import InputError
from bert_core.evaluation.gold import Gold, read_gold
from bert_core.evaluation.judging import Judgement, judge_predictions
from bert_core.evaluation.predictions import read_na_probs, read_predictions
from bert_core.evaluation.report import Evaluation
from bert_core.evaluation.summary import summarise

File = str | os.PathLike[str]


def score_predictions(
    predictions: File, gold: File, na_probs: File | None = None, threshold: float = 1.0
) -> Evaluation:
    """Score a file of predictions as evaluate-v2.0.py of SQuAD does, for 1.1 and 2.0.

    Args:
        predictions: a JSON object of answers by question id; "" for no answer.
        gold: the questions, as SQuAD's JSON or JSONL.
        na_probs: a JSON object of no-answer scores, such as null_odds.json.
        threshold: no-answer score above which a prediction counts as no answer.

    Raises:
        InputError: a file cannot be read or is something else, or there is nothing to score.
    """
    judged = judge_files(predictions, gold, na_probs, threshold)
    return summarise(
        judged,
        predictions=Path(predictions).absolute(),
        na_threshold=None if na_probs is None else threshold,
    )


def judge_files(
    predictions: File, gold: File, na_probs: File | None = None, threshold: float = 1.0
) -> Judgement:
    """Judge each question of a file of predictions; see :func:`score_predictions`."""
    number("The threshold", threshold, field="na_threshold")
    questions = _scored(read_gold(gold))
    said = read_predictions(predictions)
    odds = None if na_probs is None else read_na_probs(na_probs)
    return judge_predictions(questions, said, odds, threshold)


def _scored(gold: Gold) -> Gold:
    if not gold.texts:
        raise InputError(
            f"No question of {gold.path.name} has gold answers: there is nothing to score.",
            field="gold",
        )
    return gold
