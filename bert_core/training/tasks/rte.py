"""RTE: does one sentence follow from another? (GLUE, Dagan et al. 2006 and later)."""

from bert_core.data import layouts
from bert_core.training.kinds.texts import TextKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="rte",
    title="RTE: does it follow",
    about="Does the second sentence follow from the first?",
    family="Two sentences",
    kind=TextKind(layouts.RTE, metrics=("accuracy",)),
    metric="accuracy",
    sample="rte.{}.tsv",
    files="TSV with a header: index, sentence1, sentence2, label (entailment or not_entailment).",
    published=(
        Published("BERT-base", "accuracy", 0.664, "BERT paper, table 1 (test)"),
        Published("BERT-base cased", "accuracy", 0.657, "transformers run_glue README (dev)"),
        Published("MiniLM L6-H384, 22M", "accuracy", 0.688, "unilm/minilm README (dev)"),
        Published("BERT-Small", "accuracy", 0.618, "google-research/bert README (test)"),
    ),
)
