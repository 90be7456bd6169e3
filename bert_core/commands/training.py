"""``train``, ``check-data`` and ``pretraining-data``: from files to a run and its instances."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bert_core.commands.common import Json, sentences, show
from bert_core.errors import InputError
from bert_core.model.choice import EMBEDDED

Task = Annotated[str, typer.Option("--task", help="What is trained; 'tasks' lists them.")]
Train = Annotated[
    Path | None, typer.Option("--train", help="Training data: a file, or hub:owner/name.")
]
Dev = Annotated[
    Path | None, typer.Option("--dev", help="Data to measure on; else a tenth is held back.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="ROLE=COLUMN", help="text=review label=stars, for example."),
]
DevColumns = Annotated[
    list[str] | None,
    typer.Option("--dev-column", metavar="ROLE=COLUMN", help="The same of the dev file."),
]
Model = Annotated[str, typer.Option(help="embedded, a folder, a hub id or run:ID.")]
Revision = Annotated[str | None, typer.Option(help="Branch, tag or commit of a hub id.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting; 'tasks TASK' lists them."),
]
FOLLOW_SECONDS = 0.5
REFERENCE_SEED = 12345
"""What create_pretraining_data.py begins its random numbers with, unless it is told otherwise."""


Preset = Annotated[
    str, typer.Option(help="paper, quick, small or squad: settings by name, below --set.")
]
Labels = Annotated[str, typer.Option(help="The classes in their order: a,b,c")]
Devices = Annotated[
    list[str] | None, typer.Option("--device", help="cpu, cuda:0 ...; may be repeated.")
]
Engine = Annotated[str, typer.Option(help="local, torchrun or ray.")]
Processes = Annotated[int, typer.Option(help="Ranks, for torchrun on the CPU.")]
Name = Annotated[str, typer.Option(help="What to call the run.")]
Detach = Annotated[bool, typer.Option("--detach", help="Return at once.")]
Run = Annotated[str, typer.Option("--run", help="Carry out a run that was ordered.")]


def train(
    task: Task = "",
    train_file: Train = None,
    dev: Dev = None,
    column: Columns = None,
    dev_column: DevColumns = None,
    model: Model = EMBEDDED,
    revision: Revision = None,
    set_: Set = None,
    preset: Preset = "",
    labels: Labels = "",
    device: Devices = None,
    engine: Engine = "local",
    processes: Processes = 1,
    name: Name = "",
    detach: Detach = False,
    run: Run = "",
) -> None:
    """Fine-tune or pre-train: order a run, start it and follow it; Ctrl-C stops it and saves."""
    with sentences():
        if run:
            raise typer.Exit(_carry_out(run))
        if not task or train_file is None:
            raise InputError(
                "Say --task and --train; 'python -m bert_core tasks' lists tasks.", field="task"
            )
        started = _launched(
            task=task,
            **files_of(train_file, dev, column, dev_column),
            model=model,
            revision=revision,
            settings=settings_of(task, preset, set_),
            labels=[each for each in labels.split(",") if each],
            engine=engine,
            devices=device or ["cpu"],
            processes=processes,
            name=name,
        )
        if not detach:
            raise typer.Exit(_follow(started))


def refuse_unusable_order(order: dict[str, Any]) -> None:
    """Refuse an order whose data cannot be trained on, before anything is made."""
    from bert_core.training.inspection import refuse_unusable
    from bert_core.training.tasks import find_task

    refuse_unusable(
        find_task(order["task"]), order["train"], order["dev"], mapping=order["mapping"],
        dev_mapping=order.get("dev_mapping"),
    )  # fmt: skip


def _launched(**order: Any) -> str:
    """Order a run, start it and print its id."""
    from bert_core.training import orders, runs

    refuse_unusable_order(order)
    folder = orders.create(**order)
    runs.launch(folder)
    typer.echo(folder.id)
    return folder.id


def tasks(
    task: Annotated[str, typer.Argument(help="List the settings of this one.")] = "",
) -> None:
    """List what can be trained, or the settings of one task with their defaults."""
    from bert_core.views import training_text

    with sentences():
        typer.echo(training_text.settings(task) if task else training_text.tasks())


def check_data(
    train_file: Annotated[Path, typer.Argument(metavar="FILE", help="The data.")],
    task: Task,
    dev: Dev = None,
    column: Columns = None,
    dev_column: DevColumns = None,
    model: Model = EMBEDDED,
    revision: Revision = None,
    set_: Set = None,
    clean: Annotated[
        Path | None, typer.Option(help="Write what can be used to this file or folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Look through data before training: counts, lengths, and every problem with its row."""
    from bert_core.data.clean import write_clean
    from bert_core.training.inspection import inspect_data
    from bert_core.training.kinds.examples import ExampleKind
    from bert_core.training.tasks import find_task
    from bert_core.views import training_text

    with sentences():
        if not isinstance(find_task(task).kind, ExampleKind):
            _check_text(train_file, as_json)
            return
        found = inspect_data(
            find_task(task),
            data_file(train_file, "train"),
            data_file(dev, "validation"),
            settings_of(task, "", set_),
            mapping=pairs("--column", column),
            dev_mapping=pairs("--dev-column", dev_column) if dev_column else None,
            model=model,
            revision=revision,
        )
        show(found.report, training_text.report, as_json)
        if clean is not None:
            written = write_clean(found.train, clean, without=found.report.files[0].unusable)
            typer.echo(f"Cleaned copy: {written}", err=True)
    if found.report.blocking:
        raise typer.Exit(1)


def _check_text(text: Path, as_json: bool) -> None:
    from bert_core.data.documents import look_through
    from bert_core.views import training_text

    found = look_through(text)
    show(found, training_text.documents, as_json)
    if any(problem.severity == "blocking" for problem in found.problems):
        raise typer.Exit(1)


def pretraining_data(
    text: Annotated[list[Path], typer.Argument(help="One sentence a line, blank line between.")],
    out: Annotated[Path, typer.Option(help="The file of instances, JSON lines.")],
    model: Model = EMBEDDED,
    revision: Revision = None,
    set_: Set = None,
) -> None:
    """Make pre-training instances as create_pretraining_data.py does: masks and pairs."""
    import tempfile

    from bert_core.data.pretraining.build import build
    from bert_core.data.pretraining.cutting import google_cut
    from bert_core.data.pretraining.export import write_jsonl
    from bert_core.model import sources
    from bert_core.model.choice import ModelChoice
    from bert_core.model.tokenizer import Tokenizer
    from bert_core.training.kinds.pretraining import instance_settings
    from bert_core.training.settings import read_settings
    from bert_core.views import training_text

    with sentences():
        tokenizer = Tokenizer(sources.find(ModelChoice(source=model, revision=revision)))
        values = {"seed": REFERENCE_SEED, **pairs("--set", set_)}
        wanted = instance_settings(read_settings(values), tokenizer.max_pieces)
        pieces = tokenizer.vocabulary.pieces
        cut = google_cut(pieces, lower=tokenizer.lower)
        with tempfile.TemporaryDirectory(dir=out.absolute().parent, prefix=".instances-") as work:
            store = build(text, Path(work) / "store", wanted, cut=cut, pieces=pieces)
            write_jsonl(store, out, pieces)
            typer.echo(training_text.instances(store.statistics()), err=True)


def data_file(name: Path | None, split: str) -> Any:
    """A file, or what ``hub:owner/name`` names, brought here."""
    from bert_core.data.hub import fetch_hub, is_hub_name
    from bert_core.settings import read_settings as of_operator

    if name is None or not is_hub_name(str(name)):
        return name
    return fetch_hub(str(name), split=split, home=of_operator().home)


def files_of(
    train: Path | None,
    dev: Path | None,
    column: Sequence[str] | None,
    dev_column: Sequence[str] | None,
) -> dict[str, Any]:
    """The files of an order, and which of their columns are taken for what."""
    return {
        "train": data_file(train, "train"),
        "dev": data_file(dev, "validation"),
        "mapping": pairs("--column", column),
        "dev_mapping": pairs("--dev-column", dev_column) if dev_column else None,
    }


def settings_of(task: str, preset: str, values: Sequence[str] | None) -> Any:
    """A task's settings, changed by a preset and by ``--set``."""
    from bert_core.training.presets import find_preset
    from bert_core.training.settings import read_settings
    from bert_core.training.tasks import find_task

    defaults = {**find_task(task).defaults, **(find_preset(preset).values if preset else {})}
    return read_settings(pairs("--set", values), defaults)


def pairs(option: str, values: Sequence[str] | None) -> dict[str, str]:
    """``key=value`` words as a mapping."""
    found = {}
    for value in values or ():
        key, sign, what = value.partition("=")
        if not sign or not key:
            raise InputError(f"{option} {value}: write it as key=value.", field=option)
        found[key] = what
    return found


def _carry_out(run: str) -> int:
    from bert_core.training import worker

    return worker.main(run)


def _follow(run: str) -> int:
    """Print the run's log as it grows; Ctrl-C asks it to stop, and waits until it has saved."""
    from bert_core.training import runs, worker
    from bert_core.views import training_text

    folder = runs.get(run)
    seen, said = 0, ""
    while True:
        try:
            status = runs.status(folder)
            over = status.over
            if status.message != said and not over:
                said = status.message
                typer.echo(said, err=True)
            if folder.log_file.exists():
                with folder.log_file.open("rb") as log:
                    log.seek(seen)
                    new = log.read()
                seen += len(new)
                sys.stdout.write(new.decode("utf-8", "replace"))
                sys.stdout.flush()
            if over:
                break
            time.sleep(FOLLOW_SECONDS)
        except KeyboardInterrupt:
            typer.echo("Stopping; what was learnt is being saved.", err=True)
            runs.stop(folder)
    typer.echo(training_text.run(folder))
    return worker.EXIT_CODES.get(runs.status(folder).state, 1)
