"""SWAG: which of four endings fits? (Zellers et al. 2018)."""

from bert_core.training.kinds.choices import ChoiceKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="swag",
    title="SWAG: which ending fits",
    about="Which of four endings goes on from what happened before?",
    family="Multiple choice",
    kind=ChoiceKind(),
    metric="accuracy",
    sample="choices.{}.csv",
    files="CSV with a header: sent1, sent2, ending0 to ending3, label (0 to 3). The files of CODAH "
    "and COPA are read, too.",
    defaults={"batch_size": 16, "learning_rate": 2e-5, "epochs": 3},
    published=(
        Published("BERT-base", "accuracy", 0.816, "BERT paper, table 4 (dev)"),
        Published("BERT-large", "accuracy", 0.866, "BERT paper, table 4 (dev)"),
    ),
)
