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

    if as_json:
        show_json(to_json(result))
    else:
        typer.echo(as_text(result))


def show_json(text: str) -> None:
    """Print JSON, which is UTF-8 whatever the terminal is."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    typer.echo(text)


def tell(what: str, share: float | None) -> None:
    """Say on stderr what is under way."""
    done = "" if share is None else f" ({share:.0%})"
    typer.echo(f"{what}{done} ...", err=True)


def follow(what: str) -> Callable[[int, int], None] | None:
    """Says on stderr how far it is, in one line, where somebody can see it."""
    if not sys.stderr.isatty():
        return None

    def tell_number(done: int, total: int) -> None:
        typer.echo(f"\r{done:,} of {total:,} {what}", nl=done == total, err=True)

    return tell_number


@contextmanager
def sentences() -> Iterator[None]:
    """Turn a CoreError, or a setting that cannot be used, into its sentence and exit code 2."""
    try:
        yield
    except (CoreError, SettingsError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
