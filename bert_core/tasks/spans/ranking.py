"""The spans that the best starts and ends of some windows make, and which of them are allowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_core.tasks.spans.features import Window

Logits = NDArray[np.floating[Any]]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """R spans of one question, in run_squad's order: window, rank of start, rank of end.

    Attributes:
        window: shape (R,): number of the window.
        start: shape (R,): position of the first piece in its window.
        end: shape (R,): position of the last piece.
        start_logit: float64 of shape (R,).
        end_logit: float64 of shape (R,).
        rule: shape (R,): index in :data:`.answers.RULES` of the first rule against it, or -1.
        null: the one that is the null answer, if there is one.
    """

    window: Whole
    start: Whole
    end: Whole
    start_logit: NDArray[np.float64]
    end_logit: NDArray[np.float64]
    rule: Whole
    null: int | None

    def ranked(self) -> Whole:
        """Indices of the allowed spans, highest sum of logits first, equals in their order."""
        allowed = np.flatnonzero(self.rule < 0)
        scores = self.start_logit[allowed] + self.end_logit[allowed]
        return allowed[np.argsort(-scores, kind="stable")]


def find_spans(
    windows: Sequence[Window],
    starts: Sequence[Logits],
    ends: Sequence[Logits],
    *,
    n_best: int,
    max_answer_length: int,
    null: int | None,
) -> Spans:
    """Pair the best starts of each window with its best ends.

    Args:
        windows: of one question.
        starts: logits of each window; what is longer than the window is padding.
        ends: the same for ends.
        n_best: starts and ends of each window.
        max_answer_length: in pieces.
        null: the window whose [CLS] is the null answer, which then comes last; None: no such.
    """
    parts = [
        _pairs(window, starts[n], ends[n], n_best, max_answer_length)
        for n, window in enumerate(windows)
    ]
    if null is not None:
        parts.append(np.array([[null], [0], [0], [-1]]))
    window, start, end, rule = np.concatenate([np.empty((4, 0), dtype=np.int64), *parts], axis=1)
    return Spans(
        window=window,
        start=start,
        end=end,
        start_logit=_picked(starts, window, start),
        end_logit=_picked(ends, window, end),
        rule=rule,
        null=None if null is None else len(rule) - 1,
    )


def _pairs(
    window: Window, starts: Logits, ends: Logits, n_best: int, max_answer_length: int
) -> Whole:
    """Window, start, end and rule of the pairs of one window, shape (4, pairs)."""
    # Equal logits keep the order of their positions.
    best_starts = np.argsort(-starts, kind="stable")[:n_best]
    best_ends = np.argsort(-ends, kind="stable")[:n_best]
    start = np.repeat(best_starts, len(best_ends))
    end = np.tile(best_ends, len(best_starts))
    context = window.offset, window.offset + len(window.words)
    best_here = np.zeros(max(len(starts), context[1]), dtype=bool)
    best_here[slice(*context)] = window.best_here
    broken = [
        start >= len(window.ids),
        end >= len(window.ids),
        (start < context[0]) | (start >= context[1]),
        (end < context[0]) | (end >= context[1]),
        ~best_here[start],
        end < start,
        end - start + 1 > max_answer_length,
    ]
    rule = np.select(broken, range(len(broken)), -1)
    return np.stack([np.full_like(start, window.number), start, end, rule])


def _picked(logits: Sequence[Logits], window: Whole, position: Whole) -> NDArray[np.float64]:
    found = np.empty(len(window))
    for number, row in enumerate(logits):
        mine = window == number
        found[mine] = row[position[mine]]
    return found
