"""Answers of a span head as a table of bars."""

from bert_core.tasks.answer import AnswerResult
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import counted, percent, signed
from bert_core.views.tables import BarTable

MOST = 10


def spans(result: AnswerResult) -> BarTable:
    """The candidates, best first; the chosen answer in bold."""
    rows = tuple(
        Bar(
            (each.text or "no answer", percent(each.probability),
             signed(each.start_logit + each.end_logit)),
            each.probability,
            emphasis=each.text == result.text,
        )
        for each in result.nbest[:MOST]
    )  # fmt: skip
    columns = (
        Column("answer", "text"),
        Column("Bar", "bar"),
        Column("probability", "number", help="Softmax over the candidates of this question only."),
        Column("score", "number", help="Start and end logit, in nats.", optional=True),
    )
    badge = counted(result.windows, "window")
    return BarTable(columns, rows, caption="Answers", badge=badge, scale=1.0)
