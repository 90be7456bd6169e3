"""One line of answers.jsonl: what a model answered to one question."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from bert_core.tasks.spans.answers import Reason, SpanAnswer
from bert_core.tasks.spans.export import run_squad_files
from bert_core.tasks.spans.features import Question


@dataclass(frozen=True, slots=True)
class BestSpan:
    """The best candidate that is a span, also where no answer was given.

    Attributes:
        text: as it stands in the context.
        start: character of the context at which it begins.
        end: character behind it.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry of nbest_predictions.json.

    Attributes:
        text: "" for no answer.
        probability: among the candidates of the question.
        start_logit: of its first piece, in nats.
        end_logit: of its last piece.
    """

    text: str
    probability: float
    start_logit: float
    end_logit: float


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What a model answered to one question; texts and numbers are those of run_squad's files.

    Attributes:
        id: of the question.
        text: the prediction: "" for no answer, "empty" where SQuAD 1.1 allowed no span.
        best: the best span; None without one.
        null_score: score of "no answer" in nats; None where every question has an answer.
        null_odds: what null_odds.json says of it; None where there is no such file.
        probability: of the prediction among the candidates; None where it is none of them.
        reason: why this text.
        windows: inputs that the context took.
        cut: word pieces of the question that were not read.
        seconds: time that reading and deciding took, in equal shares for all of its block.
        nbest: candidates, best first.
    """

    id: str
    text: str
    best: BestSpan | None
    null_score: float | None
    null_odds: float | None
    probability: float | None
    reason: Reason
    windows: int
    cut: int
    seconds: float
    nbest: tuple[Candidate, ...]


ROW = TypeAdapter(AnswerRow)
"""To and from JSON."""


def rows_of(
    ids: Sequence[str],
    answers: Sequence[SpanAnswer],
    asked: Sequence[Question],
    *,
    impossible: bool,
    seconds: float,
) -> list[AnswerRow]:
    """The lines for N questions.

    Args:
        ids: of the questions.
        answers: to them.
        asked: how they were laid out in windows.
        impossible: whether a question might have no answer.
        seconds: that all of them took.
    """
    files = run_squad_files(ids, answers, impossible=impossible)
    odds = files.get("null_odds.json", {})
    return [
        AnswerRow(
            id=id_,
            text=files["predictions.json"][id_],
            best=_span(answer),
            null_score=answer.null_score,
            null_odds=odds.get(id_),
            probability=_probability(answer),
            reason=answer.reason,
            windows=question.windows,
            cut=question.cut,
            seconds=seconds / len(ids),
            nbest=tuple(Candidate(**each) for each in files["nbest_predictions.json"][id_]),
        )
        for id_, answer, question in zip(ids, answers, asked, strict=True)
    ]


def _span(answer: SpanAnswer) -> BestSpan | None:
    best = answer.best
    return None if best is None else BestSpan(best.text, best.start, best.end)


def _probability(answer: SpanAnswer) -> float | None:
    return next((each.probability for each in answer.nbest if each.text == answer.text), None)
