"""Inputs of the tokens page: examples, two texts, whether a typed mask is one."""

import streamlit as st

from pages._shared.presenting import presenting
from pages._tokens import state


def ask() -> None:
    """Examples and the two texts."""
    st.session_state["tk_example"] = state.open_example()
    st.pills("Examples", list(state.EXAMPLES), key="tk_example", on_change=state.take_example,
             label_visibility="collapsed")  # fmt: skip
    left, right = st.columns(2)
    left.text_area("Text A", key="tk_text", on_change=state.changed, height=68,
                   persist_state="session")  # fmt: skip
    right.text_area("Text B", key="tk_pair", on_change=state.changed, height=68,
                    placeholder="optional", persist_state="session")  # fmt: skip
    if presenting():
        return
    st.toggle("A typed mask is the mask token", key="tk_masks", on_change=state.changed,
              persist_state="session",
              help="[MASK], [mask], <mask> and ___ then stand for the mask; else they are "
              "text, as every other special token is.")  # fmt: skip
