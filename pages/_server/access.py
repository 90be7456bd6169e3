"""Who may use the JSON API and the meters: everybody on this machine, others with a token."""

import ipaddress
import secrets
from urllib.parse import urlsplit

import streamlit as st
from starlette.requests import Request

from bert_core.settings import read_settings
from pages._server.problems import Problem

OFF = (
    "The API is off: this server is reachable from other machines and has no token. Set "
    "BERT_EXPLORER_API_TOKEN and restart it."
)
_NAMED = (
    "Without a token the API answers only to this machine's own names, 127.0.0.1 and localhost. "
    "Set BERT_EXPLORER_API_TOKEN to open it to others."
)
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host")


def is_loopback(host: str | None) -> bool:
    """Whether an address or name is one of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def token() -> str | None:
    """The token that the operator set."""
    found = read_settings().api_token
    return None if found is None else found.get_secret_value()


def is_off() -> bool:
    """Whether this server has to keep the API shut: reachable by others, and no token."""
    return token() is None and not is_loopback(st.get_option("server.address"))


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
    if is_off() or not is_loopback(here):
        return Problem("closed", OFF)
    if not is_loopback(_host(request)) or any(name in request.headers for name in _PROXIED):
        return Problem("closed", _NAMED)
    return None


def _host(request: Request) -> str | None:
    """The name by which the client calls this server."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        return None
