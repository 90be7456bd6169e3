"""``grid`` and ``preflight``: several runs at once, and a few steps before a long one."""

import secrets
from pathlib import Path
from typing import Annotated, Any

import typer

from bert_core.commands.common import Json, sentences, show
from bert_core.commands.training import (
    Columns,
    Dev,
    Devices,
    Model,
    Preset,
    Revision,
    Set,
    Task,
    data_file,
    pairs,
    refuse_unusable_order,
    settings_of,
)
from bert_core.model.choice import EMBEDDED

Train = Annotated[Path, typer.Option("--train", help="Training data: a file, or hub:owner/name.")]
Seeds = Annotated[int, typer.Option(help="Runs of each point, with seeds from 'seed' on.")]
Paper = Annotated[
    bool, typer.Option("--paper", help="The 18 points of the BERT paper (appendix A.3).")
]


def grid(
    task: Task,
    train: Train,
    dev: Dev = None,
    seeds: Seeds = 5,
    paper: Paper = False,
    column: Columns = None,
    model: Model = EMBEDDED,
    revision: Revision = None,
    preset: Preset = "",
    set_: Set = None,
    device: Devices = None,
) -> None:
    """Order several runs that differ in seed, and in batch, rate and epochs with --paper."""
    from bert_core.training import orders, presets, runs
    from bert_core.training.grid import plan

    with sentences():
        order = _order(task, train, dev, column, model, revision, device)
        refuse_unusable_order(order)
        base = settings_of(task, preset, set_)
        axes: dict[str, Any] = {
            "batch_sizes": presets.PAPER_BATCH_SIZES,
            "rates": presets.PAPER_RATES,
            "epochs": presets.PAPER_EPOCHS,
        }
        every = plan(base, seeds=range(base.seed, base.seed + seeds), **(axes if paper else {}))
        group = f"{task}-{secrets.token_hex(4)}"
        for settings in every:
            folder = orders.create(**order, settings=settings, group=group)
            runs.launch(folder)
            typer.echo(folder.id)
        typer.echo(f"Together: python -m bert_core runs summary {group}", err=True)


def preflight(
    task: Task,
    train: Train,
    dev: Dev = None,
    column: Columns = None,
    model: Model = EMBEDDED,
    revision: Revision = None,
    preset: Preset = "",
    set_: Set = None,
    device: Devices = None,
    as_json: Json = False,
) -> None:
    """Do a few real steps and say how long a run would take and whether it fits."""
    import tempfile

    from bert_core.training import orders
    from bert_core.training.preflight import measure

    with sentences(), tempfile.TemporaryDirectory() as home:
        order = _order(task, train, dev, column, model, revision, device)
        settings = settings_of(task, preset, set_)
        folder = orders.create(**order, settings=settings, home=Path(home))
        show(measure(folder.spec), lambda found: found.sentence, as_json)


def _order(
    task: str,
    train: Path,
    dev: Path | None,
    column: list[str] | None,
    model: str,
    revision: str | None,
    device: list[str] | None,
) -> dict[str, Any]:
    return {
        "task": task,
        "train": data_file(train, "train"),
        "dev": data_file(dev, "validation"),
        "mapping": pairs("--column", column),
        "model": model,
        "revision": revision,
        "devices": device or ["cpu"],
    }
