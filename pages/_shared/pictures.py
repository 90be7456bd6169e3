"""Two buttons below a view that save it as a picture, PNG or SVG."""

from collections.abc import Callable

import streamlit as st

from bert_core.views.events import Seen, new_events
from pages._shared.registration import register

_PICTURE = register("picture")
KINDS = ("png", "svg")


def picture_buttons(make: Callable[[], str], *, key: str, name: str, label: str) -> None:
    """Draw the buttons; ``make`` writes the SVG in the run after a click, and in no other.

    Args:
        make: the picture as it is shown now.
        key: of the component.
        name: of the file, without its ending.
        label: what it is a picture of, for screen readers.
    """
    state, kept, last = st.session_state, f"{key} seen", f"{key} last"

    def asked() -> None:
        events, state[kept] = new_events(state[key].get("asked"), state.get(kept, Seen()))
        if events and events[-1].get("kind") in KINDS:
            state[last] = events[-1]["kind"]

    seen = state.get(kept, Seen())
    answer = None
    if last in state:
        svg = make()  # before it is forgotten: a stopped run leaves it for the next one
        answer = {"number": seen.number, "kind": state.pop(last), "svg": svg}
    data = {"name": name, "label": label, "answer": answer,
            "seen": {"source": seen.source, "number": seen.number}}  # fmt: skip
    _PICTURE(key=key, data=data, on_asked_change=asked)
