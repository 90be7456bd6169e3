"""Layer lens: what the masked-word head reads from each layer's hidden state.

The idea is the logit lens (nostalgebraist 2020) with BERT's own head. Only the last layer was
trained to be read that way; lower layers answer in a code of their own, so their words are a
hint at when a prediction takes shape, not what the model "thinks" there.
"""

from dataclasses import dataclass

import numpy as np

from bert_core.checks import is_whole, shown, whole_number
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.trace import Trace
from bert_core.tasks.distribution import (
    Candidate,
    best_ids,
    candidate,
    entropy_bits,
    log_softmax,
    rank_of,
)
from bert_core.tasks.limits import MAX_SHOWN

UNTRAINED = (
    "The model's own output layer, read early. Lower layers were never trained to be read so."
)


@dataclass(frozen=True, slots=True)
class LensLayer:
    """One layer at one mask.

    Attributes:
        layer: 0 = embeddings, 1 to L = encoder layers.
        candidates: the best pieces of that layer.
        entropy: of its distribution, in bits.
        ranks: place of each final word there, in the order of ``LensResult.words``.
        probabilities: of each final word there.
    """

    layer: int
    candidates: tuple[Candidate, ...]
    entropy: float
    ranks: tuple[int, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LensResult:
    """A mask seen through all layers.

    Attributes:
        position: the mask, in word pieces.
        words: the best pieces of the last layer, whose path is followed.
        layers: L + 1 entries.
    """

    position: int
    words: tuple[Candidate, ...]
    layers: tuple[LensLayer, ...]


def lens(encoder: Encoder, trace: Trace, position: int, *, k: int = 3) -> LensResult:
    """Read every layer at one position. No pass through the encoder, only through its head.

    Args:
        encoder: the model that made the trace.
        trace: with hidden states, shape (L + 1, T, H).
        position: which piece, usually a mask.
        k: words per layer, and final words to follow, 1 to 100.

    Raises:
        InputError: k or the position is out of range, or the trace has no hidden states.
    """
    if trace.hidden is None or not is_whole(position, 0, len(trace.tokens) - 1):
        raise InputError(
            f"There are no hidden states at position {shown(position)}.", field="position"
        )
    whole_number("k", k, MAX_SHOWN, field="k")
    vocabulary = encoder.tokenizer.vocabulary
    logs = log_softmax(encoder.read_out(trace.hidden[:, position]))
    final = best_ids(logs[-1], k, ~vocabulary.special)
    layers = tuple(
        LensLayer(
            layer=layer,
            candidates=tuple(
                candidate(vocabulary, line, id_) for id_ in best_ids(line, k, ~vocabulary.special)
            ),
            entropy=entropy_bits(line),
            ranks=tuple(rank_of(line, id_) for id_ in final),
            probabilities=tuple(float(np.exp(line[id_])) for id_ in final),
        )
        for layer, line in enumerate(logs)
    )
    words = tuple(candidate(vocabulary, logs[-1], id_) for id_ in final)
    return LensResult(position=position, words=words, layers=layers)
