"""How often one visitor may ask the pages for something new; the others never notice."""

import time

import streamlit as st

from bert_core.errors import BusyError
from bert_core.serving.rates import Rates
from bert_core.settings import read_settings
from pages._server.watching import meters, visitor

LOOK_SECONDS = 0.25
"""Time between two looks whether it goes on; a click is heard at each."""
_ASKED = "_asked_in_this_run"


@st.cache_resource(show_spinner=False)
def _rates(per_minute: int) -> Rates:
    return Rates(per_minute)


def begin() -> None:
    """A page begins to be drawn: all that is computed for it counts as one question."""
    st.session_state[_ASKED] = False


def ask() -> None:
    """Count the question of a page that is about to compute.

    A visitor who asks too often waits here until it goes on, and is told how long. So the last
    answer stays on the page, the next one comes by itself, and a click on anything else is heard.
    """
    if st.session_state.get(_ASKED):
        return
    note = None
    while (error := _too_often()) is not None:
        if note is None:
            meters().refused("too-often")
        note = (note or st).toast(
            str(error), icon=":material/hourglass:", duration=error.seconds + 1
        )
        time.sleep(LOOK_SECONDS)
    st.session_state[_ASKED] = True


def _too_often() -> BusyError | None:
    try:
        _rates(read_settings().requests_per_minute).spend(visitor())
    except BusyError as error:
        return error
    return None
