"""The files of run_squad.py, which the official scorer and other tools read.

Where the reference has no answer to give, they hold what keeps such tools going: the word
"empty" in SQuAD 1.1, as the reference writes, and "" in 2.0, where the reference stops.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bert_core.tasks.spans.answers import Candidate

EMPTY = "empty"
"""run_squad's answer where SQuAD 1.1 allows no span."""


class Answered(Protocol):
    """What the files take from an answer; see :class:`.answers.SpanAnswer`."""

    @property
    def text(self) -> str:
        """The answer; "" for none."""

    @property
    def nbest(self) -> tuple[Candidate, ...]:
        """Candidates, best first."""

    @property
    def null_score(self) -> float | None:
        """Score of no answer."""

    @property
    def null_odds(self) -> float | None:
        """How far it leads."""


def run_squad_files(
    ids: Sequence[str], answers: Sequence[Answered], *, impossible: bool
) -> Mapping[str, dict[str, Any]]:
    """Answers as the contents of run_squad's files, by the name of the file.

    Args:
        ids: of N questions.
        answers: to them, decoded with the same ``impossible``.
        impossible: whether a question may have no answer (SQuAD 2.0).

    Returns:
        ``predictions.json``, ``nbest_predictions.json`` and, with ``impossible``,
        ``null_odds.json``; run_squad indents them by four spaces.
    """
    nothing = "" if impossible else EMPTY
    predictions, nbest, odds = {}, {}, {}
    for id_, answer in zip(ids, answers, strict=True):
        predictions[id_] = answer.text if answer.nbest else nothing
        nbest[id_] = [
            {
                "text": candidate.text,
                "probability": candidate.probability,
                "start_logit": candidate.start_logit,
                "end_logit": candidate.end_logit,
            }
            for candidate in answer.nbest
        ] or [{"text": nothing, "probability": 1.0, "start_logit": 0.0, "end_logit": 0.0}]
        # Without a span nothing can be subtracted; the scorer still wants a number.
        odds[id_] = answer.null_odds if answer.null_odds is not None else answer.null_score or 0.0
    files: dict[str, dict[str, Any]] = {
        "predictions.json": predictions,
        "nbest_predictions.json": nbest,
    }
    return {**files, "null_odds.json": odds} if impossible else files
