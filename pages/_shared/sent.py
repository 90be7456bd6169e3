"""Files that a visitor sent: kept while the session lasts, spoken of by their names."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from bert_core import InputError
from bert_core.data.uploads import keep_upload
from bert_core.settings import read_settings
from pages._shared.sentences import escaped
from pages._shared.uploads import upload


class Sent(NamedTuple):
    """A file.

    Attributes:
        path: where it is kept.
        name: what the visitor calls it.
    """

    path: Path
    name: str


def receive(label: str, endings: Sequence[str], key: str) -> Sent | None:
    """A file uploader whose file stays chosen when the visitor comes back to the page."""
    kept = f"{key}_kept"

    def changed() -> None:
        st.session_state.pop(kept, None)

    file = upload(label, endings, key=key, on_change=changed)
    if file is not None and kept not in st.session_state:
        path = keep_upload(file, file.name, read_settings().home)
        st.session_state[kept] = Sent(path, file.name)
    found: Sent | None = st.session_state.get(kept)
    if found is not None and file is None:
        st.caption(escaped(f"Still here: {found.name}."))
    return found


@contextmanager
def named(*files: Sent | None) -> Iterator[None]:
    """Let errors of the block speak of files by the visitor's names."""
    try:
        yield
    except InputError as error:
        words = str(error)
        for file in filter(None, files):
            words = words.replace(file.path.name, file.name)
        raise InputError(words, field=error.field) from None
