"""SST-2: is a phrase of a film review positive or negative? (GLUE, Socher et al. 2013)."""

from bert_core.data import layouts
from bert_core.training.kinds.texts import TextKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="sst2",
    title="SST-2: sentiment of a phrase",
    about="Is a phrase from a film review positive or negative?",
    family="One sentence",
    kind=TextKind(layouts.SST2, metrics=("accuracy",)),
    metric="accuracy",
    sample="reviews.{}.tsv",
    files="TSV with a header: sentence, label (0 or 1).",
    published=(
        Published("BERT-base", "accuracy", 0.927, "BERT paper, table 5 (dev)"),
        Published("BERT-base cased", "accuracy", 0.9232, "transformers run_glue README (dev)"),
        Published("MiniLM L6-H384, 22M", "accuracy", 0.915, "unilm/minilm README (dev)"),
    ),
)
