"""WNLI: to whom or what does a pronoun refer? (GLUE, Levesque et al. 2011)."""

from bert_core.data import layouts
from bert_core.training.kinds.texts import TextKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="wnli",
    title="WNLI: what does the pronoun mean",
    about="Is the second sentence the first one with its pronoun rightly resolved? Its dev data "
    "contradict its training data, so that most models do worse than chance.",
    family="Two sentences",
    kind=TextKind(layouts.WNLI, metrics=("accuracy",)),
    metric="accuracy",
    sample="pronouns.{}.tsv",
    files="TSV with a header: index, sentence1, sentence2, label (0 or 1).",
    published=(
        Published("BERT-base cased", "accuracy", 0.5634, "transformers run_glue README (dev)"),
        Published("BERT-Small", "accuracy", 0.623, "google-research/bert README (test)"),
    ),
)
