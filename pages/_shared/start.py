"""What is looked at once before the server answers: the operator's settings, and the login.

Streamlit says where it serves before it has read the app: ``logger.hideWelcomeMessage`` keeps it
silent, and the address is told here once nothing is wrong.
"""

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit.web.server.server_util import get_url

from bert_core.serving.places import check_places
from bert_core.settings import (
    COMMAND_LINE,
    Settings,
    SettingsError,
    origin,
    read_settings,
)


def check() -> Settings:
    """The settings; one that cannot be used ends the process with its sentence."""
    os.environ.pop(COMMAND_LINE, None)  # whoever started this: what comes now is a visitor's
    try:
        settings = read_settings()
        check_places(settings)
        _check_login(settings)
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    for key in ("address", "port"):
        heard = st.get_option(f"server.{key}")
        if origin(key)[0] != "default" and str(heard) != str(getattr(settings, key)):
            print(f"The server's {key} is {heard}, not {getattr(settings, key)}: that setting is "
                  "for 'make run' and 'python -m bert_core serve'.", file=sys.stderr)  # fmt: skip
    return settings


def tell_address(port: int) -> None:
    """Tell the operator where the pages are.

    Args:
        port: that the server listens at. Where another program than Streamlit's chose it, that
            program tells.
    """
    if port == st.get_option("server.port"):
        host = str(st.get_option("browser.serverAddress"))
        url = get_url(f"[{host}]" if ":" in host else host)
        everywhere = st.get_option("server.address") in ("0.0.0.0", "::")  # noqa: S104 - asked
        more = ", and under every other address of this machine" if everywhere else ""
        print(f"BERT Explorer: {url}{more}", flush=True)


def login_section() -> Mapping[str, Any] | None:
    """What Streamlit's secrets say of the login, or None.

    Raises:
        SettingsError: there is a file of secrets that cannot be read.
    """
    try:
        return st.secrets.get("auth")
    except StreamlitSecretNotFoundError as error:
        files = [str(name) for name in st.get_option("secrets.files") if Path(name).exists()]
        if files:
            raise SettingsError(f"{files[0]} cannot be read: {error}") from None
        return None


def wants_login() -> bool:
    """Whether nobody sees a page before they are logged in."""
    try:
        return read_settings().login or login_section() is not None
    except SettingsError:
        return True  # the file was readable when the server started


def _check_login(settings: Settings) -> None:
    section = login_section()
    if section is None:
        if settings.login:
            raise SettingsError(
                "login is on, but .streamlit/secrets.toml has no section [auth]; write one, or "
                "set BERT_EXPLORER_LOGIN=no.",
                key="login",
            )
    elif find_spec("authlib") is None:
        raise SettingsError(
            ".streamlit/secrets.toml has a section [auth], and a login needs the package Authlib: "
            "pip install Authlib.",
            key="login",
        )
