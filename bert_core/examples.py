"""Ready examples, of our own writing, that pages open with."""

import json
from dataclasses import dataclass

from bert_core.settings import PROJECT


@dataclass(frozen=True, slots=True)
class Example:
    """One ready input.

    Attributes:
        name: what its button says.
        text: the sentence.
        pair: the second sentence, or "".
        mask: a word of the text that is worth a guess, or "".
    """

    name: str
    text: str
    pair: str = ""
    mask: str = ""


@dataclass(frozen=True, slots=True)
class ReadyDocument:
    """A document with questions on it.

    Attributes:
        name: what its button says.
        text: the document, paragraphs parted by blank lines.
        questions: questions that it answers.
        missing: a question that it does not answer.
    """

    name: str
    text: str
    questions: tuple[str, ...]
    missing: str


def documents() -> dict[str, ReadyDocument]:
    """The documents of the question-answering page by name, in order."""
    stored = json.loads((PROJECT / "assets" / "documents.json").read_text(encoding="utf-8"))
    found = [
        ReadyDocument(each["name"], each["text"], tuple(each["questions"]), each["missing"])
        for each in stored
    ]
    return {document.name: document for document in found}


def examples(page: str) -> dict[str, Example]:
    """The examples of one page by name, in order."""
    stored = json.loads((PROJECT / "assets" / "examples.json").read_text(encoding="utf-8"))
    found = [Example(**each) for each in stored[page]]
    return {example.name: example for example in found}
