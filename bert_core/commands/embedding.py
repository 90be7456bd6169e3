"""``embed``: hidden states of every line of a file, written to a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from bert_core.commands.common import Json, follow, sentences, show
from bert_core.commands.loading import How, Model, Revision, Where, load
from bert_core.model.choice import EMBEDDED

if TYPE_CHECKING:
    from bert_core.features.extract import Estimate

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A text on each line; 'A ||| B' is a pair.")
]
Out = Annotated[Path, typer.Option(help="The file to write: .jsonl, .npz or .parquet.")]
Layers = Annotated[
    str,
    typer.Option(help="Layers, -1 is the last; 0 is what goes into the first. With commas."),
]
Length = Annotated[
    int | None,
    typer.Option("--max-length", help="Longest input in word pieces; the rest of a line is cut."),
]
Pooling = Annotated[
    str, typer.Option(help="none (every piece), cls (the first) or mean (of all pieces).")
]


def embed(
    file: File,
    out: Out,
    layers: Layers = "-1,-2,-3,-4",
    max_length: Length = None,
    pool: Pooling = "none",
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Write the hidden states of every line of FILE, as extract_features.py does.

    Lines longer than --max-length (128 unless given) are cut, counted and named.
    """
    from bert_core.features.extract import extract
    from bert_core.features.formats import writer_for
    from bert_core.features.layers import parse_layers
    from bert_core.views import feature_text

    with sentences():
        chosen = parse_layers(layers)
        writer_for(out)
        encoder = load(model, revision, device, precision)
        found = extract(
            encoder,
            file,
            out=out,
            layers=chosen,
            max_length=max_length,
            pool=cast(Any, pool),
            on_estimate=_estimated,
            on_progress=follow("word pieces"),
        )
        show(found, feature_text.extraction, as_json)


def _estimated(estimate: "Estimate") -> None:
    from bert_core.views import feature_text

    typer.echo(feature_text.estimate(estimate), err=True)
