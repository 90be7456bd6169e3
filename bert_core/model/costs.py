"""What takes a model so long that nobody else should have to wait for it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bert_core.model.encoder import Encoder

COSTLY = 3e10
"""Pieces to compute times layers times squared width, from which it takes some ten seconds on two
cores."""
CHARACTERS = 4
"""Of a word piece, roughly, in English."""


def costly(encoder: "Encoder", pieces: float) -> bool:
    """Whether it takes so long to compute so many word pieces that others should not wait for it.

    Args:
        encoder: what computes.
        pieces: of all passes together, roughly.
    """
    held = encoder.checkpoint
    return pieces * held.layers * held.hidden**2 > COSTLY
