"""``evaluate squad``: a whole file of questions through a reader, or predictions scored."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from bert_core.commands.common import Json, sentences, show
from bert_core.commands.loading import How, Revision, Where
from bert_core.errors import InputError
from bert_core.model.choice import READER, ModelChoice, Precision

app = typer.Typer(
    help="Score a reader, or predictions, on a file of questions.",
    add_completion=False,
    no_args_is_help=True,
)

File = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="The questions: SQuAD's JSON, or JSONL.")
]
Out = Annotated[
    Path | None, typer.Option(help="The folder to write. The same one again: it goes on there.")
]
Predictions = Annotated[
    Path | None, typer.Option(help="Score this predictions.json instead of asking a model.")
]
NaProbs = Annotated[
    Path | None, typer.Option(help="With --predictions: their null_odds.json, or probabilities.")
]
NaThreshold = Annotated[
    float, typer.Option(help="With --na-probs: above it a prediction counts as no answer.")
]
Model = Annotated[str, typer.Option(help="reader, run:ID, a folder, or a hub id.")]
Decoder = Annotated[
    str, typer.Option(help="google (run_squad), hf (run_qa) or pipeline (transformers).")
]
Impossible = Annotated[
    bool | None,
    typer.Option(
        "--impossible/--answerable",
        help="Whether questions may have no answer (default: if one of the file has none).",
    ),
]
NullThreshold = Annotated[
    float, typer.Option(help="No answer if its score leads by more than this.")
]
NBest = Annotated[int, typer.Option(help="Candidates of each question.")]
MaxAnswer = Annotated[int, typer.Option(help="Longest answer in word pieces.")]
MaxInput = Annotated[int | None, typer.Option(help="Longest input in word pieces (default: 384).")]
Stride = Annotated[
    int | None, typer.Option(help="Word pieces from window to window (default: 128).")
]
MaxQuery = Annotated[
    int | None, typer.Option(help="Longest question in word pieces (default: 64).")
]
Overlap = Annotated[
    bool | None,
    typer.Option(
        "--overlap/--step",
        help="Whether --doc-stride is what windows share, as run_qa's is, or the step between "
        "them, as run_squad's is (default: as the decoder's script has it).",
    ),
]
Limit = Annotated[int | None, typer.Option(help="Only the first so many questions.")]

_EVERY_SECONDS = 0.5


@app.callback()
def evaluate() -> None:
    """Score a reader, or predictions, on a file of questions."""


@app.command()
def squad(
    ctx: typer.Context,
    file: File = None,
    out: Out = None,
    predictions: Predictions = None,
    na_probs: NaProbs = None,
    na_threshold: NaThreshold = 1.0,
    model: Model = READER,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    decoder: Decoder = "google",
    impossible: Impossible = None,
    null_threshold: NullThreshold = 0.0,
    n_best: NBest = 20,
    max_answer_length: MaxAnswer = 30,
    max_seq_length: MaxInput = None,
    doc_stride: Stride = None,
    max_query_length: MaxQuery = None,
    overlap: Overlap = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """Answer the questions of FILE and score the answers; or score --predictions on FILE."""
    from bert_core.views import evaluation_text

    with sentences():
        data = _checked(file, out, predictions, na_probs)
        if out is None:
            _refuse_options(ctx)
            found = _scored(cast(Path, predictions), data, na_probs, na_threshold)
        else:
            choice = ModelChoice(model, revision, device, cast(Precision, precision))
            found = _read(
                choice, data, out,
                decoder=decoder, impossible=impossible, null_threshold=null_threshold,
                n_best=n_best, max_answer_length=max_answer_length,
                max_seq_length=max_seq_length, doc_stride=doc_stride,
                max_query_length=max_query_length, overlap=overlap, limit=limit,
            )  # fmt: skip
        show(found, evaluation_text.evaluation, as_json)


def _checked(
    file: Path | None, out: Path | None, predictions: Path | None, na_probs: Path | None
) -> Path:
    """The file of questions, if the options go together."""
    if file is None:
        raise InputError(
            "Name the file with the questions: evaluate squad FILE --out DIR, or "
            "evaluate squad --predictions PREDICTIONS FILE."
        )
    if (out is None) == (predictions is None):
        raise InputError(
            "Give --out DIR to ask a model, or --predictions FILE to score what another one said."
        )
    if na_probs is not None and predictions is None:
        raise InputError("--na-probs goes with --predictions; a model has its own.")
    return file


def _refuse_options(ctx: typer.Context) -> None:
    """Options that are for a model say nothing about predictions that are there already."""
    used = {"file", "predictions", "na_probs", "na_threshold", "as_json"}
    given = [
        f"--{name.replace('_', '-')}"
        for name in ctx.params
        if name not in used and str(ctx.get_parameter_source(name)).endswith("COMMANDLINE")
    ]
    if given:
        raise InputError(
            f"Only with --out, where a model is asked: {', '.join(given)}. Leave that out: "
            "predictions are scored as they are."
        )


def _scored(predictions: Path, gold: Path, na_probs: Path | None, threshold: float) -> Any:
    from bert_core.evaluation.scoring import score_predictions

    return score_predictions(predictions, gold, na_probs, threshold)


def _read(choice: ModelChoice, data: Path, out: Path, **settings: Any) -> Any:
    """Read the file; Ctrl-C says what is kept and ends with 130, as a shell expects it."""
    from bert_core.evaluation.folder import EvaluationFolder
    from bert_core.evaluation.run import evaluate as run
    from bert_core.evaluation.settings import EvaluationSettings
    from bert_core.model.loading import load

    try:
        encoder = load(choice)
        return run(encoder, data, out, EvaluationSettings(**settings), on_progress=_follow())
    except KeyboardInterrupt:
        typer.echo(f"\nStopped. {EvaluationFolder(out).how_to_go_on()}", err=True)
        raise typer.Exit(130) from None


def _follow() -> Callable[[int, int], None] | None:
    """Says on stderr how far it is, in one line, where somebody can see it."""
    from bert_core.views import evaluation_text

    if not sys.stderr.isatty():
        return None
    began, since, said = 0.0, -1, 0.0

    def tell(done: int, total: int) -> None:
        nonlocal began, since, said
        now = time.monotonic()
        if since < 0:
            began, since = now, done
        if now - said >= _EVERY_SECONDS or done == total:
            said = now
            line = evaluation_text.progress(done, total, since=since, seconds=now - began)
            end = "\n" if done == total else ""
            typer.echo(f"\r{line:<70}{end}", nl=False, err=True)

    return tell
