"""Classification: which label does a text or a pair of texts get?

Reference: Devlin et al. 2019 (arXiv:1810.04805), section 4.1: the first piece speaks for the
whole input. A head with one output gives a number instead (regression, as in STS-B).
"""

from dataclasses import dataclass

import numpy as np

from bert_core.errors import ModelError
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.tasks.distribution import log_softmax, refuse_no_numbers

_SEVERAL = "Each label is a question of its own: the probabilities need not add up to 1."


@dataclass(frozen=True, slots=True)
class LabelProbability:
    """One label of a classification head.

    Attributes:
        label: its name in the checkpoint's ``id2label``.
        id: its place among the head's outputs.
        probability: softmax over all labels, in [0, 1]; in a head that says yes or no to each
            label, the logistic function of its own logit.
        logit: the head's output, in nats.
    """

    label: str
    id: int
    probability: float
    logit: float


@dataclass(frozen=True, slots=True)
class ClassifyResult:
    """The answer of a classification head.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the input in pieces.
        label: the most probable label; None for a head that gives a number.
        probabilities: all labels, most probable first; () for a head that gives a number.
        score: the number, in the unit of the training data; None for a head with labels.
        logits: the head's outputs in their own order, in nats.
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    label: str | None
    probabilities: tuple[LabelProbability, ...]
    score: float | None
    logits: tuple[float, ...]
    notes: tuple[str, ...]


def classify(encoder: Encoder, text: str, pair: str | None = None) -> ClassifyResult:
    """Ask a classification head about a text, or about a pair of texts.

    Args:
        encoder: a model with a classification head.
        text: the text; a typed ``[MASK]`` or ``[SEP]`` is ordinary text.
        pair: the second text, for a head that was trained on pairs.

    Raises:
        InputError: the text is empty or longer than the model reads, or the model answered with
            values that are no numbers.
        ModelError: the checkpoint has no classification head, or one that gives several numbers.
    """
    checkpoint = encoder.checkpoint
    checkpoint.require("classification")
    if checkpoint.answers == "number" and len(checkpoint.labels) > 1:
        raise ModelError(
            f"The classification head of {checkpoint.source} gives {len(checkpoint.labels)} "
            "numbers (problem_type is regression in its config.json); only one is understood here.",
            field="model",
        )
    tokens = encoder.tokenize(text, pair, masks=False)
    (logits,) = encoder.head_logits("classification", [tokens])[0].astype(np.float64)
    refuse_no_numbers(logits)
    notes = text_notes(tokens, encoder.tokenizer.vocabulary)
    several, number = checkpoint.answers == "several", checkpoint.answers == "number"
    labels = () if number else _ranked(checkpoint.labels, logits, several=several)
    return ClassifyResult(
        model=encoder.label,
        tokens=tokens,
        label=labels[0].label if labels else None,
        probabilities=labels,
        score=float(logits[0]) if number else None,
        logits=tuple(logits.tolist()),
        notes=(*notes, _SEVERAL) if several else notes,
    )


def _ranked(
    labels: tuple[str, ...], logits: np.ndarray, *, several: bool
) -> tuple[LabelProbability, ...]:
    """Labels by their probability, in the order of the head's outputs among equals."""
    logs = -np.logaddexp(0, -logits) if several else log_softmax(logits)
    found = [
        LabelProbability(label=name, id=id_, probability=float(np.exp(log)), logit=float(logit))
        for id_, (name, log, logit) in enumerate(zip(labels, logs, logits, strict=True))
    ]
    return tuple(sorted(found, key=lambda each: -each.logit))
