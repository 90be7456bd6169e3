"""The tokens page's state: what a link carries, and which piece is looked at."""

import streamlit as st

from bert_core.examples import examples
from pages._shared import sidebar
from pages._shared.link import Field, one_of, whole, yes_no

EXAMPLES = examples("tokens")
FIRST = next(iter(EXAMPLES.values()))
PANELS = ("Two tokenizers", "A file")
FIELDS = (
    Field("text", "tk_text", FIRST.text),
    Field("pair", "tk_pair", FIRST.pair),
    Field("masks", "tk_masks", True, yes_no),
    Field("piece", "tk_piece", None, whole(0, 10_000)),
    Field("with", "tk_other", "other case"),
    Field("show", "tk_panel", None, one_of(*PANELS)),
)
LINKED = (*FIELDS, *sidebar.FIELDS)


def open_example() -> str | None:
    """Name of the example that stands in the inputs as it is."""
    typed = st.session_state["tk_text"], st.session_state["tk_pair"]
    return next((name for name, example in EXAMPLES.items()
                 if typed == (example.text, example.pair)), None)  # fmt: skip


def take_example() -> None:
    """Put the chosen example into the inputs."""
    example = EXAMPLES.get(st.session_state.get("tk_example") or "")
    if example is not None:
        st.session_state.update(tk_text=example.text, tk_pair=example.pair, tk_piece=None)


def changed() -> None:
    """A changed text has other pieces."""
    st.session_state["tk_piece"] = None


def look_at(position: int) -> None:
    """Look at a piece, or, at a second click, at none."""
    held = st.session_state["tk_piece"]
    st.session_state["tk_piece"] = None if held == position else position
