"""Answers by the rules of transformers' run_qa (``postprocess_qa_predictions`` of utils_qa.py).

Source: huggingface/transformers, examples/pytorch/question-answering/utils_qa.py, commit e3b8f49
and its successors up to 2025, as run_qa.py calls it. Against run_squad: a start counts in every
window that shows it, texts may repeat, and they are cut out of the context by characters.

run_qa's windows are those of ``SpanSettings(overlap=True)``; it never cuts a question. Where it
falls back on the word "empty", the answer here is "" with a reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_core.tasks.spans.answers import RULES, Candidate, Reason, Rejected, Rule, SpanAnswer
from bert_core.tasks.spans.decode import DecodeSettings, refuse_no_numbers
from bert_core.tasks.spans.features import Window
from bert_core.tasks.spans.places import Places
from bert_core.tasks.spans.ranking import Logits, Whole
from bert_core.tasks.spans.trace import SpanTrace

_BROKEN: tuple[Rule, ...] = (
    "start outside the context",
    "end outside the context",
    "end before start",
    "too long",
)
"""The rules that a pair can break, in the order in which they are looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """What was read for one question: its W windows, and where pieces stand in the context."""

    windows: Sequence[Window]
    starts: Sequence[Logits]
    ends: Sequence[Logits]
    places: Places
    text: str

    def characters(self, window: int, start: int, end: int) -> tuple[int, int]:
        """Half-open characters from one piece of a window to another."""
        shift = self.windows[window].first - self.windows[window].offset
        return int(self.places[start + shift, 0]), int(self.places[end + shift, 1])


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """R pairs of a start and an end: window by window, then by rank of the start and of the end.

    Attributes:
        at: shape (3, R): window, position of the start, position of the end.
        logits: shape (2, R): of the start and of the end, with the precision of the model's.
        rule: shape (R,): index in :data:`.answers.RULES` of the first rule broken, or -1.
    """

    at: Whole
    logits: Logits
    rule: Whole

    @property
    def scores(self) -> Logits:
        """Sums of the two logits, shape (R,)."""
        scores: Logits = self.logits[0] + self.logits[1]
        return scores


def decode_hf(
    trace: SpanTrace, settings: DecodeSettings, *, keep_rejected: bool = False
) -> list[SpanAnswer]:
    """Answer every question of a trace as run_qa does.

    Probabilities are a softmax over the candidates. They and all sums have the precision of the
    logits, as there: it decides which of two close spans wins. Of equal logits the later position
    is taken first. The reference reads NumPy's unstable sort from its end: which of equals it
    takes depends on the processor and the padding.

    Args:
        trace: N questions that a model has read.
        settings: how answers are chosen; ``lower`` does not matter.
        keep_rejected: whether the spans that are no candidates are listed.

    Returns:
        N answers. A candidate's text is the context's own, line breaks included.

    Raises:
        ModelError: logits that are no numbers.
    """
    refuse_no_numbers(trace.features, trace.starts, trace.ends)
    found = []
    for asked in trace.features.questions:
        own = slice(asked.first, asked.first + asked.windows)
        question = _Question(
            trace.features.windows[own],
            trace.starts[own],
            trace.ends[own],
            trace.places[asked.context],
            trace.features.contexts[asked.context].words.text,
        )
        found.append(_answer(question, settings, keep_rejected))
    return found


def _answer(question: _Question, settings: DecodeSettings, keep_rejected: bool) -> SpanAnswer:
    if not question.windows:
        return SpanAnswer(text="", reason="no window", nbest=(), best=None)
    pairs = _pairs(question, settings)
    scores = pairs.scores
    allowed = np.flatnonzero(pairs.rule < 0)
    chosen = allowed[np.argsort(-scores[allowed], kind="stable")][: settings.n_best].tolist()
    null = len(scores) - 1
    if settings.impossible and null not in chosen:
        chosen.append(null)
    nbest = _candidates(question, pairs, chosen, null if settings.impossible else None)
    best, place = next(((each, n) for n, each in enumerate(nbest) if each.text), (None, 0))
    null_score = scores[null] if settings.impossible else None
    odds = None
    if best is not None and null_score is not None:
        start, end = pairs.logits[:, chosen[place]]
        odds = float(null_score - start - end)
    reason: Reason = "best span" if best is not None else "no span"
    if odds is not None and odds > settings.null_threshold:
        reason = "null score"
    return SpanAnswer(
        text=best.text if best is not None and reason == "best span" else "",
        reason=reason,
        nbest=nbest,
        best=best,
        null_score=None if null_score is None else float(null_score),
        null_odds=odds,
        rejected=_rejected(pairs, chosen) if keep_rejected else (),
    )


def _pairs(question: _Question, settings: DecodeSettings) -> _Pairs:
    """The best starts with the best ends of every window; at the end the null answer, if any."""
    at, logits, rules = [], [], []
    for n, window in enumerate(question.windows):
        best = [_best(rows[n], settings.n_best) for rows in (question.starts, question.ends)]
        start, end = (each.ravel() for each in np.meshgrid(*best, indexing="ij"))
        at.append(np.stack([np.full_like(start, n), start, end]))
        logits.append(np.stack([question.starts[n][start], question.ends[n][end]]))
        rules.append(_first_broken(window, start, end, settings.max_answer_length))
    if settings.impossible:
        nulls = np.array([[row[0] for row in rows] for rows in (question.starts, question.ends)])
        lowest = int(np.argmin(nulls[0] + nulls[1]))
        at.append(np.array([[lowest], [0], [0]]))
        logits.append(nulls[:, [lowest]])
        rules.append(np.array([-1]))
    return _Pairs(np.concatenate(at, 1), np.concatenate(logits, 1), np.concatenate(rules))


def _best(logits: Logits, n_best: int) -> Whole:
    """Positions of the highest logits, the later of equals first."""
    return np.argsort(logits, kind="stable")[::-1][:n_best]


def _first_broken(window: Window, start: Whole, end: Whole, longest: int) -> Whole:
    context = window.offset, window.offset + len(window.words)
    broken = [
        (start < context[0]) | (start >= context[1]),
        (end < context[0]) | (end >= context[1]),
        end < start,
        end - start + 1 > longest,
    ]
    return np.select(broken, [RULES.index(rule) for rule in _BROKEN], -1)


def _candidates(
    question: _Question, pairs: _Pairs, chosen: Sequence[int], null: int | None
) -> tuple[Candidate, ...]:
    """The chosen pairs, with their probabilities among each other."""
    scores = pairs.scores[chosen]
    weights = np.exp(scores - scores.max(initial=-np.inf))
    found = []
    for n, probability in zip(chosen, weights / weights.sum(), strict=True):
        window, first, last = pairs.at[:, n].tolist()
        start, end = (0, 0) if n == null else question.characters(window, first, last)
        found.append(
            Candidate(
                text=question.text[start:end],
                probability=float(probability),
                start_logit=float(pairs.logits[0, n]),
                end_logit=float(pairs.logits[1, n]),
                window=window,
                start_piece=first,
                end_piece=last,
                start=start,
                end=end,
            )
        )
    return tuple(found)


def _rejected(pairs: _Pairs, chosen: Sequence[int]) -> tuple[Rejected, ...]:
    """All pairs that were not chosen, in the order of windows and ranks."""
    rules = np.where(pairs.rule < 0, RULES.index("not among the best"), pairs.rule)
    rules[chosen] = -1
    return tuple(
        Rejected(RULES[rule], window, start, end, start_logit, end_logit)
        for rule, (window, start, end), (start_logit, end_logit) in zip(
            rules.tolist(), pairs.at.T.tolist(), pairs.logits.T.tolist(), strict=True
        )
        if rule >= 0
    )
