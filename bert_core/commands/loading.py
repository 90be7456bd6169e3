"""The model that a command asks: its options, and how it is loaded."""

import sys
from typing import Annotated, Any, cast

import typer

from bert_core.commands.common import tell
from bert_core.model.choice import ModelChoice, Precision

Model = Annotated[str, typer.Option(help="embedded, a folder, run:ID or a hub id.")]
Revision = Annotated[str | None, typer.Option(help="Branch, tag or commit of a hub id.")]
Where = Annotated[str, typer.Option("--device", help="cpu, cuda:0 ... or mps.")]
How = Annotated[str, typer.Option("--precision", help="exact (float32) or fast (16 bits).")]


def load(
    model: str,
    revision: str | None,
    device: str,
    precision: str = "exact",
) -> Any:
    """The encoder; where somebody can see it, stderr says what is under way.

    Args:
        model: see :class:`ModelChoice`, as are the others.
        revision: of a hub id.
        device: where it computes.
        precision: exact or fast.

    Raises:
        InputError: a value is not one of the legal ones.
        ModelError: there is no such model, or it cannot be loaded.
    """
    from bert_core.model import loading

    choice = ModelChoice(model, revision, device, cast(Precision, precision))
    return loading.load(choice, on_progress=tell if sys.stderr.isatty() else None)
