"""``settings`` and ``serve``: what the operator chose, and the server that goes by it."""

import json
import os
import runpy
import sys
from typing import Annotated

import typer

from bert_core.commands.common import Json, sentences


def settings(as_json: Json = False) -> None:
    """Print every setting of the operator, its value and where it comes from."""
    from bert_core.views.settings_table import settings_json, settings_text, shown_settings

    with sentences():
        shown = shown_settings()
        typer.echo(json.dumps(settings_json(shown), indent=2) if as_json else settings_text(shown))


def serve(
    address: Annotated[str | None, typer.Option(help="Instead of the setting address.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of the setting port.")] = None,
) -> None:
    """Start the pages and the API with the operator's settings."""
    from bert_core.settings import COMMAND_LINE, PREFIX, PROJECT, read_settings

    given = {"ADDRESS": address, "PORT": port}
    os.environ.update({PREFIX + key: str(value) for key, value in given.items() if value})
    os.environ.pop(COMMAND_LINE, None)  # from here on it is the visitors'
    with sentences():
        chosen = read_settings()
    # In this process, so that a signal reaches the server itself and nothing is imported twice.
    sys.argv = [
        "streamlit", "run", str(PROJECT / "app.py"),
        "--server.address", chosen.address, "--server.port", str(chosen.port),
        "--server.maxUploadSize", str(1 if chosen.demo else chosen.upload_mib),
        "--logger.level", chosen.log_level,
    ]  # fmt: skip
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
