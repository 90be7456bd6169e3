"""Core calls whose answers are kept: keyed by plain values, bounded, never holding a model."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar

import streamlit as st

from bert_core import ModelChoice, Tokens, Trace, directions, trace_masks
from bert_core.analysis.directions import DirectionsResult
from pages._shared.models import encoder, in_turn, long_job

T = TypeVar("T")
Pieces = tuple[int, ...]
KEEP_LONG = 16
_keep = st.cache_data(max_entries=64, show_spinner=False, hash_funcs={ModelChoice: repr})
# A trace of hundreds of masks is hundreds of MiB of logits, so only a few are kept.
_keep_few = st.cache_data(max_entries=8, show_spinner=False, hash_funcs={ModelChoice: repr})


@_keep
def tokens_of(choice: ModelChoice, text: str, pair: str | None, masked: Pieces) -> Tokens:
    """The text in pieces, with masks over some."""
    return encoder(choice).tokenize(text, pair).masked(masked)


@_keep_few
def _trace(choice: ModelChoice, text: str, pair: str | None, masked: Pieces) -> Trace:
    return trace_masks(encoder(choice), tokens_of(choice, text, pair, masked))


def trace_of(choice: ModelChoice, text: str, pair: str | None, masked: Pieces) -> Trace:
    """The one forward pass that most of the masked-word page reads from."""
    return in_turn(choice, lambda: _trace(choice, text, pair, masked))


@_keep
def directions_of(
    choice: ModelChoice, text: str, pair: str | None, masked: Pieces, position: int, k: int
) -> DirectionsResult:
    """The same mask under restricted attention: three passes."""
    tokens = tokens_of(choice, text, pair, masked)
    return directions(encoder(choice), tokens, position, k=k)


def kept(key: tuple[object, ...], compute: Callable[[], T], *, long: bool = False) -> T:
    """Compute a long answer once per visitor; the last few stay.

    Unlike a shared cache this may show progress while it computes, and a visitor who leaves
    half-way leaves nothing behind.

    Args:
        key: what the answer depends on.
        compute: the answer.
        long: it takes so long that the app does one such thing at a time; others wait.
    """
    slot = st.empty() if long else None  # in every run, or what is below would move
    store: OrderedDict[tuple[object, ...], T] = st.session_state.setdefault(
        "_long_answers", OrderedDict()
    )
    if key not in store:
        with long_job(slot) if slot is not None else nullcontext():
            store[key] = compute()
        while len(store) > KEEP_LONG:
            store.popitem(last=False)
    store.move_to_end(key)
    return store[key]


def newest(name: str, key: tuple[object, ...], compute: Callable[[], T]) -> T:
    """As :func:`kept` for what is large: only the newest of a name stays."""
    held: tuple[tuple[object, ...], T] | None = st.session_state.get(f"_newest_{name}")
    if held is None or held[0] != key:
        held = st.session_state[f"_newest_{name}"] = key, compute()
    return held[1]


def is_kept(key: tuple[object, ...]) -> bool:
    """Whether :func:`kept` would answer at once."""
    return key in st.session_state.get("_long_answers", {})
