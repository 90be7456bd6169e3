"""Core calls whose answers are kept: keyed by plain values, bounded, never holding a model."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bert_core import ModelChoice, Tokens, Trace, directions, lens, trace_masks
from bert_core.analysis.directions import DirectionsResult
from bert_core.analysis.lens import LensResult
from bert_core.model.keys import key_of
from bert_core.serving.recent import Recent
from pages._shared import pace
from pages._shared.models import encoder, in_turn, long_job

T = TypeVar("T")
Pieces = tuple[int, ...]
Key = tuple[object, ...]
KEEP, KEEP_LONG = 64, 16
KEEP_TRACES = 256 * 2**20  # bytes; one with hundreds of masks has some 60 MiB of logits
_keep = st.cache_data(
    max_entries=KEEP,
    show_spinner=False,
    hash_funcs={ModelChoice: lambda choice: repr(key_of(choice))},
)


@_keep
def tokens_of(choice: ModelChoice, text: str, pair: str | None, masked: Pieces) -> Tokens:
    """The text in pieces, with masks over some."""
    return encoder(choice).tokenize(text, pair).masked(masked)


@st.cache_resource(show_spinner=False)
def _traces() -> Recent[Trace]:
    return Recent(KEEP_TRACES)


@st.cache_resource(show_spinner=False)
def _lenses() -> Recent[LensResult]:
    return Recent(KEEP)


@st.cache_resource(show_spinner=False)
def _views() -> Recent[DirectionsResult]:
    return Recent(KEEP)


def _trace(choice: ModelChoice, text: str, pair: str | None, masked: Pieces) -> Trace:
    return _traces().get_or_make(
        _meant((choice, text, pair, masked)),
        lambda: trace_masks(encoder(choice), tokens_of(choice, text, pair, masked)),
        lambda trace: trace.size,
    )


def trace_of(choice: ModelChoice, text: str, pair: str | None, masked: Pieces) -> Trace:
    """The one forward pass that most of the masked-word page reads from."""
    found = _traces().get(_meant((choice, text, pair, masked)))
    return _shared(choice, found, lambda: _trace(choice, text, pair, masked))


def lens_of(
    choice: ModelChoice, text: str, pair: str | None, masked: Pieces, position: int, k: int
) -> LensResult:
    """What the head reads from each layer of that pass at one mask."""
    store, key = _lenses(), _meant((choice, text, pair, masked, position, k))

    def read() -> LensResult:
        return lens(encoder(choice), _trace(choice, text, pair, masked), position, k=k)

    return _shared(choice, store.get(key), lambda: store.get_or_make(key, read, _one))


def directions_of(
    choice: ModelChoice, text: str, pair: str | None, masked: Pieces, position: int, k: int
) -> DirectionsResult:
    """The same mask under restricted attention: three passes."""
    store, key = _views(), _meant((choice, text, pair, masked, position, k))

    def look() -> DirectionsResult:
        tokens = tokens_of(choice, text, pair, masked)
        return directions(encoder(choice), tokens, position, k=k)

    return _shared(choice, store.get(key), lambda: store.get_or_make(key, look, _one))


def _one(_value: object) -> int:
    return 1


def _shared(choice: ModelChoice, found: T | None, compute: Callable[[], T]) -> T:
    """What any visitor's question left here; else the answer, in this one's turn."""
    slot = st.empty()  # in every run, or what is below would move
    if found is not None:
        return found
    pace.ask()
    return in_turn(choice, compute, slot)


def _meant(key: Key) -> Key:
    """A key with what its models mean now."""
    return tuple(key_of(each) if isinstance(each, ModelChoice) else each for each in key)


def kept(key: Key, compute: Callable[[], T], *, long: bool = False) -> T:
    """Compute a long answer once per visitor; the last few stay.

    Unlike a shared cache this may show progress while it computes, and a visitor who leaves
    half-way leaves nothing behind.

    Args:
        key: what the answer depends on.
        compute: the answer.
        long: it takes so long that the app does one such thing at a time; others wait.
    """
    slot = st.empty() if long else None  # in every run, or what is below would move
    key = _meant(key)
    store: OrderedDict[Key, T] = st.session_state.setdefault("_long_answers", OrderedDict())
    if key not in store:
        store[key] = _computed(compute, slot)
        while len(store) > KEEP_LONG:
            store.popitem(last=False)
    store.move_to_end(key)
    return store[key]


def newest(name: str, key: Key, compute: Callable[[], T], *, long: bool = False) -> T:
    """As :func:`kept` for what is large: only the newest of a name stays."""
    slot = st.empty() if long else None
    key = _meant(key)
    held: tuple[Key, T] | None = st.session_state.get(f"_newest_{name}")
    if held is None or held[0] != key:
        held = st.session_state[f"_newest_{name}"] = key, _computed(compute, slot)
    return held[1]


def _computed(compute: Callable[[], T], slot: DeltaGenerator | None) -> T:
    """The answer; what has a slot is a long job."""
    if slot is None:
        pace.ask()
        return compute()
    with long_job(slot):
        return compute()


def is_kept(key: Key) -> bool:
    """Whether :func:`kept` would answer at once."""
    return _meant(key) in st.session_state.get("_long_answers", {})


def is_newest(name: str, key: Key) -> bool:
    """Whether :func:`newest` would answer at once."""
    held = st.session_state.get(f"_newest_{name}")
    return held is not None and held[0] == _meant(key)
