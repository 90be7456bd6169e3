"""QNLI: does a sentence answer a question? (GLUE, from SQuAD, Rajpurkar et al. 2016)."""

from bert_core.data import layouts
from bert_core.training.kinds.texts import TextKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="qnli",
    title="QNLI: does it answer the question",
    about="Does the sentence hold the answer to the question?",
    family="Two sentences",
    kind=TextKind(layouts.QNLI, metrics=("accuracy",)),
    metric="accuracy",
    sample="qnli.{}.tsv",
    files="TSV with a header: index, question, sentence, label (entailment or not_entailment).",
    published=(
        Published("BERT-base", "accuracy", 0.884, "BERT paper, table 5 (dev)"),
        Published("BERT-base cased", "accuracy", 0.9066, "transformers run_glue README (dev)"),
        Published("MiniLM L6-H384, 22M", "accuracy", 0.905, "unilm/minilm README (dev)"),
        Published("BERT-Small", "accuracy", 0.864, "google-research/bert README (test)"),
    ),
)
