"""MNLI: does one sentence imply another, contradict it, or neither? (Williams et al. 2018)."""

from bert_core.data import layouts
from bert_core.training.kinds.texts import TextKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="mnli",
    title="MNLI: entailment, contradiction or neutral",
    about="Does the second sentence follow from the first, contradict it, or neither?",
    family="Two sentences",
    kind=TextKind(layouts.MNLI, metrics=("accuracy", "macro_f1")),
    metric="accuracy",
    sample="inference.{}.tsv",
    files="TSV with a header: sentence1, sentence2, gold_label; others are left aside.",
    published=(
        Published("BERT-base", "accuracy", 0.844, "BERT paper, table 5 (dev, matched)"),
        Published("BERT-base cased", "accuracy", 0.8391, "transformers run_glue README (dev)"),
        Published("MiniLM L12-H384, 33M", "accuracy", 0.857, "unilm/minilm README (dev)"),
        Published("MiniLM L6-H384, 22M", "accuracy", 0.833, "unilm/minilm README (dev)"),
        Published("BERT-Small", "accuracy", 0.776, "google-research/bert README (test)"),
    ),
)
