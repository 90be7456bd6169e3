"""Your own sentences in words, each word with a tag."""

from bert_core.training.kinds.tagging import TagKind
from bert_core.training.tasks.base import Task

TASK = Task(
    name="tags",
    title="Your own: a tag for each word",
    about="Which tag does each word get?",
    family="A tag for each word",
    kind=TagKind(),
    metric="f1",
    sample="tags.{}.conll",
    files="CoNLL columns (word first, tag last, a blank line after each sentence), or JSONL with "
    "words and tags.",
)
