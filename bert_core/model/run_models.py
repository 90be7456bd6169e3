"""The models that finished runs left behind: ``run:ID`` and its folder.

A run is ``$BERT_EXPLORER_HOME/runs/ID``; what it trained is the model folder ``result`` in it.
"""

import contextlib
from pathlib import Path

from bert_core.errors import ModelError
from bert_core.model.allowed import is_allowed
from bert_core.model_names import RUN, did_you_mean, is_run_id, meant
from bert_core.settings import read_settings


def result_folder(source: str) -> Path:
    """The model folder of a run.

    Args:
        source: ``"run:ID"``.

    Raises:
        ModelError: that is no run's name, there is no such run, or it has no result.
    """
    name = source.removeprefix(RUN)
    if not is_run_id(name):
        raise ModelError(
            f"{source[:80]!r} names no run: after 'run:' come lower-case letters, digits and "
            "hyphens, at most 80.",
            field="model",
        )
    folder = _runs() / name
    if not folder.is_dir():
        near = meant(source, [known for known, _ in all_results() if is_allowed(known)])
        raise ModelError(
            f"There is no run '{name}' here.{did_you_mean(near)} 'python -m bert_core runs' lists "
            "those there are.",
            field="model",
        )
    result = folder / "result"
    if not result.is_dir():
        raise ModelError(
            f"The run '{name}' has no result yet: its model is there when it has finished or was "
            f"stopped. 'python -m bert_core runs show {name}' says how far it is.",
            field="model",
        )
    return result


def written(source: str) -> str:
    """When the weights of a run's model were written, in nanoseconds: resumed, it writes others.

    Raises:
        ModelError: as :func:`result_folder`.
    """
    times = []
    for path in result_folder(source).glob("*.safetensors"):
        with contextlib.suppress(OSError):  # another result is just taking its place
            times.append(path.stat().st_mtime_ns)
    return str(max(times, default=0))


def all_results() -> list[tuple[str, Path]]:
    """Name and model folder of every run that has one, by name."""
    runs = _runs()
    try:
        names = sorted(entry.name for entry in runs.iterdir())
    except OSError:
        return []  # no run was ever started here
    return [
        (RUN + name, runs / name / "result")
        for name in names
        if is_run_id(name) and (runs / name / "result").is_dir()
    ]


def _runs() -> Path:
    return read_settings().home / "runs"
