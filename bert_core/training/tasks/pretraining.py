"""Pre-training: masked words and next sentence on plain text (BERT paper, section 3.1)."""

from bert_core.training.kinds.pretraining import PretrainingKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="pretraining",
    title="Pre-training on plain text",
    about="Guess masked words, and tell whether one sentence follows another.",
    family="Pre-training",
    kind=PretrainingKind(),
    metric="masked_accuracy",
    sample="documents.{}.txt",
    files="Plain text: one sentence per line, a blank line between documents.",
    defaults={"batch_size": 32, "learning_rate": 2e-5, "epochs": 1},
    published=(
        Published(
            "BERT-base", "next_accuracy", 0.975, "BERT paper, section 3.1 (97 to 98 %)",
            spread=0.005,
        ),
    ),
)  # fmt: skip
