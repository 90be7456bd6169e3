"""Your own sentences, each with a class."""

from bert_core.data import layouts
from bert_core.training.kinds.texts import TextKind
from bert_core.training.tasks.base import Task

TASK = Task(
    name="sentences",
    title="Your own: a class for each text",
    about="Which of your classes does a text belong to?",
    family="One sentence",
    kind=TextKind(layouts.GENERIC, metrics=("accuracy", "macro_f1")),
    metric="accuracy",
    sample="reviews.{}.tsv",
    files="CSV, TSV or JSONL with a column of texts and a column of classes, such as text, label.",
)
