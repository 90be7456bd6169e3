"""One direction or both: the idea that gave BERT its B.

A left-to-right model knows only what stands before the gap; a right-to-left model only what
follows. Two such models side by side ("shallow") each still decide alone. BERT lets every
piece look both ways in every layer ("deep"): Devlin et al. 2019, section 1 and figure 3.

Here the same weights answer under restricted attention: to the left, piece i looks at pieces
up to i only. The marks [CLS] and [SEP] stay visible, since BERT's heads rest on them, but see
nothing but each other, so that no word leaks through them (only where the text ends). BERT was
not trained under either restriction: the figures show what this model can do without one side,
not how good a model trained for one direction would be.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bert_core.checks import is_whole, shown, whole_number
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.tasks.distribution import (
    Candidate,
    Logs,
    allowed,
    best_ids,
    candidate,
    entropy_bits,
    log_softmax,
)
from bert_core.tasks.limits import MAX_SHOWN

Direction = Literal["left", "right", "shallow", "deep"]
EXPLANATION = (
    "The same weights, with attention cut to one side. Left: every piece looks back only. Right: "
    "ahead only. Both, shallowly: the two answers multiplied, neither having seen the other side. "
    "Both, deeply: as BERT was trained. It was never trained with one side missing, so the first "
    "two rows show what it loses, not what a one-way model could learn."
)


@dataclass(frozen=True, slots=True)
class DirectionView:
    """One way of looking.

    Attributes:
        direction: which context was visible.
        candidates: the best words then.
        entropy: in bits.
        target: the followed word then.
    """

    direction: Direction
    candidates: tuple[Candidate, ...]
    entropy: float
    target: Candidate


@dataclass(frozen=True, slots=True)
class DirectionsResult:
    """A mask predicted four ways.

    Attributes:
        position: the mask, in word pieces.
        target: the word whose rank is followed: the one that was masked, or the best of both
            sides together.
        views: left, right, shallow, deep.
    """

    position: int
    target: str
    views: tuple[DirectionView, ...]


def directions(
    encoder: Encoder, tokens: Tokens, position: int, *, k: int = 5, words_only: bool = True
) -> DirectionsResult:
    """Predict one mask from the left, from the right, from both shallowly and deeply.

    Args:
        encoder: a model with a masked-word head.
        tokens: a sentence; every mask in it stays masked.
        position: the mask to predict.
        k: words per row, 1 to 100.
        words_only: leave out parts of words.

    Raises:
        InputError: the position is no mask, or k is out of range.
    """
    if not is_whole(position, 0, len(tokens) - 1) or position not in tokens.masks:
        raise InputError(f"Position {shown(position)} is no mask.", field="position")
    whole_number("k", k, MAX_SHOWN, field="k")
    logs = {
        "left": _predict(encoder, tokens, position, visibility(tokens, "left")),
        "right": _predict(encoder, tokens, position, visibility(tokens, "right")),
        "deep": _predict(encoder, tokens, position, None),
    }
    logs["shallow"] = combine(logs["left"], logs["right"])
    vocabulary = encoder.tokenizer.vocabulary
    keep = allowed(vocabulary, tokens, position, words_only=words_only)
    original = tokens.originals[position]
    target = original if original is not None else best_ids(logs["deep"], 1, keep)[0]
    order: tuple[Direction, ...] = ("left", "right", "shallow", "deep")
    return DirectionsResult(
        position=position,
        target=vocabulary.words[target],
        views=tuple(
            DirectionView(
                direction=name,
                candidates=tuple(
                    candidate(vocabulary, logs[name], id_) for id_ in best_ids(logs[name], k, keep)
                ),
                entropy=entropy_bits(logs[name]),
                target=candidate(vocabulary, logs[name], target),
            )
            for name in order
        ),
    )


def visibility(tokens: Tokens, side: Literal["left", "right"]) -> NDArray[np.bool_]:
    """Which piece may look at which, shape (T, T), when only one side may be used."""
    place = np.arange(len(tokens))
    mark = np.array([word is None for word in tokens.words])
    ordered = place[:, None] >= place[None, :]
    if side == "right":
        ordered = ordered.T
    # Marks are seen by all, and see only marks: they carry no word from one side to the other.
    seen: NDArray[np.bool_] = np.where(mark[:, None], mark[None, :], ordered | mark[None, :])
    return seen


def combine(left: Logs, right: Logs) -> Logs:
    """Multiply two distributions of shape (V,) and normalise: both have to agree on a word."""
    return log_softmax(left + right)


def _predict(
    encoder: Encoder, tokens: Tokens, position: int, visible: NDArray[np.bool_] | None
) -> Logs:
    trace = encoder.trace(tokens, positions=(position,), visible=visible)
    assert trace.logits is not None  # noqa: S101 - asked for in the line above
    return log_softmax(trace.logits[0])
