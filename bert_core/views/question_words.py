"""Which words of a question an answer hangs on, as a table of bars."""

from bert_core.analysis.attention.leave_one_out import LeaveOneOutResult
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import counted, signed
from bert_core.views.tables import BarTable


def question_words(result: LeaveOneOutResult) -> BarTable:
    """The words in reading order; a bar to the right: without it the answer is less likely.

    Args:
        result: from :func:`bert_core.analysis.question_words.question_words`.
    """
    lowest = float(result.change.min())
    rows = tuple(
        Bar((unit.text, signed(-change)), -change, emphasis=change == lowest)
        for unit, change in zip(result.units, result.change.tolist(), strict=True)
    )
    columns = (
        Column(result.level, "word"),
        Column("Bar", "bar"),
        Column("lost", "number", help="What the log-probability of the answer loses without it, "
               "in nats; below 0 it gains."),
    )  # fmt: skip
    badge = counted(len(rows), result.level)
    return BarTable(columns, rows, caption="What the answer hangs on", badge=badge)
