"""Next sentence: does the second text follow the first?

Reference: Devlin et al. 2019 (arXiv:1810.04805), section 3.1, task 2. The head's output 0 says
that B is the text that followed A, output 1 that it was taken from elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bert_core.checks import a_text
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats
from bert_core.tasks.distribution import log_softmax

Answer = Literal["is-next", "not-next"]
MEANING = "0 = is next; it classifies, it does not generate."
SHORT = 32
"""Word pieces of a pair, special ones included, below which a result says that it is short."""
_SHORT_NOTE = (
    "This pair is short, and BERT learnt from spans of several sentences: hold its score against "
    "those of other pairs."
)


@dataclass(frozen=True, slots=True)
class NextScore:
    """What the next-sentence head says of one pair in one order.

    Attributes:
        answer: the more probable of the two.
        p_is_next: softmax of output 0, in [0, 1].
        p_not_next: softmax of output 1, in [0, 1].
        logit_is_next: output 0, in nats.
        logit_not_next: output 1, in nats.
    """

    answer: Answer
    p_is_next: float
    p_not_next: float
    logit_is_next: float
    logit_not_next: float


@dataclass(frozen=True, slots=True)
class NextSentenceResult:
    """The answer for a pair of texts.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: both texts in pieces, the first as segment 0, the second as segment 1.
        score: of the texts as given.
        swapped: of the same texts in the other order.
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    score: NextScore
    swapped: NextScore
    notes: tuple[str, ...]


def next_sentence(encoder: Encoder, text: str, pair: str) -> NextSentenceResult:
    """Ask whether a second text follows a first one, and the same in the other order.

    Args:
        encoder: a model with a next-sentence head.
        text: the first text; a typed ``[MASK]`` or ``[SEP]`` is ordinary text.
        pair: the second text.

    Raises:
        InputError: a text is empty, both are longer than the model reads, or the model answered
            with values that are no numbers.
        ModelError: the checkpoint has no next-sentence head.
    """
    encoder.checkpoint.require("next_sentence")
    tokens, swapped = cut_pair(encoder, text, pair), cut_pair(encoder, pair, text)
    score, other = score_rows(encoder.head_logits("next_sentence", [tokens, swapped]))
    notes = (MEANING, *text_notes(tokens, encoder.tokenizer.vocabulary))
    return NextSentenceResult(
        model=encoder.label,
        tokens=tokens,
        score=score,
        swapped=other,
        notes=(*notes, _SHORT_NOTE) if len(tokens) < SHORT else notes,
    )


def cut_pair(encoder: Encoder, text: str, pair: str) -> Tokens:
    """A pair in pieces, refused when the model would see only one of the texts.

    Raises:
        InputError: as :func:`next_sentence`.
    """
    a_text("The second text", pair, field="pair")
    tokens = encoder.tokenize(text, pair, masks=False)
    for sequence, name, field in ((0, "first", "text"), (1, "second", "pair")):
        if sequence not in tokens.sequences:
            raise InputError(
                f"The {name} text has no character that the model can see. Type some words.",
                field=field,
            )
    return tokens


def score_rows(logits: Sequence[Floats]) -> list[NextScore]:
    """Scores of pairs, from arrays of shape (1, 2) that hold their logits.

    Raises:
        InputError: the model answered with values that are no numbers.
    """
    if not logits:
        return []
    rows = np.concatenate(logits).astype(np.float64)
    chances = np.exp(log_softmax(rows))
    return [
        NextScore("is-next" if row[0] >= row[1] else "not-next", *chance, *row)
        for row, chance in zip(rows.tolist(), chances.tolist(), strict=True)
    ]
