"""SQuAD 1.1: where in a paragraph does the answer stand? (Rajpurkar et al. 2016)."""

from bert_core.training.kinds.spans import SpanKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="squad",
    title="SQuAD 1.1: find the answer",
    about="Which words of the paragraph answer the question?",
    family="Answers in a text",
    kind=SpanKind(version_2=False),
    metric="f1",
    sample="questions.{}.json",
    files="SQuAD's JSON: data, paragraphs, context, qas, answers with text and answer_start.",
    defaults={"max_seq_length": 384, "batch_size": 12, "learning_rate": 3e-5, "epochs": 2},
    published=(
        Published("BERT-base", "f1", 88.5, "BERT paper, table 2 (dev)"),
        Published("BERT-base", "exact", 80.8, "BERT paper, table 2 (dev)"),
        Published("BERT-large", "f1", 90.68, "NVIDIA DeepLearningExamples (dev, 10 seeds)", 0.16),
        Published(
            "BERT-large", "exact", 83.96, "NVIDIA DeepLearningExamples (dev, 10 seeds)", 0.266
        ),
    ),
)
