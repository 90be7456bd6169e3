"""Core calls whose answers are kept: keyed by plain values, bounded, never holding a model."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar

import streamlit as st

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
KEEP_LONG = 16
KEEP_TRACES = 256 * 2**20  # bytes; one with hundreds of masks has some 60 MiB of logits
_keep = st.cache_data(
    max_entries=64,
    show_spinner=False,
    hash_funcs={ModelChoice: lambda choice: repr(key_of(choice))},
)


@_keep
def tokens_of(choice: ModelChoice, text: str, pair: str | None, masked: Pieces) -> Tokens:
    """The text in pieces, with masks over some."""
    return encoder(choice).tokenize(text, pair).masked(masked)


class _NotKept(Exception):
    """There is no answer yet, and none was to be computed."""


@st.cache_resource(show_spinner=False)
def _traces() -> Recent[Trace]:
    return Recent(KEEP_TRACES)


def _trace(choice: ModelChoice, text: str, pair: str | None, masked: Pieces, new: bool) -> Trace:
    """Not pickled and read anew for each look, as what ``_keep`` keeps: nothing changes it."""
    key = (key_of(choice), text, pair, masked)
    found = _traces().get(key)
    if found is None:
        if not new:
            raise _NotKept
        found = trace_masks(encoder(choice), tokens_of(choice, text, pair, masked))
        _traces().put(key, found, found.size)
    return found


@_keep
def _lens(
    choice: ModelChoice, text: str, pair: str | None, masked: Pieces, position: int, k: int,
    _new: bool,
) -> LensResult:  # fmt: skip
    if not _new:
        raise _NotKept
    trace = _trace(choice, text, pair, masked, _new)
    return lens(encoder(choice), trace, position, k=k)


@_keep
def _directions(
    choice: ModelChoice, text: str, pair: str | None, masked: Pieces, position: int, k: int,
    _new: bool,
) -> DirectionsResult:  # fmt: skip
    if not _new:
        raise _NotKept
    return directions(encoder(choice), tokens_of(choice, text, pair, masked), position, k=k)


def trace_of(choice: ModelChoice, text: str, pair: str | None, masked: Pieces) -> Trace:
    """The one forward pass that most of the masked-word page reads from."""
    return _shared(choice, lambda new: _trace(choice, text, pair, masked, new))


def lens_of(
    choice: ModelChoice, text: str, pair: str | None, masked: Pieces, position: int, k: int
) -> LensResult:
    """What the head reads from each layer of that pass at one mask."""
    key = (choice, text, pair, masked, position, k)
    return _shared(choice, lambda new: _lens(*key, new))


def directions_of(
    choice: ModelChoice, text: str, pair: str | None, masked: Pieces, position: int, k: int
) -> DirectionsResult:
    """The same mask under restricted attention: three passes."""
    key = (choice, text, pair, masked, position, k)
    return _shared(choice, lambda new: _directions(*key, new))


def _shared(choice: ModelChoice, cached: Callable[[bool], T]) -> T:
    """What any visitor's question left in the cache; else the answer, in this one's turn."""
    slot = st.empty()  # in every run, or what is below would move
    try:
        return cached(False)
    except _NotKept:
        pace.ask()
    return in_turn(choice, lambda: cached(True), slot)


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
        pace.ask()
        with long_job(slot) if slot is not None else nullcontext():
            store[key] = compute()
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
        pace.ask()
        with long_job(slot) if slot is not None else nullcontext():
            held = st.session_state[f"_newest_{name}"] = key, compute()
    return held[1]


def is_kept(key: Key) -> bool:
    """Whether :func:`kept` would answer at once."""
    return _meant(key) in st.session_state.get("_long_answers", {})


def is_newest(name: str, key: Key) -> bool:
    """Whether :func:`newest` would answer at once."""
    held = st.session_state.get(f"_newest_{name}")
    return held is not None and held[0] == _meant(key)
