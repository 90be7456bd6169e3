"""The only place where models are kept: loaded once, shared by all visitors, let go in order."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bert_core.model.choice import ModelChoice
from bert_core.model.sources import Progress
from bert_core.model.waiting import Line, admitted
from bert_core.serving.held import HeldModels
from bert_core.settings import read_settings
from pages._shared.sentences import escaped

if TYPE_CHECKING:  # the server answers before numpy and the tokenizers are in memory
    from bert_core import Encoder

T = TypeVar("T")
KEEP = 3  # the chosen one, the same for attention weights, and one beside it
POLL = 0.2  # seconds between two looks at how far a model is


@st.cache_resource(show_spinner=False)
def _held() -> HeldModels:
    return HeldModels(KEEP, read_settings().memory_mib)


def encoder(choice: ModelChoice, on_progress: Progress | None = None) -> "Encoder":
    """The encoder of a choice. Everything that changes an answer is in the key: the choice."""
    return _held().get(choice, on_progress)


def loaded() -> "list[Encoder]":
    """The encoders that are in memory."""
    return _held().loaded()


@st.cache_resource(show_spinner=False)
def _jobs() -> Line:
    return Line(read_settings().waiting_visitors, "their long computations to begin")


@contextmanager
def long_job(slot: DeltaGenerator) -> Iterator[None]:
    """A block that computes for long: one at a time in the whole app, in order of arrival.

    Whoever waits sees how many are ahead, and leaves the line with any click. Inside, the model
    is still asked batch by batch, so that short questions get their turn in between.

    Args:
        slot: an empty place on the page.

    Raises:
        BusyError: too many wait.
    """

    def tell(ahead: int) -> None:
        slot.caption(f":material/hourglass: {_others(ahead)} ahead of you; this begins after them.")

    with _jobs().turn(on_wait=tell), admitted():
        slot.empty()
        yield


def in_turn(choice: ModelChoice, compute: Callable[[], T]) -> T:
    """Compute, saying how many are ahead at the model if that takes a while.

    Args:
        choice: the model that is asked; it is in memory.
        compute: draws nothing: it runs in a thread.
    """
    mine: list[int] = []
    line, slot = encoder(choice).line, st.empty()
    worker = ThreadPoolExecutor(1, "ask", initializer=lambda: mine.append(threading.get_ident()))
    answer = worker.submit(compute)
    worker.shutdown(wait=False)
    while not wait([answer], timeout=POLL).done:
        if ahead := line.ahead_of(mine[0]) if mine else 0:
            slot.caption(f":material/hourglass: {_others(ahead)} ahead of you.")
    slot.empty()
    return answer.result()


def _others(ahead: int) -> str:
    return "1 other is" if ahead == 1 else f"{ahead} others are"


def encoder_with_progress(choice: ModelChoice) -> "Encoder":
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
