"""``models`` and ``convert``: what can be asked here, and how Google's releases become that."""

from pathlib import Path
from typing import Annotated

import typer

from bert_core.commands.common import Json, sentences, show


def models(as_json: Json = False) -> None:
    """List the models and devices that can be used here without a download."""
    from bert_core.model.inventory import list_models
    from bert_core.views import plain

    with sentences():
        show(list_models(), plain.models, as_json)


def convert(
    source: Annotated[Path, typer.Argument(help="Google's release: a folder or a .zip.")],
    out: Annotated[Path, typer.Argument(help="The folder to write.")],
    lower: Annotated[
        bool | None,
        typer.Option("--lower/--cased", help="Lower-case text (default: found out)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Turn a TensorFlow release of google-research/bert into a model folder."""
    from bert_core.model.google.convert import convert as run
    from bert_core.views import plain

    with sentences():
        show(run(source, out, lower=lower), plain.convert, as_json)
