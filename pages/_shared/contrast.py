"""Words on the accent, where Streamlit's own colour for them cannot be read."""

import streamlit as st

_STYLE = """<style>
[data-testid^="stBaseButton-primary"]:not(:disabled) { color: Canvas; }
</style>"""
"""White in the light theme and nearly black in the dark one, whose accent is light, since it is
written with on a dark ground: white on it has a contrast of 3, this 6."""


def readable() -> None:
    """Write on primary buttons so that it can be read."""
    st.html(_STYLE)
