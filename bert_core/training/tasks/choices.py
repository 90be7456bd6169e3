"""Your own questions with several answers to choose from."""

from bert_core.training.kinds.choices import ChoiceKind
from bert_core.training.tasks.base import Task

TASK = Task(
    name="choices",
    title="Your own: which of several fits",
    about="Which of the endings or answers fits what stands before?",
    family="Multiple choice",
    kind=ChoiceKind(),
    metric="accuracy",
    sample="choices.{}.csv",
    files="CSV or JSONL as in SWAG: sent1, sent2, ending0, ending1 and so on, label (from 0).",
    defaults={"batch_size": 16, "learning_rate": 2e-5},
)
