"""``settings`` and ``serve``: what the operator chose, and the server that goes by it."""

import gc
import json
import os
import runpy
import signal
import socket
import sys
from types import FrameType
from typing import Annotated

import typer

from bert_core.commands.common import Json, sentences
from bert_core.settings import SettingsError


def settings(as_json: Json = False) -> None:
    """Print every setting of the operator, its value and where it comes from."""
    from bert_core.serving.places import check_places
    from bert_core.settings import read_settings
    from bert_core.views.settings_table import settings_json, settings_text, shown_settings

    with sentences():
        shown = shown_settings()
        typer.echo(json.dumps(settings_json(shown), indent=2) if as_json else settings_text(shown))
        check_places(read_settings())  # as the server does, which looks at the login too


def serve(
    address: Annotated[str | None, typer.Option(help="Instead of the setting address.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of the setting port.")] = None,
) -> None:
    """Start the pages and the API with the operator's settings."""
    from bert_core.settings import COMMAND_LINE, PREFIX, PROJECT, read_settings

    gc.disable()  # until the server stands: what is imported stays and holds no garbage
    given = {"ADDRESS": address, "PORT": port}
    os.environ.update({PREFIX + key: str(value) for key, value in given.items() if value})
    os.environ.pop(COMMAND_LINE, None)  # from here on it is the visitors'
    with sentences():
        chosen = read_settings()
        _require_place(chosen.address, chosen.port)
    everywhere = chosen.address in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    # In this process, so that a signal reaches the server itself and nothing is imported twice.
    sys.argv = [
        "streamlit", "run", str(PROJECT / "app.py"),
        "--server.address", chosen.address, "--server.port", str(chosen.port),
        # Named, since Streamlit else asks a service on the internet for this machine's address.
        "--browser.serverAddress", "localhost" if everywhere else chosen.address,
        "--server.maxUploadSize", str(1 if chosen.demo else chosen.upload_mib),
        "--logger.level", chosen.log_level,
    ]  # fmt: skip
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


def _require_place(address: str, port: int) -> None:
    """Refuse an address or port where no server can stand, before anything is started."""
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((address, port), family=family).close()
    except (OSError, UnicodeError) as error:
        raise SettingsError(
            f"Nothing can be served at {address}, port {port}: "
            f"{getattr(error, 'strerror', None) or error}. Change the settings address and port.",
            key="address",
        ) from None


def _end(number: int, _frame: FrameType | None) -> None:
    """Being told to end is no error: where systemd or a container stops it, the status is 0."""
    signal.signal(number, signal.SIG_IGN)  # a second one would be an error at the exit
    raise SystemExit(0)
