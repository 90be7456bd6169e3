"""XNLI: entailment in fifteen languages (Conneau et al. 2018)."""

from bert_core.data import layouts
from bert_core.training.kinds.texts import TextKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="xnli",
    title="XNLI: entailment in other languages",
    about="Does the second sentence follow from the first, contradict it, or neither? Take a "
    "model that knows the language.",
    family="Two sentences",
    kind=TextKind(layouts.XNLI, metrics=("accuracy", "macro_f1")),
    metric="accuracy",
    sample="inference.{}.tsv",
    files="TSV: premise, hypothesis, label, with or without a header.",
    published=(
        Published(
            "Multilingual BERT", "accuracy", 0.742,
            "google-research/bert, multilingual.md (Chinese, test)",
        ),
        Published(
            "Chinese BERT", "accuracy", 0.772,
            "google-research/bert, multilingual.md (Chinese, test)",
        ),
    ),
)  # fmt: skip
