"""What the models that come with the project are: trained on what, and how good."""

import json
from dataclasses import dataclass

from bert_core.settings import PROJECT


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Attributes:
        what: what was measured, in a few words.
        value: the figure as it is written, with its unit.
    """

    what: str
    value: str


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One shipped model, known before it is in memory. Its card in ``assets`` says more.

    Attributes:
        name: what it is called where a model is chosen.
        title: what it is called in a sentence.
        about: its shape.
        trained: on what.
        measured: how good it is.
        on: what it was measured on.
    """

    name: str
    title: str
    about: str
    trained: str
    measured: tuple[Figure, ...]
    on: str


def shipped_models() -> tuple[ModelFacts, ...]:
    """The models that come with the project."""
    stored = json.loads((PROJECT / "assets" / "facts.json").read_text(encoding="utf-8"))
    return tuple(
        ModelFacts(**{**each, "measured": tuple(Figure(**row) for row in each["measured"])})
        for each in stored
    )
