"""What takes long waits for a click, tells how far it is, and can be stopped."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._shared.answers import Key, is_kept, is_newest, kept, newest
from pages._shared.tables import ProgressBar

T = TypeVar("T")


def when_asked(
    key: Key,
    compute: Callable[[ProgressBar], T],
    *,
    long: bool,
    label: str,
    about: str,
    bar: str,
    widget: str,
    name: str | None = None,
) -> T | None:
    """What :func:`kept` gives; what takes long waits for a click, and can be stopped.

    Args:
        key: what the answer depends on.
        compute: the answer, of a bar to show how far it is.
        long: whether it takes long.
        label: of the button to begin.
        about: what will be done, in a sentence.
        bar: what the bar counts.
        widget: key of the buttons.
        name: for :func:`newest` in the place of :func:`kept`; None: kept.

    Returns:
        None until somebody asks for it.
    """
    slot = st.empty()  # in every run, or what is below would move
    there = is_kept(key) if name is None else is_newest(name, key)
    if long and not there and not _begun(slot, label, about, key=widget):
        return None
    shown = ProgressBar(bar)
    if not long:
        st.empty()  # where one that takes long says who is ahead, so that nothing below moves
    if name is None:
        found = kept(key, lambda: compute(shown), long=long)
    else:
        found = newest(name, key, lambda: compute(shown), long=long)
    slot.empty()
    return found


def _begun(slot: DeltaGenerator, label: str, about: str, *, key: str) -> bool:
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
