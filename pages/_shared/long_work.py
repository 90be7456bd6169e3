"""What takes long waits for a click, tells how far it is, and can be stopped."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bert_core import Encoder

COSTLY = 3e10
"""Pieces to compute times layers times squared width, from which it takes some ten seconds on two
cores."""
CHARACTERS = 4
"""Of a word piece, roughly, in English."""


def costly(encoder: Encoder, pieces: float) -> bool:
    """Whether it takes so long to compute so many word pieces that others should not wait for it.

    Args:
        encoder: what computes.
        pieces: of all passes together, roughly.
    """
    held = encoder.checkpoint
    return pieces * held.layers * held.hidden**2 > COSTLY


def begun(slot: DeltaGenerator, label: str, about: str, *, key: str) -> bool:
    """Whether the visitor asks for it: a button to begin, and while it computes one to stop.

    Args:
        slot: an empty place on the page; it is to be emptied when the work is done.
        label: of the button.
        about: what will be done, in a sentence.
        key: of the buttons, with ``_go`` and ``_stop`` after it.
    """
    with slot.container():
        asked = st.button(label, icon=":material/play_arrow:", key=f"{key}_go", type="primary")
        st.caption(f"{about} It can be stopped.")
    if asked:
        # A click on it, as on anything, ends this run where it next tells how far it is.
        slot.button("Stop", icon=":material/stop:", key=f"{key}_stop")
    return asked
