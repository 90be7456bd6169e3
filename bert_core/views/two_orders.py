"""The order that attention puts a text in, beside the order of what the answer depends on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bert_core.analysis.attention.agreement import Agreement
from bert_core.analysis.attention.leave_one_out import LeaveOneOutResult
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import counted, signed
from bert_core.views.tables import BarTable

_VERDICTS: Sequence[tuple[float, str]] = (
    (0.8, "much the same order as leaving each out: here it points at what the answer depends on. "
     "That need not hold for another text"),
    (0.4, "partly the same order as leaving each out: here it is a hint at what the answer depends "
     "on, and no more"),
    (-0.4, "hardly the same order as leaving each out: here it does not show what the answer "
     "depends on"),
    (-1.0, "rather the reverse order of leaving each out: here what it points at matters least"),
)  # fmt: skip
"""What is said from which rank correlation on."""
_FEW = 6
"""With fewer a rank correlation of 0.8 comes by chance more often than once in twenty."""


def verdict(found: Agreement, level: str) -> str:
    """One sentence on how far two orders agree; why there is none, where they have no agreement.

    Args:
        found: attention against leave-one-out.
        level: what was put in order, ``"piece"`` or ``"word"``.
    """
    if found.spearman is None:
        return found.why_not or ""
    said = next(words for least, words in _VERDICTS if found.spearman >= least - 1e-9)
    few = f" So few {level}s agree by chance, too." if found.count < _FEW else ""
    return f"Attention puts the {counted(found.count, level)} in {said}.{few}"


def two_orders(result: LeaveOneOutResult, received: ArrayLike) -> BarTable:
    """What was left out, that which moves the answer most first, with its place in both orders.

    Args:
        result: leave-one-out.
        received: shape (N,), the attention that each of its units receives.
    """
    from scipy.stats import rankdata

    attention = np.asarray(received, dtype=np.float64)
    # Equal scores share the better place.
    places = [rankdata(-scores, "min").tolist() for scores in (result.divergence, attention)]
    rows = tuple(
        Bar(
            (str(places[0][i]), result.units[i].text, f"{result.divergence[i]:.4f}",
             str(places[1][i]), f"{attention[i]:.4f}", signed(result.change[i])),
            result.divergence[i],
        )
        for i in np.argsort(-result.divergence, kind="stable").tolist()
    )  # fmt: skip
    columns = (
        Column("Place by leaving out", "rank"),
        Column(result.level, "word"),
        Column("Bar", "bar"),
        Column("KL", "number", help="How far the whole answer moves without it: the KL divergence "
               "in nats. The rows stand in this order."),
        Column("by attention", "number", help="Its place where the order is by the attention it "
               "receives."),
        Column("attention", "number", help="What it receives: the mean over layers, heads and the "
               "pieces that look.", optional=True),
        Column("change", "number", help="Of the log-probability of the outcome that is followed, "
               "in nats; below 0: it is less likely without it.", optional=True),
    )  # fmt: skip
    badge = counted(len(rows), result.level)
    return BarTable(columns, rows, caption="Two orders", badge=badge)
