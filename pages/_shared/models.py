"""The only place where models are kept: loaded once, shared by all visitors, let go in order."""

import streamlit as st

from bert_core import Encoder, ModelChoice, load
from bert_core.model.sources import Progress

KEEP = 2


def _release(held: Encoder) -> None:
    held.release()


@st.cache_resource(
    max_entries=KEEP, show_spinner=False, on_release=_release, hash_funcs={ModelChoice: repr}
)
def encoder(choice: ModelChoice, _on_progress: Progress | None = None) -> Encoder:
    """The encoder of a choice. Everything that changes an answer is in the key: the choice."""
    return load(choice, on_progress=_on_progress)


def encoder_with_progress(choice: ModelChoice) -> Encoder:
    """As :func:`encoder`, showing what is under way; silent when the model is here already."""
    slot = st.empty()

    def show(what: str, share: float | None) -> None:
        slot.progress(share or 0.0, text=f"{what} …")

    held = encoder(choice, show)
    slot.empty()
    return held
