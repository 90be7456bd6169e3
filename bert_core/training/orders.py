"""Ordering a run: everything that decides its result, looked up and written into a new folder."""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from bert_core.errors import InputError, RunError
from bert_core.model.allowed import check_allowed
from bert_core.model_names import looks_like_folder
from bert_core.permissions import refuse_training
from bert_core.training import provenance
from bert_core.training.engines import find_engine
from bert_core.training.folder import RunFolder, runs_folder
from bert_core.training.room import refuse_full
from bert_core.training.settings import TrainSettings, read_settings
from bert_core.training.spec import RunSpec
from bert_core.training.tasks import find_task


def create(
    *,
    task: str,
    train: Path,
    dev: Path | None = None,
    mapping: Mapping[str, str] | None = None,
    dev_mapping: Mapping[str, str] | None = None,
    model: str = "embedded",
    revision: str | None = None,
    settings: TrainSettings | None = None,
    labels: Sequence[str] = (),
    engine: str = "local",
    devices: Sequence[str] = ("cpu",),
    processes: int = 1,
    name: str = "",
    group: str = "",
    home: Path | None = None,
) -> RunFolder:
    """Make the folder of a run; :func:`bert_core.training.runs.launch` starts it.

    The files are read once, for their SHA-256.

    Args:
        task: name of a task.
        train: training data.
        dev: data it is measured on; None: a part of the training data is held back.
        mapping: which column of the training data is taken for what; None: as the task says.
        dev_mapping: the same of the dev data; None: as in the training data.
        model: what it starts from: ``"embedded"``, a folder, a hub id or ``"run:ID"``.
        revision: commit of a hub model.
        settings: how it is trained; None: the task's own.
        labels: the classes in their order; (): from the data.
        engine: name of an engine.
        devices: where it computes.
        processes: number of ranks.
        name: what a person calls it.
        group: id that the runs of one grid share.
        home: home folder of the runs; None: as the environment says.

    Raises:
        InputError: no such task, a file that cannot be read, a choice that does not fit, or
            training is switched off.
        ModelError: the operator does not allow the model.
        RunError: no such engine here, no place for another run, or the folder cannot be written.
    """
    _refuse_not_allowed(model)
    found = find_task(task)
    _check_engine(engine, devices, processes)
    devices = [_checked_device(device, engine) for device in devices]
    if engine == "torchrun" and devices[0] != "cpu":
        processes = len(devices)  # one rank on each GPU
    columns = dict(mapping or {})
    dev_columns = columns if dev_mapping is None else dict(dev_mapping)
    with _checked():
        spec = RunSpec(
            id=f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{_slug(task)}-{secrets.token_hex(4)}",
            name=name, task=task, model=_absolute(model), revision=revision,
            train=provenance.describe(train, columns, "train"),
            dev=None if dev is None else provenance.describe(dev, dev_columns, "dev"),
            settings=settings or read_settings({}, found.defaults),
            labels=tuple(labels), engine=engine, devices=tuple(devices), processes=processes,
            group=group, packages=provenance.packages(), commit=provenance.commit(),
        )  # fmt: skip
    refuse_full(spec, home)
    folder = RunFolder(runs_folder(home) / spec.id)
    _write(folder, spec.changed(command=provenance.command_line(spec, found.defaults)))
    return folder


def _refuse_not_allowed(model: str) -> None:
    refuse_training()
    check_allowed(model)


@contextmanager
def _checked() -> Iterator[None]:
    """Turn what the spec refuses into a sentence."""
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0])
        raise InputError(f"{field} cannot be used: {first['msg']}.", field=field) from None


def _write(folder: RunFolder, spec: RunSpec) -> None:
    try:
        folder.create(spec)
    except OSError as error:
        raise RunError(
            f"The run cannot be made in {folder.path.parent}: {error.strerror}. Free some space, "
            "or set BERT_EXPLORER_HOME to a folder that can be written."
        ) from None


def _check_engine(engine: str, devices: Sequence[str], processes: int) -> None:
    find_engine(engine)
    if not devices:
        raise InputError("Choose a device to compute on, such as cpu.", field="devices")
    if engine == "local" and (len(devices) > 1 or processes > 1):
        raise InputError(
            "The engine 'local' computes in one process on one device. Choose one device, or the "
            "engine 'torchrun'.",
            field="engine",
        )


def _checked_device(device: str, engine: str) -> str:
    """A device's one name; one of this machine must be here."""
    name = "cuda:0" if device == "cuda" else device
    if name != "cpu" and engine != "ray":
        from bert_core.model.devices import list_devices

        here = [each.name for each in list_devices()]
        if name not in here:
            raise InputError(
                f"There is no device {device} on this machine (there is: {', '.join(here)}).",
                field="device",
            )
    return name


def _absolute(model: str) -> str:
    """A folder as the worker finds it, which starts elsewhere."""
    if not looks_like_folder(model):
        return model
    return str(Path(model).expanduser().absolute())


def _slug(task: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", task.lower()).strip("-")[:40]
