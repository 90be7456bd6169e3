"""``classify``, ``tag``, ``choose`` and ``ask``: questions to fine-tuned checkpoints."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from bert_core.commands.common import Json, sentences, show
from bert_core.commands.loading import How, Revision, Where, load
from bert_core.errors import InputError
from bert_core.model.choice import READER

if TYPE_CHECKING:
    from bert_core.tasks.spans.features import SpanSettings

Model = Annotated[str, typer.Option(help="run:ID, reader, a folder, or a hub id.")]
Impossible = Annotated[bool, typer.Option("--impossible", help="There may be no answer.")]
Threshold = Annotated[float, typer.Option(help="With --impossible: none above this margin, nats.")]
Rules = Annotated[
    str, typer.Option("--decoder", help="Rules: google (run_squad), hf (run_qa), pipeline.")
]
Length = Annotated[int | None, typer.Option(help="Longest input in word pieces; 384.")]
Stride = Annotated[int | None, typer.Option(help="Step from window to window; 128.")]
Query = Annotated[int | None, typer.Option(help="Longest question in word pieces; 64.")]
Overlap = Annotated[bool, typer.Option("--overlap", help="doc_stride is what windows share.")]


def classify(
    text: Annotated[str, typer.Argument(help="The text.")],
    model: Model,
    pair: Annotated[str | None, typer.Option(help="A second text.")] = None,
    revision: Revision = None,
    device: Where = "cpu",
    as_json: Json = False,
) -> None:
    """Say which class a text, or a pair of texts, belongs to, or its score."""
    from bert_core.tasks import classify as task
    from bert_core.views import plain

    with sentences():
        encoder = load(model, revision, device)
        show(task.classify(encoder, text, pair), plain.classify, as_json)


def tag(
    text: Annotated[str, typer.Argument(help="The text.")],
    model: Model,
    revision: Revision = None,
    device: Where = "cpu",
    as_json: Json = False,
) -> None:
    """Tag every word of a text and join the tags to entities."""
    from bert_core.tasks import tag as task
    from bert_core.views import plain

    with sentences():
        show(task.tag(load(model, revision, device), text), plain.tag, as_json)


def choose(
    context: Annotated[str, typer.Argument(help="What comes before.")],
    model: Model,
    ending: Annotated[list[str], typer.Option("--ending", help="One ending; repeat it.")],
    start: Annotated[str, typer.Option(help="How every ending begins.")] = "",
    revision: Revision = None,
    device: Where = "cpu",
    as_json: Json = False,
) -> None:
    """Say which of several endings fits best."""
    from bert_core.tasks import choose as task
    from bert_core.views import plain

    with sentences():
        encoder = load(model, revision, device)
        show(task.choose(encoder, context, ending, start=start), plain.choose, as_json)


def ask(
    question: Annotated[str, typer.Option(help="The question.")],
    context: Annotated[str | None, typer.Option(help="The text that holds the answer.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A document instead: .txt, .md, .pdf, .docx or .html.")
    ] = None,
    n_best: Annotated[int, typer.Option(help="Candidates, 1 to 200.")] = 20,
    max_answer_length: Annotated[int, typer.Option(help="Longest answer in word pieces.")] = 30,
    impossible: Impossible = False,
    null_threshold: Threshold = 0.0,
    decoder: Rules = "google",
    max_seq_length: Length = None,
    doc_stride: Stride = None,
    max_query_length: Query = None,
    overlap: Overlap = False,
    model: Model = READER,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Find the answer to a question in a text or a document."""
    from bert_core.tasks import squad
    from bert_core.views import plain

    with sentences():
        text, notes = _document(context, file)
        found = squad.answer(
            load(model, revision, device, precision),
            question,
            text,
            n_best=n_best,
            max_answer_length=max_answer_length,
            impossible=impossible,
            null_threshold=null_threshold,
            layout=_layout(max_seq_length, doc_stride, max_query_length, overlap),
            decoder=cast(Any, decoder),
            on_progress=_windows if sys.stderr.isatty() else None,
        )
        show(replace(found, notes=(*notes, *found.notes)), plain.answer, as_json)


def _layout(
    length: int | None, stride: int | None, query: int | None, overlap: bool
) -> "SpanSettings | None":
    """Lengths of windows; None while none was given."""
    from bert_core.tasks.spans.features import SpanSettings

    given = {"max_seq_length": length, "doc_stride": stride, "max_query_length": query}
    chosen = {name: value for name, value in given.items() if value is not None}
    return SpanSettings(**chosen, overlap=overlap) if chosen or overlap else None


def _document(context: str | None, file: Path | None) -> tuple[str, tuple[str, ...]]:
    """The text that is asked, and what was noted when it was read."""
    from bert_core.data.extraction.extract import LIMIT_MIB, extract_text

    if (context is None) == (file is None):
        what = "both --context and --file" if file else "neither --context nor --file"
        raise InputError(f"You gave {what}. Give one: a text or a document.", field="context")
    if file is None:
        return context or "", ()
    try:
        with file.open("rb") as source:
            content = source.read(LIMIT_MIB * 2**20 + 1)  # more is refused, however much it is
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.", field="file") from None
    found = extract_text(content, file.name)
    return found.text, found.notes


def _windows(done: int, total: int) -> None:
    typer.echo(f"\rread {done:,} of {total:,} windows", err=True, nl=done == total)
