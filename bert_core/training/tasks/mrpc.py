"""MRPC: do two sentences of the news say the same? (GLUE, Dolan and Brockett 2005)."""

from bert_core.data import layouts
from bert_core.training.kinds.texts import TextKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="mrpc",
    title="MRPC: same meaning or not",
    about="Do two sentences from the news say the same?",
    family="Two sentences",
    kind=TextKind(layouts.MRPC, metrics=("accuracy", "f1")),
    metric="f1",
    sample="mrpc.{}.tsv",
    files="TSV with a header: Quality (1 = same), #1 ID, #2 ID, #1 String, #2 String.",
    published=(
        Published("BERT-base", "accuracy", 0.867, "BERT paper, table 5 (dev)"),
        Published("BERT-base", "accuracy", 0.8456, "google-research/bert README (dev, one seed)"),
        Published("BERT-base cased", "f1", 0.8885, "transformers run_glue README (dev)"),
        Published(
            "BERT-large", "accuracy", 0.86, "NVIDIA DeepLearningExamples (dev, 10 seeds)",
            spread=0.01225,
        ),
        Published("MiniLM L6-H384, 22M", "f1", 0.889, "unilm/minilm README (dev)"),
        Published("BERT-Small", "f1", 0.834, "google-research/bert README (test)"),
    ),
)  # fmt: skip
