"""What one forward pass left behind."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.model.tokens import Tokens

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One input through one encoder. Arrays are float32 and there only when asked for.

    Attributes:
        tokens: the input, T pieces.
        positions: the P positions whose vocabulary logits were asked for.
        logits: shape (P, V), masked-word logits in nats, row by row of ``positions``.
        hidden: shape (L + 1, T, H), hidden states from the embeddings to the last layer.
        attention: shape (L, A, T, T), attention weights; a row is the piece that looks and
            sums to 1.
        next_sentence: shape (2,), logits; index 0 says that the second text follows the first.
    """

    tokens: Tokens
    positions: tuple[int, ...]
    logits: Floats | None = None
    hidden: Floats | None = None
    attention: Floats | None = None
    next_sentence: Floats | None = None

    @property
    def size(self) -> int:
        """Bytes of its arrays."""
        arrays = (self.logits, self.hidden, self.attention, self.next_sentence)
        return sum(each.nbytes for each in arrays if each is not None)
