"""Multiple choice: which ending goes with a beginning?

Reference: Devlin et al. 2019 (arXiv:1810.04805), section 4.4 (SWAG): each ending is read together
with the context, one number comes out for each, and a softmax runs over the endings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_core.checks import a_list, a_text
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.tasks.distribution import log_softmax

MAX_ENDINGS = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """One ending.

    Attributes:
        index: its place among the endings as given, from 0.
        ending: the ending as given.
        probability: softmax over the endings, in [0, 1].
        logit: the head's output, in nats.
        tokens: context and ending in pieces.
    """

    index: int
    ending: str
    probability: float
    logit: float
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class ChooseResult:
    """The answer of a multiple-choice head.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        context: what stands before.
        start: how every ending begins; may be "".
        best: index of the most probable ending.
        choices: all endings, most probable first.
        notes: what a reader should know, in sentences.
    """

    model: str
    context: str
    start: str
    best: int
    choices: tuple[Choice, ...]
    notes: tuple[str, ...]


def choose(encoder: Encoder, context: str, endings: Sequence[str], start: str = "") -> ChooseResult:
    """Ask a multiple-choice head which ending fits.

    Args:
        encoder: a model with a multiple-choice head.
        context: the text before, read as the first segment.
        endings: 2 to 100 endings, each read as the second segment.
        start: words that every ending begins with, set before it with a space.

    Raises:
        InputError: too few or too many endings, one that is empty or too long together with the
            context, or the model answered with values that are no numbers.
        ModelError: the checkpoint has no multiple-choice head.
    """
    encoder.checkpoint.require("multiple_choice")
    a_list("The endings", endings, field="endings")
    a_text("The start", start, field="start")
    if not 2 <= len(endings) <= MAX_ENDINGS:
        raise InputError(
            f"There are {len(endings)} endings; 2 to {MAX_ENDINGS} are expected.", field="endings"
        )
    inputs = [
        _tokens(encoder, context, start, ending, number)
        for number, ending in enumerate(endings, start=1)
    ]
    logits = np.concatenate(encoder.head_logits("multiple_choice", inputs))[:, 0]
    found = [
        Choice(index, ending, float(np.exp(log)), float(logit), tokens)
        for index, (ending, log, logit, tokens) in enumerate(
            zip(endings, log_softmax(logits), logits, inputs, strict=True)
        )
    ]
    ranked = tuple(sorted(found, key=lambda choice: -choice.logit))
    vocabulary = encoder.tokenizer.vocabulary
    notes = dict.fromkeys(note for tokens in inputs for note in text_notes(tokens, vocabulary))
    return ChooseResult(encoder.label, context, start, ranked[0].index, ranked, tuple(notes))


def _tokens(encoder: Encoder, context: str, start: str, ending: str, number: int) -> Tokens:
    a_text(f"Ending {number}", ending, field="endings")
    if not ending.strip():
        raise InputError(f"Ending {number} is empty. Type some words.", field="endings")
    try:
        return encoder.tokenize(context, f"{start} {ending}".strip(), masks=False)
    except InputError as error:
        field = "endings" if error.field == "pair" else "context"
        raise InputError(f"With ending {number}: {error}", field=field) from None
