"""Questions that were asked, as a table of bars."""

from collections.abc import Sequence
from typing import Any

from bert_core.tasks.squad import AnswerResult
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import counted, percent
from bert_core.views.tables import BarTable


def asked(results: Sequence[tuple[str, AnswerResult]]) -> BarTable:
    """One row for each question.

    Args:
        results: the name of a document, and the answer to a question on it.
    """
    rows = tuple(
        Bar(
            (
                result.question,
                result.text or "no answer",
                percent(result.best.probability) if result.best else "–",
                name,
                result.model,
            ),
            result.best.probability if result.best else 0.0,
        )
        for name, result in results
    )
    columns = (
        Column("question", "text"),
        Column("answer", "text"),
        Column("Bar", "bar"),
        Column("probability", "number", help="Among the candidates of its own question only."),
        Column("document", "text", optional=True),
        Column("model", "text", optional=True),
    )
    badge = counted(len(rows), "question")
    # The old pipeline adds up the scores of equal texts, which can pass 1.
    scale = max((1.0, *(row.value for row in rows)))
    return BarTable(columns, rows, caption="Asked in this session", badge=badge, scale=scale)


def squad_questions(ids: Sequence[str], results: Sequence[AnswerResult]) -> dict[str, Any]:
    """Questions that were asked, in the form of SQuAD and without gold answers.

    Args:
        ids: of N questions, as predictions have them.
        results: their answers, from which question and context are taken.
    """
    return {
        "version": "asked in BERT Explorer",
        "data": [
            {
                "title": result.model,
                "paragraphs": [
                    {
                        "context": result.context,
                        "qas": [{"id": id_, "question": result.question}],
                    }
                ],
            }
            for id_, result in zip(ids, results, strict=True)
        ],
    }
