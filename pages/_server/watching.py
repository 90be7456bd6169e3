"""The server's counters and event lines: one of each in a process, for the pages and the API."""

import secrets
import sys

import streamlit as st

from bert_core.serving.events import EventLog
from bert_core.serving.meters import Meters
from bert_core.settings import read_settings


@st.cache_resource(show_spinner=False)
def meters() -> Meters:
    """The counters."""
    return Meters()


@st.cache_resource(show_spinner=False)
def events() -> EventLog:
    """The lines on stderr."""
    return EventLog(sys.stderr, read_settings)


def visited(page: str) -> None:
    """Count a page and write a line when a visitor comes to it; a rerun of it is no visit.

    Args:
        page: its address; "" for home.
    """
    state = st.session_state
    if state.get("_visited") == page:
        return
    state["_visited"] = page
    visitor = state.setdefault("_visitor", secrets.token_hex(8))
    name = page or "home"
    meters().visited(name)
    events().write("page", visitor=visitor, route=name)
