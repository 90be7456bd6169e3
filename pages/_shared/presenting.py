"""The presentation switch: a page for an audience, without expert controls."""

import streamlit as st

from pages._shared.link import Field, yes_no

PRESENT = Field("present", "present", False, yes_no)


def presenting() -> bool:
    """Whether expert controls are hidden; what they were set to holds all the same."""
    return bool(st.session_state.get(PRESENT.key))


def switch() -> None:
    """Draw the switch in the sidebar."""
    with st.sidebar:
        st.toggle("Presentation", key=PRESENT.key, persist_state="session",
                  help="For an audience: hides the choice of model, options and code. What was "
                  "chosen stays chosen, and a copied link opens the same view.")  # fmt: skip
