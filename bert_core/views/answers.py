"""Answers of fine-tuned heads as tables of bars and rows of chips."""

from dataclasses import replace

from bert_core.model.vocabulary import Vocabulary
from bert_core.tasks.choose import ChooseResult
from bert_core.tasks.classify import ClassifyResult
from bert_core.tasks.tag import TagResult
from bert_core.views.bars import Bar, Column
from bert_core.views.chips import Chip
from bert_core.views.numbers import counted, percent, signed
from bert_core.views.tables import BarTable, token_chips

_BAR = Column("Bar", "bar")
_LOGIT = Column("logit", "number", help="What the head puts out, in nats.", optional=True)


def labels(result: ClassifyResult) -> BarTable:
    """The labels of a classification head, most probable first; no rows for a number."""
    rows = tuple(
        Bar(
            (each.label, percent(each.probability), signed(each.logit)),
            each.probability,
            emphasis=each.label == result.label,
        )
        for each in result.probabilities
    )
    columns = (Column("label", "text"), _BAR, Column("probability", "number"), _LOGIT)
    badge = counted(len(rows), "label")
    return BarTable(columns, rows, caption="What it is", badge=badge, scale=1.0)


def endings(result: ChooseResult) -> BarTable:
    """The endings, most probable first."""
    rows = tuple(
        Bar(
            (each.ending, percent(each.probability), signed(each.logit)),
            each.probability,
            emphasis=each.index == result.best,
        )
        for each in result.choices
    )
    columns = (
        Column("ending", "text"),
        _BAR,
        Column("probability", "number", help="Softmax over the endings given here."),
        _LOGIT,
    )
    return BarTable(columns, rows, caption="What goes on", scale=1.0)


def entities(result: TagResult) -> BarTable:
    """The entities in the order of the text."""
    rows = tuple(
        Bar((each.text, each.kind, percent(each.probability)), each.probability)
        for each in result.entities
    )
    columns = (
        Column("entity", "text"),
        Column("kind", "text"),
        _BAR,
        Column("probability", "number", help="The lowest of its words; no joint probability."),
    )
    badge = counted(len(rows), "entity", "entities")
    return BarTable(columns, rows, caption="What is named", badge=badge, scale=1.0)


def tag_chips(result: TagResult, vocabulary: Vocabulary) -> tuple[Chip, ...]:
    """The text as chips; those of words with another tag than ``O`` tinted by its probability."""
    chips = list(token_chips(result.tokens, vocabulary))
    for position in result.tokens.content:
        start, end = result.tokens.offsets[position] or (0, 0)
        for word in result.words:
            if start < word.end and end > word.start:
                chips[position] = replace(
                    chips[position],
                    level=None if word.tag == "O" else word.probability,
                    note=f"{word.word}: {word.tag}, {percent(word.probability)}",
                )
                break
    return tuple(chips)
