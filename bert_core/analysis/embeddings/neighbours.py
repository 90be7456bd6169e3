"""What lies next to one occurrence: other sentences, and words of the vocabulary."""

from dataclasses import dataclass

import numpy as np

from bert_core.analysis.embeddings.geometry import Space
from bert_core.analysis.embeddings.vectors import WordTrace
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder

VOCABULARY_NOTE = (
    "The vocabulary has one vector a word and knows no context. The mean of each side is taken "
    "off before they are compared. The higher the layer, the less the two are of one kind: a "
    "hint at what the state is about, not a measure."
)


@dataclass(frozen=True, slots=True)
class NearSentence:
    """Another occurrence.

    Attributes:
        index: among the occurrences.
        value: cosine or distance, as the space has it.
    """

    index: int
    value: float


@dataclass(frozen=True, slots=True)
class NearWord:
    """A word of the vocabulary.

    Attributes:
        id: of its piece.
        word: spelled for people.
        cosine: with the occurrence, both without their means.
    """

    id: int
    word: str
    cosine: float


def nearest_sentences(space: Space, index: int, k: int = 5) -> tuple[NearSentence, ...]:
    """The occurrences next to one, nearest first; of equals the earlier first.

    Raises:
        InputError: there is no such occurrence.
    """
    _check(index, len(space.vectors))
    order = np.argsort(-space.closeness[index], kind="stable")
    kept = [int(other) for other in order if other != index][:k]
    return tuple(NearSentence(other, float(space.values[index, other])) for other in kept)


def nearest_words(
    encoder: Encoder, trace: WordTrace, layer: int, index: int, k: int = 8
) -> tuple[NearWord, ...]:
    """The whole words whose input embeddings point the same way as one occurrence.

    The word's own pieces are left out.

    Args:
        encoder: the model that made the trace.
        trace: from :func:`.vectors.word_in_context`.
        layer: 0 = embeddings, 1 to L.
        index: which occurrence.
        k: how many.

    Raises:
        InputError: there is no such occurrence or layer.
    """
    from bert_core.model.hidden import input_cosines

    _check(index, len(trace.occurrences))
    if not 0 <= layer <= trace.layers:
        raise InputError(f"There is no layer {layer}.", field="layer")
    others = trace.others[layer]
    mean = others.mean(axis=0) if len(others) else 0.0
    cosines = input_cosines(encoder, trace.vectors[layer, index] - mean)
    here = trace.occurrences[index]
    vocabulary = encoder.tokenizer.vocabulary
    allowed = vocabulary.starts_word & ~vocabulary.special
    allowed[[here.tokens.ids[p] for p in here.positions]] = False
    order = np.argsort(-np.where(allowed, cosines, -2.0), kind="stable")[:k]
    return tuple(NearWord(int(n), vocabulary.words[n], float(cosines[n])) for n in order)


def _check(index: int, count: int) -> None:
    if not 0 <= index < count:
        raise InputError(f"There is no occurrence {index + 1} of {count}.", field="index")
