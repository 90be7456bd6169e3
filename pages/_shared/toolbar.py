"""Beside every title: a link that restores the page, downloads, the same in Python."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from bert_core.views.records import Result, to_csv, to_json
from pages._shared.presenting import presenting


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
    make: Callable[[], str | bytes]


def toolbar(link: str, downloads: Sequence[Download], snippet: str, *, key: str,
            note: str = "") -> None:  # fmt: skip
    """Draw the three; each opens on a click. ``note`` says what the link leaves out."""
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        with st.popover("Copy link", icon=":material/link:", type="tertiary"):
            st.caption(note or "Restores this page, the text included. It holds what you typed.")
            st.code(link, language=None, wrap_lines=True)
        with st.popover("Download", icon=":material/download:", type="tertiary"):
            for each in downloads:
                st.download_button(each.label, each.make, each.name, each.mime,
                                   on_click="ignore", width="stretch",
                                   key=f"{key}_{each.name}")  # fmt: skip
        _in_python(snippet)


def exports(result: Result, name: str, snippet: str) -> None:
    """Below one panel: its numbers as CSV and JSON, and the lines that repeat it."""
    files((Download("CSV", f"{name}.csv", "text/csv", lambda: to_csv(result)),
           Download("JSON", f"{name}.json", "application/json", lambda: to_json(result))),
          snippet)  # fmt: skip


def files(downloads: Sequence[Download], snippet: str) -> None:
    """Below one panel: its files, and the lines that repeat it."""
    with st.container(horizontal=True, gap="small"):
        for each in downloads:
            st.download_button(each.label, each.make, each.name, each.mime, on_click="ignore",
                               type="tertiary", icon=":material/download:",
                               key=f"export_{each.name}")  # fmt: skip
        _in_python(snippet)


def _in_python(snippet: str) -> None:
    if not presenting():
        with st.popover("In Python", icon=":material/code:", type="tertiary"):
            st.code(snippet, language="python")
