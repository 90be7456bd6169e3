"""Answers by the rules of the question-answering pipeline that transformers had until 5.2.

Source: huggingface/transformers, src/transformers/pipelines/question_answering.py, releases
4.57.6 and 5.2.0, the last with it; their rules are the same. Within one window, starts and ends
are probabilities over the context and [CLS], a span scores the product of two, and its text grows
to whole words. Windows are then ranked together, although each has its own probabilities.

Its own defaults are others: answers of at most 15 pieces, and one of them. Here those of the
settings count, so that only rules differ. Its windows are those of ``SpanSettings(overlap=True)``.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bert_core.tasks.spans.answers import Candidate, SpanAnswer
from bert_core.tasks.spans.decode import DecodeSettings, refuse_no_numbers
from bert_core.tasks.spans.features import Window
from bert_core.tasks.spans.places import Places
from bert_core.tasks.spans.ranking import Logits, Whole
from bert_core.tasks.spans.trace import SpanTrace
from bert_core.tasks.spans.whole_words import grown, word_starts

_MASKED = -10_000.0
"""The logit of a piece that may not be part of an answer."""
_SMALLEST = float(np.finfo(np.float32).tiny)
"""What counts for a probability that is too small for float32, where a logarithm is needed."""


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """What was read for one question: its windows, and its context in words and characters."""

    windows: Sequence[Window]
    starts: Sequence[Logits]
    ends: Sequence[Logits]
    text: str
    places: Places
    words: Whole


def decode_pipeline(
    trace: SpanTrace, settings: DecodeSettings, *, keep_rejected: bool = False
) -> list[SpanAnswer]:
    """Answer every question of a trace as the pipeline did.

    A candidate's ``probability`` is the pipeline's score: the product of two probabilities of one
    window. Candidates do not add up to one. Texts that differ in upper and lower case at most are
    one candidate with the sum of their scores, also over windows that show the same words, so
    that a score can be above one. Its pieces and logits are those of the first of them; its
    characters and text are whole words of the tokenizer, as far as the window shows them.

    No answer scores the smallest product of its two probabilities over the windows and wins with
    the highest score: there is no threshold, and that of the settings is not read. Here
    ``null_score`` is the logarithm of that product, and ``null_odds`` its lead over that of the
    best span.

    Spans with a score of zero, with which the pipeline fills its list, are left out: they may end
    before they begin.

    Args:
        trace: N questions that a model has read.
        settings: how answers are chosen; ``lower`` and ``null_threshold`` do not matter.
        keep_rejected: makes no difference: a matrix of all pairs is ranked, and none is listed.

    Returns:
        N answers.

    Raises:
        ModelError: logits that are no numbers.
    """
    refuse_no_numbers(trace.features, trace.starts, trace.ends)
    features = trace.features
    words: dict[int, Whole] = {}
    found = []
    for asked in features.questions:
        context, places = features.contexts[asked.context], trace.places[asked.context]
        if asked.context not in words:
            words[asked.context] = word_starts(context, places, trace.pieces)
        own = slice(asked.first, asked.first + asked.windows)
        question = _Question(
            features.windows[own],
            trace.starts[own],
            trace.ends[own],
            context.words.text,
            places,
            words[asked.context],
        )
        found.append(_answer(question, settings))
    return found


def _answer(question: _Question, settings: DecodeSettings) -> SpanAnswer:
    if not question.windows:
        return SpanAnswer(text="", reason="no window", nbest=(), best=None)
    merged: dict[str, Candidate] = {}
    nulls = []
    for number in range(len(question.windows)):
        start, end = _probabilities(question, number)
        nulls.append(float(start[0] * end[0]))
        start[0] = end[0] = 0.0
        for first, last, score in _best_pairs(start, end, settings):
            one = _candidate(question, number, first, last, score)
            before = merged.get(one.text.lower())
            if before is not None:
                one = replace(before, probability=before.probability + score)
            merged[one.text.lower()] = one
    best = max(merged.values(), key=lambda each: each.probability, default=None)
    answers = list(merged.values())
    if settings.impossible:
        answers.append(_null(question, nulls))
    answers.sort(key=lambda each: each.probability, reverse=True)
    null_score = _log(min(nulls)) if settings.impossible else None
    odds = None
    if best is not None and null_score is not None:
        odds = null_score - _log(best.probability)
    text = answers[0].text if answers else ""
    return SpanAnswer(
        text=text,
        reason="no span" if best is None else "best span" if text else "null first",
        nbest=tuple(answers[: settings.n_best]),
        best=best,
        null_score=null_score,
        null_odds=odds,
    )


def _probabilities(question: _Question, number: int) -> tuple[Logits, Logits]:
    """Each piece of a window as a start and as an end; above zero in the context and at [CLS]."""
    window = question.windows[number]
    allowed = np.zeros(len(window.ids), dtype=bool)
    allowed[0] = True
    allowed[window.offset : window.offset + len(window.words)] = True

    def shares(logits: Logits) -> Logits:
        kept = np.where(allowed, logits, _MASKED)
        weights = np.exp(kept - kept.max())
        found: Logits = weights / weights.sum()
        return found

    return shares(question.starts[number]), shares(question.ends[number])


def _best_pairs(
    start: Logits, end: Logits, settings: DecodeSettings
) -> Iterator[tuple[int, int, float]]:
    """First piece, last piece and score of the best spans of a window, best first."""
    products = np.tril(np.triu(np.outer(start, end)), settings.max_answer_length - 1).ravel()
    above = np.flatnonzero(products > 0)
    # More than are asked for, because some will be the same words.
    most = 2 * settings.n_best + 10
    if len(above) > most:
        least = np.partition(products[above], -most)[-most]
        above = above[products[above] >= least]
    # Equal scores keep the order of their positions; in the reference any order may come out.
    best = above[np.argsort(-products[above], kind="stable")][:most]
    for place in best.tolist():
        yield place // len(end), place % len(end), float(products[place])


def _candidate(question: _Question, number: int, first: int, last: int, score: float) -> Candidate:
    """A span with the whole words around it."""
    window = question.windows[number]
    shift = window.first - window.offset
    shown = window.first, window.first + len(window.words)
    begin, stop = grown(first + shift, last + shift, question.words, shown)
    start, end = int(question.places[begin, 0]), int(question.places[stop, 1])
    return Candidate(
        text=question.text[start:end],
        probability=score,
        start_logit=float(question.starts[number][first]),
        end_logit=float(question.ends[number][last]),
        window=number,
        start_piece=first,
        end_piece=last,
        start=start,
        end=end,
    )


def _null(question: _Question, nulls: Sequence[float]) -> Candidate:
    """No answer, as likely as in the window where it is least so."""
    number = int(np.argmin(nulls))
    return Candidate(
        text="",
        probability=nulls[number],
        start_logit=float(question.starts[number][0]),
        end_logit=float(question.ends[number][0]),
        window=number,
        start_piece=0,
        end_piece=0,
        start=0,
        end=0,
    )


def _log(probability: float) -> float:
    return math.log(max(probability, _SMALLEST))
