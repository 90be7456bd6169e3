"""``classify``, ``tag``, ``choose`` and ``ask``: questions to fine-tuned checkpoints."""

from typing import Annotated, Any

import typer

from bert_core.commands.common import Json, sentences, show
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
    context: Annotated[str, typer.Option(help="The text that holds the answer.")],
    model: Model = READER,
    impossible: Annotated[
        bool, typer.Option("--impossible", help="There may be no answer (SQuAD 2.0).")
    ] = False,
    revision: Revision = None,
    device: Where = "cpu",
    as_json: Json = False,
) -> None:
    """Find the answer to a question in a text."""
    from bert_core.tasks import answer as task
    from bert_core.views import plain

    with sentences():
        encoder = _load(model, revision, device)
        found = task.answer(encoder, question, context, impossible=impossible)
        show(found, plain.answer, as_json)


def _load(model: str, revision: str | None, device: str) -> Any:
    from bert_core.model.choice import ModelChoice
    from bert_core.model.loading import load

    return load(ModelChoice(model, revision, device))
