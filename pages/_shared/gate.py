"""The door: who must log in, where the operator configured Streamlit's login."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from bert_core.settings import SettingsError
from pages._shared.start import login_section, wants_login


def let_in() -> None:
    """Let the page go on for everyone, or only for those who are logged in."""
    if not wants_login():
        return
    section = _section()
    if section is not None and st.user.is_logged_in:
        with st.sidebar:
            st.button("Log out", icon=":material/logout:", key="log_out", type="tertiary",
                      on_click=st.logout)  # fmt: skip
        return
    st.title("BERT Explorer", anchor=False)
    if section is None:
        st.error("Nobody can log in at the moment. Ask the operator.", icon=":material/error:")
        st.stop()
    st.write("Log in to go on.")
    named = [name for name, value in section.items() if isinstance(value, Mapping)
             and "client_id" in value]  # fmt: skip
    for provider in named or [None]:
        label = "Log in" if provider is None else f"Log in with {provider}"
        st.button(label, icon=":material/login:", type="primary", key=f"log_in_{provider}",
                  on_click=st.login, args=() if provider is None else (provider,))  # fmt: skip
    st.stop()


def _section() -> Mapping[str, Any] | None:
    """How to log in; None while that cannot be read, as it could when the server started."""
    try:
        return login_section()
    except SettingsError:
        return None
