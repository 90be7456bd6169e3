"""Your own questions on texts of your own, all with an answer in the text."""

from bert_core.training.kinds.spans import SpanKind
from bert_core.training.tasks.base import Task

TASK = Task(
    name="questions",
    title="Your own: find the answer",
    about="Which words of a text answer a question? If some questions have no answer, take SQuAD "
    "2.0.",
    family="Answers in a text",
    kind=SpanKind(version_2=False),
    metric="f1",
    sample="questions.{}.json",
    files="SQuAD's JSON, or JSONL with question, context and answers.",
    defaults={"max_seq_length": 384, "batch_size": 12, "learning_rate": 3e-5, "epochs": 2},
)
