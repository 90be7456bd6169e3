"""The spans that the best starts and ends of some windows make, and which of them are allowed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_core.tasks.spans.answers import RULES, Rule
from bert_core.tasks.spans.features import Window

Logits = NDArray[np.floating[Any]]
Whole = NDArray[np.int64]


_RULES_OF_PAIRS = 7
"""How many rules a pair can break by itself; the others come from ranking."""


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
        kept_out: shape (windows, 7): spans of each window that each rule is against, whether
            they are among the R or not.
    """

    window: Whole
    start: Whole
    end: Whole
    start_logit: NDArray[np.float64]
    end_logit: NDArray[np.float64]
    rule: Whole
    null: int | None
    kept_out: Whole

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
    others: int | None = 0,
    rules: Collection[Rule] = RULES,
) -> Spans:
    """Pair the best starts of each window with its best ends.

    Args:
        windows: of one question.
        starts: logits of each window; what is longer than the window is padding.
        ends: the same for ends.
        n_best: starts and ends of each window.
        max_answer_length: in pieces.
        null: the window whose [CLS] is the null answer, which then comes last; None: no such.
        others: of the spans that are not allowed, most that are listed for each window, highest
            sum of logits first; None: all. A long document has hundreds of thousands.
        rules: list only what one of these is against.
    """
    wanted = np.array([*(rule in rules for rule in RULES[:_RULES_OF_PAIRS]), False])
    kept_out = np.zeros((len(windows), _RULES_OF_PAIRS), dtype=np.int64)
    parts = [np.empty((4, 0), dtype=np.int64)]
    logits = [np.empty((2, 0))]
    for n, window in enumerate(windows):
        pairs = _pairs(window, starts[n], ends[n], n_best, max_answer_length)
        scores = np.stack([starts[n][pairs[1]], ends[n][pairs[2]]]).astype(np.float64)
        rule = pairs[3]
        kept_out[n] = np.bincount(rule[rule >= 0], minlength=_RULES_OF_PAIRS)
        # The last entry of ``wanted`` is that of rule -1.
        listed = (rule < 0) | _best(wanted[rule], scores.sum(axis=0), others)
        pairs, scores = pairs[:, listed], scores[:, listed]
        parts.append(pairs)
        logits.append(scores)
    if null is not None:
        parts.append(np.array([[null], [0], [0], [-1]]))
        logits.append(np.array([[starts[null][0]], [ends[null][0]]], dtype=np.float64))
    found, (start_logit, end_logit) = np.concatenate(parts, axis=1), np.concatenate(logits, axis=1)
    return Spans(
        window=found[0],
        start=found[1],
        end=found[2],
        start_logit=start_logit,
        end_logit=end_logit,
        rule=found[3],
        null=None if null is None else found.shape[1] - 1,
        kept_out=kept_out,
    )


def _best(
    wanted: NDArray[np.bool_], scores: NDArray[np.float64], most: int | None
) -> NDArray[np.bool_]:
    """The wanted pairs with the highest scores, equals in their order."""
    if most is None:
        return wanted
    best = np.zeros_like(wanted)
    found = np.flatnonzero(wanted)
    if 0 < most < len(found):
        # Tens of thousands are too many to sort in every window.
        found = found[scores[found] >= np.partition(scores[found], -most)[-most]]
    best[found[np.argsort(-scores[found], kind="stable")[:most]]] = True
    return best


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
