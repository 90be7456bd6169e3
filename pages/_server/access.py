"""Who may use the JSON API and the meters: everybody on this machine, others with a token."""

import secrets
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.requests import Request

from bert_core.settings import is_loopback, read_settings
from pages._server.problems import Problem
from pages._shared.start import wants_login

OFF = (
    "The API is off: this server is reachable from other machines and has no token. Set "
    "BERT_EXPLORER_API_TOKEN and restart it."
)
OFF_BY_LOGIN = (
    "The API is off: this server wants a login, which is for people, and has no token for "
    "programs. Set BERT_EXPLORER_API_TOKEN and restart it."
)
_NAMED = (
    "Without a token the API answers only to this machine's own names, 127.0.0.1 and localhost. "
    "Set BERT_EXPLORER_API_TOKEN to open it to others."
)
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host")


def called_by(headers: Headers) -> str | None:
    """The name by which the client calls this server."""
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname
    except ValueError:
        return None


def is_passed_on(headers: Headers) -> bool:
    """Whether a proxy says that it passes a request on."""
    return any(name in headers for name in _PROXIED)


def token() -> str | None:
    """The token that the operator set."""
    found = read_settings().api_token
    return None if found is None else found.get_secret_value()


def why_off() -> str | None:
    """Why this server has to keep the API shut, or None.

    Without a token nobody may come who is not on this machine. Where a login keeps the pages for
    some, it would be a way round that login, so nobody may come at all.
    """
    if token() is not None:
        return None
    if not is_loopback(st.get_option("server.address")):
        return OFF
    return OFF_BY_LOGIN if wants_login() else None


def refusal(request: Request) -> Problem | None:
    """Why a request may not be answered, or None.

    What is asked for is decided by where the server listens. A header can only make it stricter:
    a page of another site that a visitor's browser was led to is no part of this machine.
    """
    wanted = token()
    if wanted is not None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        same = secrets.compare_digest(given.strip().encode(), wanted.encode())
        if scheme.lower() == "bearer" and same:
            return None
        return Problem(
            "token", "Send the token as 'Authorization: Bearer TOKEN'.",
            headers={"WWW-Authenticate": "Bearer"},
        )  # fmt: skip
    here, _ = request.scope.get("server") or (None, None)
    off = why_off()
    if off is not None or not is_loopback(here):
        return Problem("closed", off or OFF)
    if not is_loopback(called_by(request.headers)) or is_passed_on(request.headers):
        return Problem("closed", _NAMED)
    return None
