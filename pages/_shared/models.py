"""The only place where models are kept: loaded once, shared by all visitors, let go in order."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bert_core.model.choice import ModelChoice
from bert_core.model.sources import Progress
from bert_core.model.waiting import Line, admitted, until
from bert_core.serving.held import HeldModels
from bert_core.settings import read_settings
from pages._server.garbage import look_through
from pages._server.watching import meters
from pages._shared import pace
from pages._shared.sentences import escaped

if TYPE_CHECKING:  # the server answers before numpy and the tokenizers are in memory
    from bert_core import Encoder

T = TypeVar("T")
KEEP = 3  # the embedded one, the reader, and one that a visitor brings
POLL = 0.2  # seconds between two looks at how far a model is
DRAWN = 1.5  # seconds for the browser; what is imported for a model keeps Python from serving it


@st.cache_resource(show_spinner=False)
def _held() -> HeldModels:
    return HeldModels(
        KEEP, read_settings().memory_mib, on_loaded=_watch,
        on_gone=lambda gone: meters().unloaded(gone.memory_mib), on_changed=look_through,
    )  # fmt: skip


def _watch(loaded: "Encoder") -> None:
    loaded.on_pass = meters().passed
    loaded.line.on_refused = lambda: meters().refused("model")


def encoder(choice: ModelChoice, on_progress: Progress | None = None) -> "Encoder":
    """The encoder of a choice. Everything that changes an answer is in the key: the choice."""
    return _held().get(choice, on_progress)


def is_held(choice: ModelChoice) -> bool:
    """Whether the encoder of a choice is in memory."""
    return _held().holds(choice)


def loaded() -> "list[Encoder]":
    """The encoders that are in memory."""
    return _held().loaded()


@st.cache_resource(show_spinner=False)
def jobs() -> Line:
    """The line of long jobs."""
    return _line("their long computations to begin")


@st.cache_resource(show_spinner=False)
def documents() -> Line:
    """The line of documents that are read: seconds each, and nobody asks a model for them."""
    return _line("their documents to be read")


def _line(what: str) -> Line:
    line = Line(read_settings().waiting_visitors, what)
    line.on_refused = lambda: meters().refused("long-job")
    return line


@contextmanager
def long_job(slot: DeltaGenerator, line: Line | None = None) -> Iterator[None]:
    """A block that computes for long: one at a time in the whole app, in order of arrival.

    Whoever waits sees how many are ahead, and leaves the line with any click; whoever asks too
    often waits before it. Inside, the model is still asked batch by batch, so that short questions
    get their turn in between.

    Args:
        slot: an empty place on the page.
        line: where it waits; None: :func:`jobs`.

    Raises:
        BusyError: too many wait.
    """

    def tell(ahead: int) -> None:
        slot.caption(f":material/hourglass: {_others(ahead)} ahead of you; this begins after them.")

    pace.ask()
    with (line or jobs()).turn(on_wait=tell), admitted():
        slot.empty()
        yield


def in_turn(choice: ModelChoice, compute: Callable[[], T], slot: DeltaGenerator) -> T:
    """Compute, saying how many are ahead at the model if that takes a while.

    Args:
        choice: the model that is asked; it is in memory.
        compute: draws nothing: it runs in a thread.
        slot: an empty place on the page.
    """
    mine: list[int] = []
    line, left = encoder(choice).line, threading.Event()

    def ask() -> T:
        mine.append(threading.get_ident())
        with until(left):
            return compute()

    def draw() -> None:
        if ahead := line.ahead_of(mine[0]) if mine else 0:
            slot.caption(f":material/hourglass: {_others(ahead)} ahead of you.")
        else:
            slot.empty()

    try:
        return meanwhile(ask, draw, slot)
    finally:
        left.set()  # a click ended this run: nobody wants what still waits


def _others(ahead: int) -> str:
    return "1 other is" if ahead == 1 else f"{ahead} others are"


def encoder_with_progress(choice: ModelChoice) -> "Encoder":
    """As :func:`encoder`, showing what is under way; silent when the model is here already.

    The model is loaded in a thread: what is drawn while a cached function runs would be replayed,
    with an error, in every later run.
    """
    said: deque[tuple[str, float | None]] = deque(maxlen=1)
    slot = st.empty()

    def draw() -> None:
        if not said:
            slot.empty()
            return
        what, share = said[0]
        slot.progress(share or 0.0, text=f"{escaped(what)} …")

    def load() -> "Encoder":
        return encoder(choice, lambda what, share: said.append((what, share)))

    return meanwhile(load, draw, slot)


def until_drawn(slot: DeltaGenerator) -> float:
    """Leave the processor to a browser that draws what has come, while no model is in memory yet.

    Args:
        slot: an empty place on the page; a click is heard there.

    Returns:
        The seconds that it took.
    """
    begun = time.monotonic()
    while not loaded() and time.monotonic() - begun < DRAWN:
        slot.empty()
        time.sleep(POLL)
    return time.monotonic() - begun


def meanwhile(compute: Callable[[], T], draw: Callable[[], None], slot: DeltaGenerator) -> T:
    """What is computed in a thread of its own, while this one draws how far it is.

    Args:
        compute: draws nothing.
        draw: draws something each time, if only nothing: that is where a click is heard.
        slot: what ``draw`` draws on; it is empty afterwards.
    """
    worker = ThreadPoolExecutor(1, "for-a-page")
    answer = worker.submit(compute)
    worker.shutdown(wait=False)
    while not wait([answer], timeout=POLL).done:
        draw()
    slot.empty()
    return answer.result()
