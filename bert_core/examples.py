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
    """

    name: str
    text: str
    pair: str = ""


def examples(page: str) -> dict[str, Example]:
    """The examples of one page by name, in order."""
    stored = json.loads((PROJECT / "assets" / "examples.json").read_text(encoding="utf-8"))
    found = [Example(each["name"], each["text"], each["pair"]) for each in stored[page]]
    return {example.name: example for example in found}
