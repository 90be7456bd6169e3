"""STS-B: how alike are two sentences, from 0 to 5? (GLUE, Cer et al. 2017)."""

from bert_core.data import layouts
from bert_core.training.kinds.texts import TextKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="stsb",
    title="STS-B: how alike",
    about="How alike are two sentences in meaning, from 0 (not at all) to 5 (the same)?",
    family="A number",
    kind=TextKind(layouts.STSB, metrics=("pearson", "spearman")),
    metric="pearson",
    sample="scores.{}.tsv",
    files="TSV with a header: index, sentence1, sentence2, score; or the release without one.",
    published=(
        Published("BERT-base cased", "pearson", 0.8864, "transformers run_glue README (dev)"),
        Published("BERT-base cased", "spearman", 0.8848, "transformers run_glue README (dev)"),
        Published("BERT-base", "spearman", 0.858, "BERT paper, table 1 (test)"),
        Published("BERT-Small", "pearson", 0.788, "google-research/bert README (test)"),
    ),
)
