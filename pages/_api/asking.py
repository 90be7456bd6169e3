"""How to ask a route: a line for a shell, and the fields of a question."""

from urllib.parse import urlsplit

import streamlit as st

from bert_core.serving.calls import ApiRoute
from bert_core.serving.names import BASE, MOST_BYTES
from bert_core.serving.requests import MOST_ITEMS
from bert_core.views.api_lines import curl, field_rows
from pages._server import access


def origin() -> str:
    """Scheme, host and port of this server, as the visitor's browser calls it."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}"


def who_may() -> None:
    """Whether the API is open, and to whom."""
    if off := access.why_off():
        st.warning(off, icon=":material/lock:")
    elif access.token() is not None:
        st.caption("This server wants its token with every request but that for the document.")
    else:
        st.caption("This server listens to this machine alone: no token is needed.")


def line(route: ApiRoute | None, *, several: bool) -> None:
    """The line for a shell."""
    token = access.token() is not None or access.why_off() is not None
    st.code(curl(route, origin(), token=token, several=several), language=None, wrap_lines=True)


def fields(route: ApiRoute) -> None:
    """The fields of a question, with their limits."""
    st.subheader("Fields", anchor=False)
    st.table(field_rows(route))
    st.caption(
        f"Several questions go as items: [...], at most {MOST_ITEMS}, with model, revision, device "
        f"and precision beside them. A body has at most {MOST_BYTES // 2**20} MiB."
    )


def document() -> None:
    """Where the whole of it is described; nowhere while the API is off."""
    if access.why_off() is not None:
        return
    st.link_button("OpenAPI document", f"{origin()}{BASE}/openapi.json", type="tertiary",
                   icon=":material/description:")  # fmt: skip
