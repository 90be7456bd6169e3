"""Errors and notes on a page: one sentence each, shown as text whatever they quote."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import streamlit as st

from bert_core import CoreError, InputError

_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")
# Addresses and arrows are found and turned after backslashes are gone: these are kept apart by a
# character without width.
_TURNED = re.compile(
    r"(?<=http)(?=s?:)|(?<=www)(?=\.)|(?=@)|(?<=-)(?=[->])|(?<=<)(?=-)|(?<=[<>~])(?==)",
    re.IGNORECASE,
)


def escaped(text: str) -> str:
    """Text that Markdown shows letter by letter: quoted input cannot become a link or image."""
    apart = _TURNED.sub("\N{WORD JOINER}", text.replace("\0", "\N{SYMBOL FOR NULL}"))
    return _MARKUP.sub(r"\\\1", apart)


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show a CoreError of the block as a sentence in its place; the page goes on below."""
    try:
        yield
    except InputError as error:
        st.info(escaped(str(error)), icon=":material/info:")
    except CoreError as error:
        st.error(escaped(str(error)), icon=":material/error:")


def show_notes(notes: Iterable[str]) -> None:
    """Show what a reader of a result should know."""
    for note in notes:
        st.caption(escaped(note))
