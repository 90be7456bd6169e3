"""What takes a model so long that nobody else should have to wait for it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bert_core.model.encoder import Encoder

COSTLY = 3e10
"""Pieces to compute times layers times squared width, from which it takes some ten seconds on two
cores."""
GPU = 20
"""How many times as much CUDA computes in that time, at the least. Large batches, as in training,
are computed some hundred times as fast; a single short text gains little."""
CHARACTERS = 4
"""Of a word piece, roughly, in English."""


def costly(encoder: "Encoder", pieces: float) -> bool:
    """Whether it takes so long to compute so many word pieces that others should not wait for it.

    Args:
        encoder: what computes.
        pieces: of all passes together, roughly.
    """
    held = encoder.checkpoint
    most = COSTLY * (GPU if encoder.choice.device.startswith("cuda") else 1)
    return pieces * held.layers * held.hidden**2 > most
