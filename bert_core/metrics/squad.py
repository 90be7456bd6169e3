"""Exact match and F1 of answers, as evaluate-v2.0.py of SQuAD computes them.

The same rules hold for SQuAD 1.1, where every question has an answer. Unlike the script, this
one scores a file in which questions are missing: they count as wrong and are named.
"""

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bert_core.data.examples import QuestionExample
from bert_core.errors import InputError
from bert_core.metrics.thresholds import Curve, Judged, best_threshold, precision_recall

Gold = Sequence[QuestionExample] | Mapping[str, Sequence[str]]
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class SquadScore:
    """How good predicted answers are.

    Attributes:
        metrics: by the official names, in per cent: ``exact``, ``f1``, and over questions with
            and without an answer ``HasAns_exact``, ``NoAns_f1`` and so on; ``total`` and its like
            are counts. With no-answer scores also ``best_exact``, ``best_f1``, the thresholds at
            which they are reached, and ``pr_exact_ap``, ``pr_f1_ap`` and ``pr_oracle_ap``.
        exact: by question, 1.0 or 0.0, after the threshold.
        f1: by question, in [0, 1], after the threshold.
        missing: questions without a prediction; they count as wrong.
        unknown: predictions for questions that are not asked; they are ignored.
        without_na: questions without a no-answer score where others have one; theirs is 0.
        curves: precision and recall by ``exact``, ``f1`` and ``oracle``, with no-answer scores.
    """

    metrics: Mapping[str, float]
    exact: Mapping[str, float]
    f1: Mapping[str, float]
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    without_na: tuple[str, ...] = ()
    curves: Mapping[str, Curve] = field(default_factory=dict)


def normalise(answer: str) -> str:
    """An answer in lower case, without ASCII punctuation, then articles, then spare spaces.

    Example:
        >>> normalise("The  Ship's log, an' more.")
        'ships log more'
    """
    text = answer.lower().translate(_NO_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", text).split())


def exact_match(gold: str, predicted: str) -> float:
    """1.0 where two answers are normalised to the same text, else 0.0."""
    return float(normalise(gold) == normalise(predicted))


def f1(gold: str, predicted: str) -> float:
    """Harmonic mean of the shares of words that two answers have in common, in [0, 1].

    Where one of them has no words after normalising, 1.0 if both have none.

    Example:
        >>> f1("the grey heron", "a heron")
        0.6666666666666666
    """
    wanted, said = normalise(gold).split(), normalise(predicted).split()
    if not wanted or not said:
        return float(wanted == said)
    common = sum((Counter(wanted) & Counter(said)).values())
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(wanted)
    return 2 * precision * recall / (precision + recall)


def score(
    gold: Gold,
    predictions: Mapping[str, str],
    na_probs: Mapping[str, float] | None = None,
    na_threshold: float = 1.0,
) -> SquadScore:
    """Score predicted answers.

    Args:
        gold: N questions, or the gold answers of each by id; none: it cannot be answered.
        predictions: by id; "" for no answer.
        na_probs: by id, how sure it is that there is no answer: a probability, or the log-odds
            of null_odds.json.
        na_threshold: above which a prediction is replaced by no answer.

    Raises:
        InputError: there are no questions.
    """
    answers = _texts(gold)
    if not answers:
        raise InputError("There are no questions to score. Add some to the file.", field="dev")
    given = na_probs or {}
    # Ties are broken by the order of the no-answer file.
    order = [id_ for id_ in (*given, *answers) if id_ in answers and id_ in predictions]
    judged = {
        id_: _judged(answers[id_], predictions[id_], given.get(id_, 0.0))
        for id_ in dict.fromkeys(order)
    }
    exact = _after_threshold(answers, {id_: each[0] for id_, each in judged.items()}, na_threshold)
    f1s = _after_threshold(answers, {id_: each[1] for id_, each in judged.items()}, na_threshold)
    metrics = _means(answers, exact, f1s)
    curves: dict[str, Curve] = {}
    if na_probs is not None:
        by_exact, by_f1 = zip(*judged.values(), strict=True) if judged else ((), ())
        metrics |= _best(by_exact, by_f1, len(answers))
        curves = _curves(by_exact, by_f1, sum(map(bool, answers.values())))
        metrics |= {f"pr_{name}_ap": 100.0 * curve.average for name, curve in curves.items()}
    return SquadScore(
        metrics=metrics,
        exact=exact,
        f1=f1s,
        missing=tuple(id_ for id_ in answers if id_ not in predictions),
        unknown=tuple(id_ for id_ in predictions if id_ not in answers),
        without_na=() if na_probs is None else tuple(id_ for id_ in answers if id_ not in na_probs),
        curves=curves,
    )


def _texts(gold: Gold) -> dict[str, Sequence[str]]:
    if isinstance(gold, Mapping):
        return dict(gold)
    return {example.id: [answer.text for answer in example.answers] for example in gold}


def _judged(answers: Sequence[str], predicted: str, na: float) -> tuple[Judged, Judged]:
    """A prediction by exact match and by F1, each against the gold answer that fits best."""
    # Gold answers of nothing but articles or signs do not count, unless there are no others.
    kept = [text for text in answers if normalise(text)] or [""]
    by_exact = max(exact_match(text, predicted) for text in kept)
    by_f1 = max(f1(text, predicted) for text in kept)
    judged = Judged(na, by_exact, answerable=bool(answers), answered=bool(predicted))
    return judged, replace(judged, score=by_f1)


def _after_threshold(
    answers: Mapping[str, Sequence[str]], judged: Mapping[str, Judged], threshold: float
) -> dict[str, float]:
    """Scores of all questions once doubtful answers are withdrawn; 0 without a prediction."""
    scores = dict.fromkeys(answers, 0.0)
    for id_, each in judged.items():
        scores[id_] = float(not each.answerable) if each.na > threshold else each.score
    return scores


def _means(
    answers: Mapping[str, Sequence[str]], exact: Mapping[str, float], f1s: Mapping[str, float]
) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, ids in (
        ("", list(answers)),
        ("HasAns_", [id_ for id_, texts in answers.items() if texts]),
        ("NoAns_", [id_ for id_, texts in answers.items() if not texts]),
    ):
        if ids:
            found[f"{name}exact"] = 100.0 * sum(exact[id_] for id_ in ids) / len(ids)
            found[f"{name}f1"] = 100.0 * sum(f1s[id_] for id_ in ids) / len(ids)
            found[f"{name}total"] = len(ids)
    return found


def _best(by_exact: Sequence[Judged], by_f1: Sequence[Judged], total: int) -> dict[str, float]:
    exact, exact_threshold = best_threshold(by_exact, total)
    f1s, f1_threshold = best_threshold(by_f1, total)
    return {
        "best_exact": exact,
        "best_exact_thresh": exact_threshold,
        "best_f1": f1s,
        "best_f1_thresh": f1_threshold,
    }


def _curves(
    by_exact: Sequence[Judged], by_f1: Sequence[Judged], answerable: int
) -> dict[str, Curve]:
    """The curves of the answers, and of an oracle that knows them and only has to rank."""
    if not answerable:
        return {}
    oracle = [replace(each, score=1.0) for each in by_exact]
    return {
        name: precision_recall(judged, answerable)
        for name, judged in (("exact", by_exact), ("f1", by_f1), ("oracle", oracle))
    }
