"""From start and end logits to ranked answers (``write_predictions`` of run_squad.py).

What wins is the same; what is said differs in two places. Where the reference answers the word
"empty", or stops with an error because no span is among the best, the answer here is "" with a
reason.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_core.errors import ModelError
from bert_core.tasks.spans.answers import RULES, Candidate, Reason, Rejected, Rule, SpanAnswer
from bert_core.tasks.spans.basic import BasicTokenizer
from bert_core.tasks.spans.features import SpanFeatures, Window
from bert_core.tasks.spans.ranking import Logits, Spans, find_spans
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
    for window, *logits in zip(features.windows, starts, ends, strict=True):
        if any(np.isnan(row).any() for row in logits):
            raise ModelError(
                f"The model's answer to question {window.question + 1:,} is not a number. Its "
                "weights are damaged, or its training went wrong.",
                field="model",
            )
    settings = settings or DecodeSettings()
    tokenizer = BasicTokenizer(lower=settings.lower)
    found = []
    for asked in features.questions:
        own = slice(asked.first, asked.first + asked.windows)
        reader = Reader(features.contexts[asked.context], pieces, tokenizer)
        found.append(
            _answer(features.windows[own], starts[own], ends[own], reader, settings, keep_rejected)
        )
    return found


def _answer(
    windows: Sequence[Window],
    starts: Sequence[Logits],
    ends: Sequence[Logits],
    reader: Reader,
    settings: DecodeSettings,
    keep_rejected: bool,
) -> SpanAnswer:
    """The answer to one question."""
    if not windows:
        return SpanAnswer(text="", reason="no window", nbest=(), best=None)
    scores = [float(start[0]) + float(end[0]) for start, end in zip(starts, ends, strict=True)]
    null = int(np.argmin(scores)) if settings.impossible else None
    spans = find_spans(
        windows,
        starts,
        ends,
        n_best=settings.n_best,
        max_answer_length=settings.max_answer_length,
        null=null,
    )
    chosen, same = _choose(spans, windows, reader, settings.n_best)
    nbest = _candidates(spans, chosen)
    best = next((candidate for candidate in nbest if candidate.text), None)
    null_score = None if null is None else scores[null]
    odds = None
    if best is not None and null_score is not None:
        odds = null_score - best.start_logit - best.end_logit
    reason: Reason = "best span" if best is not None else "no span"
    if odds is not None and odds > settings.null_threshold:
        reason = "null score"
    return SpanAnswer(
        text=best.text if best is not None and reason == "best span" else "",
        reason=reason,
        nbest=nbest,
        best=best,
        null_score=null_score,
        null_odds=odds,
        rejected=_rejected(spans, chosen, same) if keep_rejected else (),
    )


def _choose(
    spans: Spans, windows: Sequence[Window], reader: Reader, n_best: int
) -> tuple[dict[int, Found], set[int]]:
    """The best spans with different texts, best first, and those that repeat a text."""
    chosen: dict[int, Found] = {}
    same: set[int] = set()
    texts: set[str] = set()
    for index in spans.ranked().tolist():
        if len(chosen) >= n_best:
            break
        window = windows[spans.window[index]]
        found = reader.read(window, int(spans.start[index]), int(spans.end[index]))
        if found.text in texts:
            same.add(index)
        else:
            texts.add(found.text)
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


def _rejected(spans: Spans, chosen: dict[int, Found], same: set[int]) -> tuple[Rejected, ...]:
    """All spans that were not chosen, in the order of windows and ranks."""
    found = []
    for n, broken in enumerate(spans.rule.tolist()):
        if n in chosen:
            continue
        rule: Rule = "same text as a better one" if n in same else "not among the best"
        found.append(
            Rejected(
                rule=rule if broken < 0 else RULES[broken],
                window=int(spans.window[n]),
                start_piece=int(spans.start[n]),
                end_piece=int(spans.end[n]),
                start_logit=float(spans.start_logit[n]),
                end_logit=float(spans.end_logit[n]),
            )
        )
    return tuple(found)
