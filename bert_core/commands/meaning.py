"""``senses``: which of a word's senses is it? The word in many sentences, read in five ways."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from bert_core.commands.common import Json, follow, sentences, show_json
from bert_core.commands.loading import How, Model, Revision, Where, load
from bert_core.errors import InputError
from bert_core.model.choice import EMBEDDED

if TYPE_CHECKING:
    from bert_core.analysis.embeddings.sentences import Sentence

Word = Annotated[str, typer.Argument(help="The word; with no file one that has ready sentences.")]
File = Annotated[
    Path | None,
    typer.Argument(help="Lines of 'sense | sentence', or a table with sentence and label."),
]
Layer = Annotated[int | None, typer.Option(help="With --json: whose similarities; the best.")]
Pool = Annotated[str, typer.Option(help="mean, first or last of a word's pieces.")]
Metric = Annotated[str, typer.Option(help="cosine or euclidean.")]
Centre = Annotated[bool, typer.Option("--centre", help="Take the mean of the other words off.")]
Drop = Annotated[int, typer.Option(help="Dominating dimensions to leave out.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the shuffled senses.")]


def senses(
    word: Word,
    file: File = None,
    layer: Layer = None,
    pooling: Pool = "mean",
    metric: Metric = "cosine",
    centre: Centre = False,
    drop: Drop = 0,
    seed: Seed = 0,
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Say how well a word's senses are told apart: no context, one side, both sides."""
    from bert_core.analysis.embeddings.geometry import METRICS, Geometry, space
    from bert_core.analysis.embeddings.senses import senses as run
    from bert_core.analysis.embeddings.vectors import word_in_context
    from bert_core.views import embedding_files, embedding_tables

    with sentences():
        if metric not in METRICS:
            raise InputError(f"'{metric}' is none of {', '.join(METRICS)}.", field="metric")
        if layer is not None and not as_json:
            raise InputError("--layer goes with --json.", field="layer")
        given, geometry = _given(word, file), Geometry(metric, centre, drop)
        encoder = load(model, revision, device, precision)
        trace = word_in_context(encoder, given, word, pooling=cast(Any, pooling))
        result = run(encoder, trace, geometry, seed=seed, on_progress=follow("sentences"))
        if as_json:
            at = result.readings[-1].best.layer if layer is None else layer
            here = space(trace, at, geometry)
            show_json(embedding_files.word_json(trace, at, here, result, ""))
        else:
            typer.echo("\n".join([embedding_tables.text(result), *trace.notes]))


def _given(word: str, file: Path | None) -> "tuple[Sentence, ...]":
    """The sentences of a file, or the ready ones of the word."""
    from bert_core.analysis.embeddings.sentences import read_path, ready_sets

    if file is not None:
        return read_path(file)
    ready = ready_sets()
    if word not in ready:
        raise InputError(f"Give a file of sentences. Ready are: {', '.join(ready)}.", field="file")
    return ready[word].sentences
