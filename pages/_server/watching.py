"""The server's counters and event lines: one of each in a process, for the pages and the API."""

import secrets
import sys

import streamlit as st

from bert_core.serving.events import EventLog
from bert_core.serving.meters import Meters
from bert_core.settings import read_settings
from pages._server.garbage import look_through


@st.cache_resource(show_spinner=False)
def meters() -> Meters:
    """The counters."""
    return Meters()


@st.cache_resource(show_spinner=False)
def events() -> EventLog:
    """The lines on stderr."""
    return EventLog(sys.stderr, read_settings)


def visitor() -> str:
    """The visitor of a page: a random name for as long as the session lasts."""
    name: str = st.session_state.setdefault("_visitor", secrets.token_hex(8))
    return name


def visited(page: str) -> None:
    """Count a page and write a line when a visitor comes to it; a rerun of it is no visit.

    Args:
        page: its address; "" for home.
    """
    state = st.session_state
    if state.get("_visited") == page:
        return
    state["_visited"] = page
    name = page or "home"
    meters().visited(name)
    events().write("page", visitor=visitor(), route=name)


def drawn(page: str, seconds: float) -> None:
    """Count the time in which a page was drawn.

    Args:
        page: its address; "" for home.
        seconds: from the first line of the script to the last.
    """
    meters().drawn(page or "home", seconds)
    _drawn_first(page)


@st.cache_resource(show_spinner=False)
def _drawn_first(page: str) -> None:
    """What a page imports at its first drawing stays: the collector need not look at it again."""
    look_through()
