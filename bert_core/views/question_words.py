"""Which words of a text an answer hangs on, as tables of bars."""

from bert_core.analysis.attention.leave_one_out import LeaveOneOutResult
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import counted, signed
from bert_core.views.tables import BarTable


def question_words(result: LeaveOneOutResult) -> BarTable:
    """The words of a question in reading order; see :func:`left_out`.

    Args:
        result: from :func:`bert_core.analysis.question_words.question_words`.
    """
    return left_out(result, caption="What the answer hangs on")


def left_out(result: LeaveOneOutResult, *, caption: str = "Without each of them") -> BarTable:
    """Pieces or words in reading order; a bar to the right: without it the outcome is less likely.

    Args:
        result: from :func:`bert_core.analysis.attention.leave_one_out.leave_one_out`.
        caption: of the table.
    """
    lowest = float(result.change.min())
    rows = tuple(
        Bar((unit.text, signed(-change)), -change, emphasis=change == lowest)
        for unit, change in zip(result.units, result.change.tolist(), strict=True)
    )
    columns = (
        Column(result.level, "word"),
        Column("Bar", "bar"),
        Column("weight", "number", help="Log-probability of the outcome with it, less that "
               "without it, in nats."),
    )  # fmt: skip
    return BarTable(columns, rows, caption=caption, badge=counted(len(rows), result.level))
