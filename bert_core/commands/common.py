"""What all commands share: JSON or text on stdout, sentences on stderr."""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from bert_core.errors import CoreError
from bert_core.settings import SettingsError

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def show(result: Any, as_text: Callable[[Any], str], as_json: bool) -> None:
    """Print a result, as JSON or as text."""
    from bert_core.views.records import to_json

    if as_json and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # JSON is UTF-8 whatever the terminal is
    typer.echo(to_json(result) if as_json else as_text(result))


def tell(what: str, share: float | None) -> None:
    """Say on stderr what is under way."""
    done = "" if share is None else f" ({share:.0%})"
    typer.echo(f"{what}{done} ...", err=True)


@contextmanager
def sentences() -> Iterator[None]:
    """Turn a CoreError, or a setting that cannot be used, into its sentence and exit code 2."""
    try:
        yield
    except (CoreError, SettingsError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
