"""What decoding gives: ranked spans with where they stand, and why the best one won."""

from dataclasses import dataclass
from typing import Literal, get_args

Reason = Literal["best span", "null score", "null first", "no span", "no window"]
"""Why a question got its answer; ``REASONS`` says it in words."""

REASONS: dict[Reason, str] = {
    "best span": "The span with the highest score.",
    "null score": "No answer: its score less the best span's, the margin, is above the threshold.",
    "null first": "No answer: it scores higher than any span.",
    "no span": "No answer found: none of the best starts and ends make a span that is allowed.",
    "no window": "No answer found: the context has nothing that the model can read.",
}

Rule = Literal[
    "start in the padding",
    "end in the padding",
    "start outside the context",
    "end outside the context",
    "more context in another window",
    "end before start",
    "too long",
    "same text as a better one",
    "not among the best",
]
"""Why a span is not an answer: run_squad's seven rules in order, and two of the ranking."""

RULES: tuple[Rule, ...] = get_args(Rule)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may be the answer, or the null answer.

    Attributes:
        text: as it stands in the context, white space between words as one space (run_squad's
            rules) or as it is; "" for null.
        probability: softmax over the candidates of the question, in [0, 1]; by the rules of the
            pipeline its score, which is none and can be above 1.
        start_logit: of its first piece, in nats.
        end_logit: of its last piece.
        window: number of the window, among those of the question.
        start_piece: position of its first piece in that window; 0, the [CLS], for null.
        end_piece: position of its last piece.
        start: character of the context at which it begins; 0 for null.
        end: character behind it; 0 for null.
    """

    text: str
    probability: float
    start_logit: float
    end_logit: float
    window: int
    start_piece: int
    end_piece: int
    start: int
    end: int

    @property
    def score(self) -> float:
        """Sum of the two logits, by which candidates are ranked."""
        return self.start_logit + self.end_logit


@dataclass(frozen=True, slots=True)
class Rejected:
    """A span that was looked at and is no candidate.

    Attributes:
        rule: why not; the first rule that applies.
        window: number of the window, among those of the question.
        start_piece: position of its first piece in that window.
        end_piece: position of its last piece.
        start_logit: of the first, in nats.
        end_logit: of the last.
    """

    rule: Rule
    window: int
    start_piece: int
    end_piece: int
    start_logit: float
    end_logit: float


@dataclass(frozen=True, slots=True)
class SpanAnswer:
    """The answer to one question.

    Attributes:
        text: the answer; "" for none.
        reason: why this one.
        nbest: candidates, best first; the null answer among them where it is allowed.
        best: the best candidate that is a span; None without one.
        null_score: sum of the logits at [CLS], of the window where it is lowest; None where
            every question has an answer, and without a window.
        null_odds: ``null_score`` less the score of ``best``; None where one of them is missing.
            By the rules of the pipeline both are logarithms of its scores.
        rejected: spans that are no candidates, if they were asked for.
    """

    text: str
    reason: Reason
    nbest: tuple[Candidate, ...]
    best: Candidate | None
    null_score: float | None = None
    null_odds: float | None = None
    rejected: tuple[Rejected, ...] = ()
