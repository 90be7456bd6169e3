"""What a result can be traced back to: data, libraries, program and command."""

import platform
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

from bert_core.errors import InputError
from bert_core.settings import PROJECT
from bert_core.training.saves import sha256_of
from bert_core.training.settings import read_settings
from bert_core.training.spec import DataFile, RunSpec

LIBRARIES = (
    "torch", "transformers", "tokenizers", "accelerate", "safetensors", "peft", "datasets",
    "numpy", "scikit-learn", "seqeval",
)  # fmt: skip


def describe(path: Path, mapping: Mapping[str, str], field: str) -> DataFile:
    """A data file as it is now.

    Args:
        path: where it is.
        mapping: which column is taken for what.
        field: how the caller calls it, ``"train"`` or ``"dev"``.

    Raises:
        InputError: it cannot be read.
    """
    try:
        path = path.expanduser().resolve(strict=True)
        size, sha256 = path.stat().st_size, sha256_of(path)
    except (OSError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path} cannot be read: {why}.", field=field) from None
    return DataFile(path=str(path), sha256=sha256, size=size, mapping=dict(mapping))


def check_unchanged(spec: RunSpec, check: Callable[[], None] = lambda: None) -> None:
    """Refuse a run whose data is not what it was when the run was made.

    Args:
        spec: of the run.
        check: called for every MiB that is read.

    Raises:
        InputError: a file is gone or has other bytes.
    """
    for field, file in (("train", spec.train), ("dev", spec.dev)):
        if file is None:
            continue
        path = Path(file.path)
        again = "Put the old file back, or make a new run with this one."
        try:
            size = path.stat().st_size
            same = size == file.size and sha256_of(path, check) == file.sha256
        except OSError as error:
            raise InputError(
                f"{path} cannot be read any more: {error.strerror}. Put it back.", field=field
            ) from None
        if not same:
            raise InputError(
                f"{path.name} was changed after this run was made: it has {size:,} bytes now and "
                f"had {file.size:,}, or other ones. {again}",
                field=field,
            )


def packages() -> dict[str, str]:
    """Versions of Python and of the libraries that decide a result; absent ones are left out."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """Commit of this program, with ``-dirty`` when files differ from it; "" if not known."""
    git = shutil.which("git")
    if git is None or not (PROJECT / ".git").exists():
        return ""
    command = [git, "-C", str(PROJECT), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run(  # noqa: S603 - nothing in it is a visitor's
            [*command, "--exclude=*"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def command_line(spec: RunSpec, defaults: Mapping[str, object]) -> str:
    """The command that orders the same run again.

    Args:
        spec: of the run.
        defaults: the task's own settings, which need not be said.
    """
    words = ["python", "-m", "bert_core", "train", "--task", spec.task, "--train", spec.train.path]
    words += _columns("--column", spec.train.mapping)
    if spec.dev is not None:
        words += ["--dev", spec.dev.path, *_columns("--dev-column", spec.dev.mapping)]
    words += ["--model", spec.model]
    if spec.revision:
        words += ["--revision", spec.revision]
    if spec.labels:
        words += ["--labels", ",".join(spec.labels)]
    if spec.engine != "local":
        words += ["--engine", spec.engine]
    if spec.processes != 1:
        words += ["--processes", str(spec.processes)]
    for device in spec.devices:
        words += ["--device", device]
    usual = read_settings({}, defaults).model_dump()
    for name, value in spec.settings.model_dump().items():
        if value != usual[name]:
            words += ["--set", f"{name}={value}"]
    return shlex.join(words)


def _columns(option: str, mapping: Mapping[str, str]) -> list[str]:
    return [word for role, column in mapping.items() for word in (option, f"{role}={column}")]
