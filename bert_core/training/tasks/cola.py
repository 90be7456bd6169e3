"""CoLA: is a sentence grammatical? (GLUE, Warstadt et al. 2018)."""

from bert_core.data import layouts
from bert_core.training.kinds.texts import TextKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="cola",
    title="CoLA: grammatical or not",
    about="Would a speaker of English accept this sentence?",
    family="One sentence",
    kind=TextKind(layouts.COLA, metrics=("matthews", "accuracy")),
    metric="matthews",
    sample="grammar.{}.tsv",
    files="TSV without a header: source, label (0 or 1), the authors' mark, sentence.",
    published=(
        Published("BERT-base", "matthews", 0.521, "BERT paper, table 1 (test)"),
        Published("BERT-base cased", "matthews", 0.5653, "transformers run_glue README (dev)"),
        Published("MiniLM L6-H384, 22M", "matthews", 0.475, "unilm/minilm README (dev)"),
        Published("BERT-Small", "matthews", 0.278, "google-research/bert README (test)"),
    ),
)
