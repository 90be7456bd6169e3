"""Your own texts or pairs of texts, each with a number."""

from bert_core.data import layouts
from bert_core.training.kinds.texts import TextKind
from bert_core.training.tasks.base import Task

TASK = Task(
    name="scores",
    title="Your own: a number for each text or pair",
    about="Which number would you give a text, or two texts together?",
    family="A number",
    kind=TextKind(layouts.GENERIC_NUMBERS, metrics=("pearson", "spearman")),
    metric="pearson",
    sample="scores.{}.tsv",
    files="CSV, TSV or JSONL with one or two columns of texts and a column of numbers, such as "
    "text, score.",
)
