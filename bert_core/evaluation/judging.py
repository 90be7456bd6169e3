"""Each question held against its gold answers, and the official figures of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bert_core.evaluation.gold import Gold
from bert_core.evaluation.groups import QuestionWord, question_word
from bert_core.evaluation.kinds import Kind, kind_of
from bert_core.evaluation.rows import AnswerRow
from bert_core.metrics.squad import SquadScore, score
from bert_core.metrics.thresholds import Curve


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question with its answer and what is right or wrong about it.

    Attributes:
        row: its number in the file, from 1; in JSONL the line.
        id: the question's id.
        question: the question.
        context: the paragraph.
        gold: gold answers; empty where it cannot be answered.
        prediction: what counts as its answer, after the threshold; None without a prediction.
        exact: 1.0 or 0.0.
        f1: in [0, 1].
        kind: what is right or wrong about it.
        question_word: the first question word.
        null_odds: how sure it was that there is no answer; None where nothing says so.
        probability: of the prediction among the candidates; None where it is not known.
    """

    row: int
    id: str
    question: str
    context: str
    gold: tuple[str, ...]
    prediction: str | None
    exact: float
    f1: float
    kind: Kind
    question_word: QuestionWord
    null_odds: float | None
    probability: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """All questions of a file that have gold answers, judged.

    Attributes:
        gold: the file.
        questions: those with gold answers, in its order.
        metrics: by the official names, see :class:`bert_core.metrics.squad.SquadScore`; empty
            where nothing has gold answers.
        curves: precision and recall by ``exact``, ``f1`` and ``oracle``, with no-answer scores.
        missing: questions without a prediction; they count as wrong.
        unknown: predictions for questions that are not asked; they are ignored.
        without_na: questions without a no-answer score where others have one.
    """

    gold: Gold
    questions: tuple[JudgedQuestion, ...]
    metrics: Mapping[str, float]
    curves: Mapping[str, Curve]
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    without_na: tuple[str, ...] = ()


def judge_answers(gold: Gold, rows: Sequence[AnswerRow], *, impossible: bool) -> Judgement:
    """Judge what a model answered.

    Args:
        gold: the questions.
        rows: an answer to each.
        impossible: whether a question might have no answer. The best thresholds and the curves
            are then found from the best spans: a sweep over answers that were emptied at one
            threshold could not find a higher one.
    """
    texts = gold.texts
    said = {row.id: row.text for row in rows if row.id in texts}
    if not texts:
        return Judgement(gold, (), {}, {})
    found = score(texts, said)
    odds = {row.id: row.null_odds for row in rows if row.null_odds is not None}
    if impossible:
        spans = {row.id: "" if row.best is None else row.best.text for row in rows}
        swept = score(texts, spans, {id_: odds[id_] for id_ in said})
        figures = {
            name: value
            for name, value in swept.metrics.items()
            if name.startswith(("best_", "pr_"))
        }
        found = replace(found, metrics={**found.metrics, **figures}, curves=swept.curves)
    sure = {row.id: row.probability for row in rows}
    return _judgement(gold, found, said, odds, sure)


def judge_predictions(
    gold: Gold,
    predictions: Mapping[str, str],
    na_probs: Mapping[str, float] | None,
    threshold: float,
) -> Judgement:
    """Judge somebody's predictions, all figures as evaluate-v2.0.py has them.

    Args:
        gold: the questions.
        predictions: by id; "" for no answer.
        na_probs: by id, how sure it is that there is no answer.
        threshold: above which a prediction is replaced by no answer.

    Raises:
        InputError: no question has gold answers.
    """
    texts = gold.texts
    asked = {each.id for each in gold.questions}
    said = {id_: text for id_, text in predictions.items() if id_ in texts}
    found = score(texts, said, na_probs, threshold)
    odds = na_probs or {}
    counting = {id_: "" if odds.get(id_, 0.0) > threshold else text for id_, text in said.items()}
    judged = _judgement(gold, found, counting, odds, {})
    return replace(judged, unknown=tuple(id_ for id_ in predictions if id_ not in asked))


def _judgement(
    gold: Gold,
    found: SquadScore,
    said: Mapping[str, str],
    odds: Mapping[str, float],
    probabilities: Mapping[str, float | None],
) -> Judgement:
    judged = tuple(
        JudgedQuestion(
            row=each.row,
            id=each.id,
            question=each.question,
            context=each.context,
            gold=each.texts,
            prediction=said.get(each.id),
            exact=found.exact[each.id],
            f1=found.f1[each.id],
            kind=kind_of(said.get(each.id), each.texts, exact=found.exact[each.id]),
            question_word=question_word(each.question),
            null_odds=odds.get(each.id),
            probability=probabilities.get(each.id),
        )
        for each in gold.questions
        if each.texts is not None
    )
    return Judgement(
        gold, judged, found.metrics, found.curves, found.missing, found.unknown, found.without_na
    )
