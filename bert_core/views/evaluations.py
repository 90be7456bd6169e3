"""An evaluation as tables of bars: groups of questions, kinds of errors, single questions."""

from collections.abc import Mapping, Sequence

from bert_core.evaluation.judging import JudgedQuestion
from bert_core.evaluation.kinds import Kind
from bert_core.evaluation.report import Group
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import PER_CENT, counted, signed
from bert_core.views.tables import BarTable

_SHOWN = 60
_WORDS: Mapping[Kind, str] = {
    "right": "an exact match, or rightly no answer",
    "too long": "all words of a gold answer, and others around them",
    "too short": "a part of a gold answer",
    "partly right": "some words in common, neither holds the other",
    "wrong span": "no word in common",
    "should have abstained": "an answer to a question that has none",
    "should have answered": "no answer to a question that has one",
    "no prediction": "the file has none for the question",
}


def groups(title: str, found: Sequence[Group]) -> BarTable:
    """Exact match and F1 of groups of questions.

    Args:
        title: what the groups are by.
        found: the groups.
    """
    rows = tuple(
        Bar((each.name, f"{each.count:,}", f"{each.exact:.1f}", f"{each.f1:.1f}"), each.f1)
        for each in found
    )
    columns = (
        Column(title, "text"),
        Column("questions", "number"),
        Column("Bar", "bar"),
        Column("exact", "number", help="Exact match in per cent."),
        Column("F1", "number", help="In per cent; the bar's length."),
    )
    # The bar column stands third: its cells are those of the other four, in order.
    return BarTable(columns, rows, caption=f"By {title}", badge="", scale=100.0)


def kinds(found: Mapping[Kind, int]) -> BarTable:
    """How many questions are right, and what is wrong with the others."""
    total = sum(found.values())
    rows = tuple(
        Bar(
            (kind, f"{count:,}", f"{100 * count / total:.1f}{PER_CENT}"),
            count / total,
            note=_WORDS[kind],
        )
        for kind, count in found.items()
        if count
    )
    columns = (
        Column("answer", "text"),
        Column("questions", "number"),
        Column("Bar", "bar"),
        Column("share", "number"),
    )
    badge = counted(total, "question")
    return BarTable(columns, rows, caption="Right and wrong", badge=badge, scale=1.0)


def questions(found: Sequence[JudgedQuestion], *, total: int) -> BarTable:
    """Single questions with what was said and what should have been.

    Args:
        found: those that are shown.
        total: how many there are in all.
    """
    rows = tuple(
        Bar(
            (
                each.question,
                _said(each.prediction),
                _short(each.gold[0]) if each.gold else "no answer",
                each.kind,
                "–" if each.null_odds is None else signed(each.null_odds),
            ),
            each.f1,
            note=" · ".join(dict.fromkeys(each.gold)) or "it cannot be answered",
        )
        for each in found
    )
    columns = (
        Column("question", "text"),
        Column("said", "text"),
        Column("gold", "text", help="The first gold answer; the row's tooltip has all."),
        Column("kind", "text", optional=True),
        Column("F1", "bar"),
        Column("margin", "number", help="No-answer score less the best span's.", optional=True),
    )
    badge = counted(total, "question") if total == len(rows) else f"{len(rows):,} of {total:,}"
    return BarTable(columns, rows, caption="Questions", badge=badge, scale=1.0)


def _said(prediction: str | None) -> str:
    if prediction is None:
        return "nothing in the file"
    return _short(prediction) if prediction else "no answer"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
