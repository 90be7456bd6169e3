"""The only place where models are kept: loaded once, shared by all visitors, let go in order."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait

import streamlit as st

from bert_core import Encoder, ModelChoice, load
from bert_core.model.sources import Progress
from pages._shared.sentences import escaped

KEEP = 2
POLL = 0.2  # seconds between two looks at how far a model is


def _release(held: Encoder) -> None:
    held.release()


@st.cache_resource(
    max_entries=KEEP, show_spinner=False, on_release=_release, hash_funcs={ModelChoice: repr}
)
def encoder(choice: ModelChoice, _on_progress: Progress | None = None) -> Encoder:
    """The encoder of a choice. Everything that changes an answer is in the key: the choice."""
    return load(choice, on_progress=_on_progress)


def encoder_with_progress(choice: ModelChoice) -> Encoder:
    """As :func:`encoder`, showing what is under way; silent when the model is here already.

    The model is loaded in a thread: what is drawn while a cached function runs would be replayed,
    with an error, in every later run.
    """
    said: deque[tuple[str, float | None]] = deque(maxlen=1)
    slot = st.empty()
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="load")
    loading = worker.submit(encoder, choice, lambda what, share: said.append((what, share)))
    worker.shutdown(wait=False)
    while not wait([loading], timeout=POLL).done:
        for what, share in tuple(said):
            slot.progress(share or 0.0, text=f"{escaped(what)} …")
    slot.empty()
    return loading.result()
