"""``classify``, ``tag``, ``choose`` and ``ask``: questions to fine-tuned checkpoints."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from bert_core.commands.common import Json, sentences, show
from bert_core.errors import InputError
from bert_core.model.choice import READER

Model = Annotated[str, typer.Option(help="run:ID, reader, a folder, or a hub id.")]
Revision = Annotated[str | None, typer.Option(help="Branch, tag or commit of a hub id.")]
Where = Annotated[str, typer.Option("--device", help="cpu, cuda:0 ... or mps.")]


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
        encoder = _load(model, revision, device)
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
        show(task.tag(_load(model, revision, device), text), plain.tag, as_json)


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
        encoder = _load(model, revision, device)
        show(task.choose(encoder, context, ending, start=start), plain.choose, as_json)


def ask(
    question: Annotated[str, typer.Option(help="The question.")],
    context: Annotated[str | None, typer.Option(help="The text that holds the answer.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A document instead: .txt, .md, .pdf, .docx or .html.")
    ] = None,
    n_best: Annotated[int, typer.Option(help="Candidates, 1 to 200.")] = 20,
    max_answer_length: Annotated[int, typer.Option(help="Longest answer in word pieces.")] = 30,
    impossible: Annotated[
        bool, typer.Option("--impossible", help="There may be no answer (SQuAD 2.0).")
    ] = False,
    null_threshold: Annotated[
        float, typer.Option(help="With --impossible: no answer above this margin, in nats.")
    ] = 0.0,
    decoder: Annotated[
        str, typer.Option(help="google (run_squad), hf (run_qa) or pipeline (before v5).")
    ] = "google",
    model: Model = READER,
    revision: Revision = None,
    device: Where = "cpu",
    as_json: Json = False,
) -> None:
    """Find the answer to a question in a text or a document."""
    from bert_core.tasks import squad
    from bert_core.tasks.spans.decoders import Decoder
    from bert_core.views import plain

    with sentences():
        text, notes = _document(context, file)
        found = squad.answer(
            _load(model, revision, device),
            question,
            text,
            n_best=n_best,
            max_answer_length=max_answer_length,
            impossible=impossible,
            null_threshold=null_threshold,
            decoder=cast(Decoder, decoder),
            on_progress=_windows if sys.stderr.isatty() else None,
        )
        show(replace(found, notes=(*notes, *found.notes)), plain.answer, as_json)


def _document(context: str | None, file: Path | None) -> tuple[str, tuple[str, ...]]:
    """The text that is asked, and what was noted when it was read."""
    from bert_core.data.extraction.extract import extract_text

    if (context is None) == (file is None):
        raise InputError("Give the text with --context or a document with --file.", field="context")
    if file is None:
        return context or "", ()
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.", field="file") from None
    found = extract_text(content, file.name)
    return found.text, found.notes


def _windows(done: int, total: int) -> None:
    typer.echo(f"\rread {done:,} of {total:,} windows", err=True, nl=done == total)


def _load(model: str, revision: str | None, device: str) -> Any:
    from bert_core.model.choice import ModelChoice
    from bert_core.model.loading import load

    return load(ModelChoice(model, revision, device))
