"""The next-sentence page's state: what a link carries, and the ready examples."""

import streamlit as st

from bert_core.examples import examples
from pages._shared import attribution, sidebar
from pages._shared.link import Field, one_of

EXAMPLES = examples("next_sentence")
FIRST = next(iter(EXAMPLES.values()))
PANELS = ("Why", "Attribution", "A paragraph", "Candidates", "A file of pairs")
OUTCOMES = ("is next", "is not next")
(PARAGRAPH,) = examples("paragraph").values()
CANDIDATES = (
    "Visitors queued for hours to see the paintings.\n"
    "The architect had worked on it for nine years.\n"
    "Add the flour slowly and stir until smooth.\n"
    "It was raining in the north.\n"
    "Mercury is the planet closest to the sun."
)
FIELDS = (
    Field("text", "nx_text", FIRST.text),
    Field("pair", "nx_pair", FIRST.pair),
    Field("paragraph", "nx_paragraph", PARAGRAPH.text),
    Field("candidates", "nx_candidates", CANDIDATES),
    Field("column_a", "nx_column_a", ""),
    Field("column_b", "nx_column_b", ""),
    Field("follow", "nx_follow", OUTCOMES[0], one_of(*OUTCOMES)),
    *attribution.fields("nx"),
    Field("show", "nx_panel", None, one_of(*PANELS)),
)
LINKED = (*FIELDS, *sidebar.FIELDS)


def take_example() -> None:
    """Put the chosen example into the inputs."""
    example = EXAMPLES.get(st.session_state.get("nx_example") or "")
    if example is not None:
        st.session_state.update(nx_text=example.text, nx_pair=example.pair)


def forget_example() -> None:
    """A text that is typed is no example any more."""
    st.session_state["nx_example"] = None


def turn_round() -> None:
    """Put each text in the other's place."""
    values = st.session_state
    values.update(nx_text=values["nx_pair"], nx_pair=values["nx_text"], nx_example=None)
