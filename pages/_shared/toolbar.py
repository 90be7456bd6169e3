"""Beside every title: a link that restores the page, downloads, the same in Python."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Download:
    """One file on offer.

    Attributes:
        label: what its button says.
        name: the file's name.
        mime: its type.
        make: writes it, when it is asked for.
    """

    label: str
    name: str
    mime: str
    make: Callable[[], str]


def toolbar(link: str, downloads: Sequence[Download], snippet: str, *, key: str) -> None:
    """Draw the three; each opens on a click."""
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        with st.popover("Copy link", icon=":material/link:", type="tertiary"):
            st.caption("Restores this page, the text included. It holds what you typed.")
            st.code(link, language=None, wrap_lines=True)
        with st.popover("Download", icon=":material/download:", type="tertiary"):
            for each in downloads:
                st.download_button(each.label, each.make, each.name, each.mime,
                                   on_click="ignore", width="stretch",
                                   key=f"{key}_{each.name}")  # fmt: skip
        with st.popover("In Python", icon=":material/code:", type="tertiary"):
            st.code(snippet, language="python")
