"""The outputs that attribution follows: single logits of a task head, fixed before it begins.

A logit and not a probability: a probability also moves with the logits of all other outcomes, and
hardly at all where it is near 0 or 1. The outcome stays the same for every changed input, even
where the model would then answer something else.
"""

from dataclasses import dataclass

import numpy as np

from bert_core.analysis.attention.targets import Target, span_text, take_aim
from bert_core.checks import a_choice
from bert_core.model.encoder import Encoder
from bert_core.model.heads import Head
from bert_core.model.tokens import Tokens
from bert_core.tasks.distribution import refuse_no_numbers


@dataclass(frozen=True, slots=True)
class ClassTarget:
    """A class of a classifier.

    Attributes:
        label: its name; None: the one with the highest logit. Of a head that gives one number,
            that number.
    """

    label: str | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """One logit.

    Attributes:
        label: what it stands for, in words.
        position: the piece that goes through the task head.
        index: which of the head's outputs.
    """

    label: str
    position: int
    index: int


@dataclass(frozen=True, slots=True)
class Question:
    """A target on one input, with nothing left open.

    Attributes:
        head: the task head.
        label: the outcome in words.
        outputs: the logits that make it up: two for an answer, one for all others.
    """

    head: Head
    label: str
    outputs: tuple[Followed, ...]


def fix(encoder: Encoder, tokens: Tokens, target: Target | ClassTarget) -> Question:
    """Check a target against an input and fill in what it leaves open. One forward pass.

    Raises:
        InputError: no such mask, word, class or piece of the text; or no second text.
        ModelError: the checkpoint lacks the head.
    """
    if isinstance(target, ClassTarget):
        return _class(encoder, tokens, target)
    aim = take_aim(encoder, tokens, target)
    if aim.head != "span":
        output = Followed(aim.label, aim.positions[0], aim.outcome[0])
        return Question(aim.head, aim.label, (output,))
    ends = tuple(
        Followed(f"{name}: {span_text(tokens, (position, position))}", position, index)
        for index, (name, position) in enumerate(zip(("start", "end"), aim.outcome, strict=True))
    )
    return Question("span", aim.label, ends)


def _class(encoder: Encoder, tokens: Tokens, target: ClassTarget) -> Question:
    labels = encoder.checkpoint.labels
    encoder.checkpoint.require("classification")
    if target.label is not None:
        a_choice("class of this model", target.label, labels, field="target")
    if target.label is None:
        (logits,) = encoder.head_logits("classification", [tokens])[0]
        refuse_no_numbers(logits)
        index = int(np.argmax(logits))
    else:
        index = labels.index(target.label)
    return Question("classification", labels[index], (Followed(labels[index], 0, index),))
