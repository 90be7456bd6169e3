"""Do two scores put the pieces of a text in the same order?

Used to hold attention against what counts: the attention that pieces receive beside the change
of the output when each is left out (Jain and Wallace 2019, arXiv:1902.10186, section 4.1, use
Kendall's tau in this way).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bert_core.analysis.attention.leave_one_out import LeaveOneOutResult
from bert_core.analysis.attention.measures import Weighed
from bert_core.errors import InputError

FEWEST = 3
"""With fewer pieces an order says nothing."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rank agreement of two scores; 1 = the same order, 0 = unrelated, -1 = the reverse.

    There is no p-value: the pieces of one text are no independent sample.

    Attributes:
        count: number of pieces that were compared.
        spearman: Spearman's rho, ties share their mean rank; None where it is undefined.
        kendall: Kendall's tau-b; None where it is undefined.
        why_not: a sentence that says why they are undefined, or None.
    """

    count: int
    spearman: float | None
    kendall: float | None
    why_not: str | None = None


def agreement(first: ArrayLike, second: ArrayLike) -> Agreement:
    """Compare the order that two scores give.

    Args:
        first: shape (N,), one score per piece, in any unit.
        second: shape (N,), another score of the same pieces.

    Raises:
        InputError: the lengths differ, or a score is no number.

    Example:
        >>> agreement([0.1, 0.2, 0.7], [1, 3, 9]).kendall
        1.0
    """
    one, two = (np.asarray(scores, dtype=np.float64) for scores in (first, second))
    if one.ndim != 1 or one.shape != two.shape:
        raise InputError(
            f"Two scores of the same pieces are compared; these are {one.size} and {two.size}."
        )
    if not (np.isfinite(one).all() and np.isfinite(two).all()):
        raise InputError("A score is no number, so the pieces cannot be put in order.")
    if len(one) < FEWEST:
        reason = f"An order of fewer than {FEWEST} pieces says nothing."
        return Agreement(len(one), None, None, reason)
    if np.ptp(one) == 0 or np.ptp(two) == 0:
        return Agreement(len(one), None, None, "One of the scores is the same for all pieces.")
    from scipy.stats import kendalltau, spearmanr

    return Agreement(
        count=len(one),
        spearman=float(spearmanr(one, two).statistic),
        kendall=float(kendalltau(one, two).statistic),
    )


def attention_received(
    weighed: Weighed, left_out: LeaveOneOutResult, *, rows: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """The attention that each piece or word receives.

    Args:
        weighed: any measure of an input.
        left_out: leave-one-out on the same input, which says what the N pieces or words are.
        rows: positions of the pieces whose attention counts, such as the mask that is asked
            about; None: all pieces of the texts.

    Returns:
        Shape (N,), the mean over layers, heads and rows, the sum over the pieces of a word; in the
        measure's unit.

    Raises:
        InputError: the inputs differ.
    """
    if weighed.tokens != left_out.tokens:
        raise InputError("Attention and leave-one-out are of different inputs.", field="text")
    looking = list(weighed.tokens.content if rows is None else rows)
    received = weighed.weights[:, :, looking].mean(axis=(0, 1, 2), dtype=np.float64)
    return np.array([received[list(unit.pieces)].sum() for unit in left_out.units])
