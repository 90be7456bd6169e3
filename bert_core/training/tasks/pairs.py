"""Your own pairs of texts, each with a class."""

from bert_core.data import layouts
from bert_core.training.kinds.texts import TextKind
from bert_core.training.tasks.base import Task

TASK = Task(
    name="pairs",
    title="Your own: a class for each pair",
    about="Which of your classes do two texts belong to together?",
    family="Two sentences",
    kind=TextKind(layouts.GENERIC_PAIR, metrics=("accuracy", "macro_f1")),
    metric="accuracy",
    sample="pairs.{}.tsv",
    files="CSV, TSV or JSONL with two columns of texts and one of classes, such as sentence1, "
    "sentence2, label.",
)
