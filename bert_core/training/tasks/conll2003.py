"""CoNLL-2003: names of people, places and organisations (Tjong Kim Sang and De Meulder 2003)."""

from bert_core.training.kinds.tagging import TagKind
from bert_core.training.tasks.base import Published, Task

TASK = Task(
    name="conll2003",
    title="CoNLL-2003: names in the news",
    about="Which words name a person, a place, an organisation or something else?",
    family="A tag for each word",
    kind=TagKind(),
    metric="f1",
    sample="tags.{}.conll",
    files="CoNLL columns: the word first, its tag last, a blank line after each sentence.",
    defaults={"batch_size": 32, "learning_rate": 5e-5, "epochs": 3},
    published=(
        Published("BERT-base", "f1", 0.964, "BERT paper, table 7 (dev; cased, whole documents)"),
        Published("BERT-large", "f1", 0.966, "BERT paper, table 7 (dev; cased, whole documents)"),
    ),
)
