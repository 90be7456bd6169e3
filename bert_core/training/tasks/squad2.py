"""SQuAD 2.0: where does the answer stand, if there is one? (Rajpurkar et al. 2018)."""

from bert_core.training.kinds.spans import SpanKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="squad2",
    title="SQuAD 2.0: find the answer, if there is one",
    about="Which words of the paragraph answer the question, or does it not answer it?",
    family="Answers in a text",
    kind=SpanKind(version_2=True),
    metric="f1",
    sample="questions2.{}.json",
    files="SQuAD 2.0's JSON: as 1.1, with is_impossible for questions without an answer.",
    defaults={"max_seq_length": 384, "batch_size": 12, "learning_rate": 3e-5, "epochs": 2},
    published=(
        Published("BERT-base", "f1", 76.8, "unilm/minilm README (dev)"),
        Published("BERT-large", "f1", 81.9, "BERT paper, table 3 (dev)"),
        Published("BERT-large", "exact", 78.7, "BERT paper, table 3 (dev)"),
        Published("MiniLM L12-H384, 33M", "f1", 81.7, "unilm/minilm README (dev, best threshold)"),
        Published("MiniLM L6-H384, 22M", "f1", 75.6, "unilm/minilm README (dev, best threshold)"),
    ),
)
