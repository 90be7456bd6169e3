"""Masked word: what would BERT put in the gap?

Reference: Devlin et al. 2019 (arXiv:1810.04805), section 3.1, task 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from bert_core.checks import a_list, shown, whole_number
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Trace
from bert_core.model.vocabulary import Vocabulary
from bert_core.tasks.distribution import (
    Candidate,
    allowed,
    best_ids,
    candidate,
    entropy_bits,
    log_softmax,
)
from bert_core.tasks.filling import Filling, Strategy, fill_all, independent

MAX_K = 1_000


@dataclass(frozen=True, slots=True)
class MaskPrediction:
    """What fits one mask.

    Attributes:
        position: where the mask stands, in word pieces.
        candidates: the k best pieces that may be shown, best first.
        covered: probability of all of ``candidates`` together.
        left_out: probability of the pieces that may not be shown (special ones, and parts of
            words where only whole words are asked for).
        entropy: of the whole distribution, in bits.
        original: the piece that the mask was put over, or None for a typed mask.
    """

    position: int
    candidates: tuple[Candidate, ...]
    covered: float
    left_out: float
    entropy: float
    original: Candidate | None


@dataclass(frozen=True, slots=True, eq=False)
class FillResult:
    """The answer to a sentence with masks.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the sentence in pieces.
        strategy: how several masks were filled.
        masks: what fits each mask on its own, in reading order.
        sentences: whole fillings, best first; at most ``width`` of them.
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    strategy: Strategy
    masks: tuple[MaskPrediction, ...]
    sentences: tuple[Filling, ...]
    notes: tuple[str, ...]


def trace_masks(encoder: Encoder, tokens: Tokens, *, hidden: bool = True) -> Trace:
    """The one forward pass behind a masked-word answer: hidden states, and logits at the masks.

    Args:
        encoder: a model with a masked-word head.
        tokens: a sentence with masks.
        hidden: keep the hidden states, which only the view layer by layer reads.

    Raises:
        InputError: nothing is masked.
        ModelError: the checkpoint has no masked-word head.
    """
    encoder.checkpoint.require("masked_word")
    require_masks(tokens)
    return encoder.trace(tokens, positions=tokens.masks, hidden=hidden)


def require_masks(tokens: Tokens) -> None:
    """Refuse a sentence without a mask.

    Raises:
        InputError: nothing is masked.
    """
    if not tokens.masks:
        raise InputError(
            f"Nothing is masked. Type {tokens.mask_piece} or ___ where a word is missing, or "
            "pick a word to mask.",
            field="text",
        )


def predict(
    trace: Trace, vocabulary: Vocabulary, *, k: int = 10, words_only: bool = True
) -> tuple[MaskPrediction, ...]:
    """Rank the words at every mask of a trace. No forward pass.

    Args:
        trace: from :func:`trace_masks`.
        vocabulary: of the same checkpoint.
        k: rows per mask, 1 to 1,000.
        words_only: leave out parts of words; probabilities stay those of the whole vocabulary.

    Raises:
        InputError: k is out of range, the trace has no logits, or the model answered with
            numbers that are no numbers.
    """
    whole_number("k", k, MAX_K, field="k")
    if trace.logits is None:
        raise InputError("This trace holds no logits: make it with trace_masks.", field="text")
    found = []
    for position, logs in zip(trace.positions, log_softmax(trace.logits), strict=True):
        keep = allowed(vocabulary, trace.tokens, position, words_only=words_only)
        ids = best_ids(logs, k, keep)
        original = trace.tokens.originals[position]
        found.append(
            MaskPrediction(
                position=position,
                candidates=tuple(candidate(vocabulary, logs, id_) for id_ in ids),
                covered=float(np.exp(logs[ids]).sum()),
                left_out=float(np.exp(logs[~keep]).sum()),
                entropy=entropy_bits(logs),
                original=None if original is None else candidate(vocabulary, logs, original),
            )
        )
    return tuple(found)


def fill(
    encoder: Encoder,
    text: str,
    pair: str | None = None,
    *,
    k: int = 10,
    strategy: Strategy = "independent",
    width: int = 5,
    words_only: bool = True,
    masked: Sequence[int] = (),
) -> FillResult:
    """Answer a sentence with one mask or several.

    Args:
        encoder: a model with a masked-word head.
        text: the sentence; ``[MASK]``, ``[mask]``, ``<mask>`` and ``___`` are masks.
        pair: an optional second sentence.
        k: rows per mask.
        strategy: how several masks are filled together, see :mod:`bert_core.tasks.filling`.
        width: number of sentences to rank, and of the beam.
        words_only: leave out parts of words.
        masked: positions of pieces to put a mask over, besides the typed ones.

    Raises:
        InputError: nothing is masked, or a value is out of range.
        ModelError: the checkpoint has no masked-word head.
    """
    a_list("The positions to mask", masked, field="masked")
    tokens = encoder.tokenize(text, pair).masked(masked)
    return fill_trace(
        encoder,
        trace_masks(encoder, tokens, hidden=False),
        k=k,
        strategy=strategy,
        width=width,
        words_only=words_only,
    )


def fill_trace(
    encoder: Encoder,
    trace: Trace,
    *,
    k: int = 10,
    strategy: Strategy = "independent",
    width: int = 5,
    words_only: bool = True,
    sentences: tuple[Filling, ...] | None = None,
) -> FillResult:
    """As :func:`fill`, from a pass that has been made; only the other strategies need more.

    ``sentences`` of an earlier :func:`rank_sentences` are taken as they are: they do not depend
    on ``k``.
    """
    vocabulary, tokens = encoder.tokenizer.vocabulary, trace.tokens
    masks = predict(trace, vocabulary, k=k, words_only=words_only)
    if sentences is None:
        sentences = rank_sentences(
            encoder, trace, strategy=strategy, width=width, words_only=words_only
        )
    return FillResult(
        model=encoder.label,
        tokens=tokens,
        strategy=strategy,
        masks=masks,
        sentences=sentences,
        notes=text_notes(tokens, vocabulary),
    )


def rank_sentences(
    encoder: Encoder,
    trace: Trace,
    *,
    strategy: Strategy = "independent",
    width: int = 5,
    words_only: bool = True,
) -> tuple[Filling, ...]:
    """Whole sentences, best first, by one of the strategies.

    Args:
        encoder: the model that made the trace.
        trace: from :func:`trace_masks`.
        strategy: see :mod:`bert_core.tasks.filling`.
        width: number of sentences, and of the beam, 1 to 10.
        words_only: leave out parts of words.

    Raises:
        InputError: an unknown strategy, a width out of range, or too many masks.
    """
    if strategy not in get_args(Strategy):
        known = ", ".join(get_args(Strategy))
        raise InputError(
            f"The strategy is {shown(strategy)}: use one of {known}.", field="strategy"
        )
    vocabulary = encoder.tokenizer.vocabulary
    if strategy == "independent" or len(trace.positions) == 1:
        return independent(trace, vocabulary, width=width, words_only=words_only)
    return fill_all(encoder, trace.tokens, strategy, width=width, words_only=words_only)
