"""Where along its text a span head looks for the start and for the end of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.errors import InputError
from bert_core.tasks.spans.features import Window
from bert_core.tasks.spans.places import Places
from bert_core.tasks.spans.trace import SpanTrace


@dataclass(frozen=True, slots=True, eq=False)
class Along:
    """The P pieces of a context, each as the window sees it that gives it most context.

    Attributes:
        start_logit: float64 of shape (P,), in nats: each piece as the answer's first; -inf where
            no window has the piece.
        end_logit: the same as its last.
        start: float64 of shape (P,): softmax of ``start_logit`` over the whole context, which
            sums to 1; all 0 where no window was read.
        end: the same of ``end_logit``.
        places: the characters of each piece in the text.
        window: int32 of shape (P,): the window that is asked about each piece; -1: none has it.
    """

    start_logit: NDArray[np.float64]
    end_logit: NDArray[np.float64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    places: Places
    window: NDArray[np.int32]


def along(trace: SpanTrace, question: int = 0) -> Along:
    """Start and end probabilities along the text of one question.

    This is a picture of where the model looks. It is not the probability of the n-best list,
    which is over whole spans, and [CLS], the place of "no answer", is not in it. A head is
    trained on one window at a time, where only differences between logits count: the logits of
    two windows are compared here, as run_squad compares them, but only roughly comparable.

    Args:
        trace: N questions that a model has read.
        question: which one, from 0.

    Raises:
        InputError: there is no such question.
    """
    windows = windows_of(trace, question)
    asked = trace.features.questions[question]
    places = trace.places[asked.context]
    start, end = np.full((2, len(places)), -np.inf)
    for number, window in enumerate(windows, start=asked.first):
        here = np.flatnonzero(window.best_here)
        start[window.first + here] = trace.starts[number][window.offset + here]
        end[window.first + here] = trace.ends[number][window.offset + here]
    owner = owner_of(trace, question)
    return Along(start, end, _softmax(start), _softmax(end), places, owner)


def windows_of(trace: SpanTrace, question: int) -> tuple[Window, ...]:
    """The windows of one question, in order.

    Raises:
        InputError: there is no such question.
    """
    known = len(trace.features.questions)
    if not 0 <= question < known:
        raise InputError(
            f"There is no question {question + 1:,}; {known:,} were asked.", field="question"
        )
    return trace.windows_of(question)


def check_window(window: int, windows: Sequence[Window]) -> None:
    """Refuse a window that a question does not have.

    Raises:
        InputError: there is no such window.
    """
    if not 0 <= window < len(windows):
        raise InputError(
            f"There is no window {window + 1:,}; the text was read in {len(windows):,}.",
            field="window",
        )


def owner_of(trace: SpanTrace, question: int) -> NDArray[np.int32]:
    """For each piece of a context, the window in which it has most context; -1: none has it.

    Returns:
        Numbers of windows, from 0, int32 of shape (P,).
    """
    context = trace.features.contexts[trace.features.questions[question].context]
    owner = np.full(len(context.ids), -1, dtype=np.int32)
    for number, window in enumerate(trace.windows_of(question)):
        owner[window.first + np.flatnonzero(window.best_here)] = number
    return owner


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Softmax in float64, in which a logit of -inf has no part; zeros without any other."""
    top = logits.max(initial=-np.inf)
    if top == -np.inf:
        return np.zeros_like(logits)
    weights = np.exp(logits - top)
    found: NDArray[np.float64] = weights / weights.sum()
    return found
