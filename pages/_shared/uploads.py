"""What a visitor may send or name; a demonstration for the public takes neither."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from bert_core.settings import in_demo, read_settings

CLOSED = frozenset({"Upload", "Path", "Hub", "SQuAD article"})
"""Sources that need a visitor's file, a path of this machine, or the hub."""
WHY = "This is a demonstration for the public: files cannot be sent or named here."


def offered(key: str, sources: Sequence[str]) -> tuple[str, ...]:
    """The sources of a page that are open here; what is chosen under ``key`` is one of them."""
    closed = set(CLOSED) if in_demo() else set()
    if "hub" not in read_settings().models:
        closed.add("Hub")
    found = tuple(name for name in sources if name not in closed)
    if st.session_state.get(key) not in (None, *found):
        st.session_state[key] = found[0]  # a link may ask for what is closed here
    if in_demo() and len(found) < len(sources):
        st.caption(WHY)
    return found


def upload(
    label: str,
    endings: Sequence[str],
    *,
    key: str,
    most_mib: int | None = None,
    on_change: Callable[[], None] | None = None,
) -> Any:
    """A file uploader with the operator's limit; None while nothing was sent.

    Args:
        label: what to send; the limit is added to it.
        endings: of the files that are taken.
        key: of the widget.
        most_mib: the page's own limit, where it is lower.
        on_change: as of ``st.file_uploader``.
    """
    if in_demo():
        st.caption(WHY)
        return None
    most = read_settings().upload_mib
    most = most if most_mib is None else min(most, most_mib)
    return st.file_uploader(f"{label}; at most {most} MiB", list(endings), key=key,
                            on_change=on_change, max_upload_size=most)  # fmt: skip
