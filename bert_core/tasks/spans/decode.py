"""From start and end logits to ranked answers (``write_predictions`` of run_squad.py).

What wins is the same; what is said differs in two places. Where the reference answers the word
"empty", or stops with an error because no span is among the best, the answer here is "" with a
reason.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bert_core.errors import ModelError
from bert_core.tasks.spans.answers import RULES, Candidate, Reason, Rejected, Rule, SpanAnswer
from bert_core.tasks.spans.basic import BasicTokenizer
from bert_core.tasks.spans.features import SpanFeatures, Window
from bert_core.tasks.spans.ranking import Logits, Spans, Whole, find_spans
from bert_core.tasks.spans.reader import NULL, Found, Reader


@dataclass(frozen=True, slots=True)
class DecodeSettings:
    """How answers are chosen; the defaults are run_squad's.

    Attributes:
        n_best: best starts and ends of each window, and candidates of each question.
        max_answer_length: longest answer in pieces.
        impossible: whether a question may have no answer (SQuAD 2.0).
        null_threshold: no answer if the null score leads by more than this, in nats.
        lower: whether the model lower-cases its text.
    """

    n_best: int = 20
    max_answer_length: int = 30
    impossible: bool = False
    null_threshold: float = 0.0
    lower: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """The answer to one question, with the spans that were looked at.

    Attributes:
        answer: the answer; its ``rejected`` is empty.
        spans: what was looked at.
        chosen: candidates, best first: what each reads, by its index in ``spans``.
        same: for each span that repeats the text of a candidate, that candidate.
        reader: reads any span of the context.
    """

    answer: SpanAnswer
    spans: Spans
    chosen: Mapping[int, Found]
    same: Mapping[int, int]
    reader: Reader

    def rules(self) -> Whole:
        """Index in :data:`.answers.RULES` of the rule against each span; -1: a candidate."""
        rules = np.where(self.spans.rule < 0, RULES.index("not among the best"), self.spans.rule)
        rules[list(self.same)] = RULES.index("same text as a better one")
        rules[list(self.chosen)] = -1
        return rules


def decode(
    features: SpanFeatures,
    starts: Sequence[Logits],
    ends: Sequence[Logits],
    pieces: Sequence[str],
    settings: DecodeSettings | None = None,
    *,
    keep_rejected: bool = False,
) -> list[SpanAnswer]:
    """Answer every question.

    Args:
        features: N questions in windows.
        starts: for each window, float of shape (T,) or longer, in nats: each piece as a start.
        ends: the same for ends.
        pieces: the vocabulary, by id.
        settings: None: run_squad's.
        keep_rejected: whether the spans that are no candidates are listed: up to ``n_best``
            squared for each window.

    Returns:
        N answers.

    Raises:
        ModelError: logits that are no numbers.
    """
    refuse_no_numbers(features, starts, ends)
    settings = settings or DecodeSettings()
    tokenizer = BasicTokenizer(lower=settings.lower)
    others = None if keep_rejected else 0
    found = []
    for asked in features.questions:
        own = slice(asked.first, asked.first + asked.windows)
        reader = Reader(features.contexts[asked.context], pieces, tokenizer)
        windows = features.windows[own]
        decision = decide_one(windows, starts[own], ends[own], reader, settings, others=others)
        rejected = _rejected(decision) if keep_rejected else ()
        found.append(replace(decision.answer, rejected=rejected))
    return found


def refuse_no_numbers(
    features: SpanFeatures, starts: Sequence[Logits], ends: Sequence[Logits]
) -> None:
    """Stop before logits that are no numbers are ranked.

    Raises:
        ModelError: there are such.
    """
    for window, *logits in zip(features.windows, starts, ends, strict=True):
        if any(np.isnan(row).any() for row in logits):
            raise ModelError(
                f"The model's answer to question {window.question + 1:,} is not a number. Its "
                "weights are damaged, or its training went wrong.",
                field="model",
            )


def decide_one(
    windows: Sequence[Window],
    starts: Sequence[Logits],
    ends: Sequence[Logits],
    reader: Reader,
    settings: DecodeSettings,
    *,
    others: int | None = 0,
    rules: Collection[Rule] = RULES,
) -> Decision:
    """Answer one question.

    Args:
        windows: those of the question.
        starts: for each window, float of shape (T,) or longer, in nats.
        ends: the same for ends.
        reader: of its context.
        settings: how the answer is chosen.
        others: spans of each window that are not allowed and are listed nevertheless, see
            :func:`find_spans`.
        rules: those against one of which such a span is listed.
    """
    scores = [float(start[0]) + float(end[0]) for start, end in zip(starts, ends, strict=True)]
    null = int(np.argmin(scores)) if scores and settings.impossible else None
    spans = find_spans(
        windows,
        starts,
        ends,
        n_best=settings.n_best,
        max_answer_length=settings.max_answer_length,
        null=null,
        others=others,
        rules=rules,
    )
    chosen, same = _choose(spans, windows, reader, settings.n_best)
    null_score = None if null is None else scores[null]
    nbest = _candidates(spans, chosen)
    answer = _answer(nbest, null_score, settings.null_threshold)
    if not windows:
        answer = replace(answer, reason="no window")
    return Decision(answer, spans, chosen, same, reader)


def _answer(nbest: tuple[Candidate, ...], null_score: float | None, threshold: float) -> SpanAnswer:
    """The best span, or nothing where the null answer leads by more than the threshold."""
    best = next((candidate for candidate in nbest if candidate.text), None)
    odds = None
    if best is not None and null_score is not None:
        odds = null_score - best.start_logit - best.end_logit
    reason: Reason = "best span" if best is not None else "no span"
    if odds is not None and odds > threshold:
        reason = "null score"
    return SpanAnswer(
        text=best.text if best is not None and reason == "best span" else "",
        reason=reason,
        nbest=nbest,
        best=best,
        null_score=null_score,
        null_odds=odds,
    )


def _choose(
    spans: Spans, windows: Sequence[Window], reader: Reader, n_best: int
) -> tuple[dict[int, Found], dict[int, int]]:
    """The best spans with different texts, best first, and those that repeat the text of one."""
    chosen: dict[int, Found] = {}
    same: dict[int, int] = {}
    texts: dict[str, int] = {}
    for index in spans.ranked().tolist():
        if len(chosen) >= n_best:
            break
        window = windows[spans.window[index]]
        found = reader.read(window, int(spans.start[index]), int(spans.end[index]))
        if found.text in texts:
            same[index] = texts[found.text]
        else:
            texts[found.text] = index
            chosen[index] = found
    if spans.null is not None and spans.null not in chosen:
        chosen[spans.null] = NULL
    return chosen, same


def _candidates(spans: Spans, chosen: dict[int, Found]) -> tuple[Candidate, ...]:
    """The chosen spans, with their probabilities among each other."""
    scores = [float(spans.start_logit[n] + spans.end_logit[n]) for n in chosen]
    top = max(scores, default=0.0)
    weights = [math.exp(score - top) for score in scores]
    whole = sum(weights)
    return tuple(
        Candidate(
            text=found.text,
            probability=weight / whole,
            start_logit=float(spans.start_logit[n]),
            end_logit=float(spans.end_logit[n]),
            window=int(spans.window[n]),
            start_piece=int(spans.start[n]),
            end_piece=int(spans.end[n]),
            start=found.start,
            end=found.end,
        )
        for (n, found), weight in zip(chosen.items(), weights, strict=True)
    )


def _rejected(decision: Decision) -> tuple[Rejected, ...]:
    """All spans that were not chosen, in the order of windows and ranks."""
    spans = decision.spans
    return tuple(
        Rejected(
            rule=RULES[rule],
            window=int(spans.window[n]),
            start_piece=int(spans.start[n]),
            end_piece=int(spans.end[n]),
            start_logit=float(spans.start_logit[n]),
            end_logit=float(spans.end_logit[n]),
        )
        for n, rule in enumerate(decision.rules().tolist())
        if rule >= 0
    )
