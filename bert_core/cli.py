"""The command line: every page's main call, headless.

JSON goes to stdout alone; errors go to stderr with exit code 2. A command is imported when it is
called, so that the server, which is one of them, does not wait for the others.
"""

import importlib
import io
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from bert_core.settings import COMMAND_LINE

COMMANDS: Mapping[str, str] = {
    "fill": "masking.fill",
    "surprise": "masking.surprise",
    "lens": "masking.lens",
    "directions": "masking.directions",
    "compare": "masking.compare",
    "probe": "masking.probe",
    "next": "following.following",
    "ask": "asking.ask",
    "classify": "asking.classify",
    "tag": "asking.tag",
    "choose": "asking.choose",
    "attend": "attending.attend",
    "heads": "attending.heads",
    "ablate": "ablating.ablate",
    "attribute": "attributing.attribute",
    "senses": "meaning.senses",
    "tokenize": "tokenizing.tokenize",
    "embed": "embedding.embed",
    "evaluate": "evaluating.app",
    "tasks": "training.tasks",
    "check-data": "training.check_data",
    "pretraining-data": "training.pretraining_data",
    "preflight": "grid.preflight",
    "train": "training.train",
    "grid": "grid.grid",
    "runs": "runs.app",
    "models": "models.models",
    "convert": "models.convert",
    "settings": "settings.settings",
    "serve": "settings.serve",
}
"""Each command, in the order of the help, and its function or group in ``bert_core.commands``."""


class Commands(Mapping[str, Any]):
    """The commands by name, each imported when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        """A command, as typer makes it of a function or a group."""
        module, part = COMMANDS[name].split(".")
        found = getattr(importlib.import_module(f"bert_core.commands.{module}"), part)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(name)(found)
            found = alone
        command = get_command(found)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class Group(TyperGroup):
    """What is called without a command: it shows them all."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{**how, "commands": Commands()})


app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback(cls=Group)
def bert() -> None:
    """BERT, to see, try and show. Every command takes --help."""


def main() -> None:
    """Run the command line with this process's arguments."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a letter shows its number instead of ending in a traceback.
            stream.reconfigure(errors="backslashreplace")
    os.environ[COMMAND_LINE] = "1"  # also for the runs that it starts
    app()
