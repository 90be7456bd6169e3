"""From the name of a model to a folder with its files."""

from collections.abc import Callable

from bert_core.checks import shown
from bert_core.errors import ModelError
from bert_core.model import hub, run_models
from bert_core.model.allowed import allowed_folder, check_allowed, is_allowed
from bert_core.model.checkpoints import Checkpoint, inspect
from bert_core.model.choice import ModelChoice
from bert_core.model_names import (
    BUILT_IN,
    RUN,
    did_you_mean,
    is_old_hub_id,
    is_repo_id,
    looks_like_folder,
    meant,
)
from bert_core.settings import EMBEDDED_MODEL, READER_MODEL

Progress = Callable[[str, float | None], None]
"""Told what is being done and which share of it is done (None: unknown)."""
SHIPPED = dict(zip(BUILT_IN, (EMBEDDED_MODEL, READER_MODEL), strict=True))
"""The models that come with the project, by name."""
LIKE = 0.75
"""How like a local name another has to be, from 0 to 1, that no hub is asked for it."""


def find(choice: ModelChoice, *, on_progress: Progress | None = None) -> Checkpoint:
    """Find the files of a model, downloading them when it is a hub id that is not here yet.

    Args:
        choice: the model; only its source and revision matter here.
        on_progress: told about a download.

    Returns:
        What the folder holds. No weights have been loaded.

    Raises:
        ModelError: a source that the operator does not allow, no such folder, run or hub id, no
            network, or files that cannot be used.
    """
    check_allowed(choice.source)
    if choice.source in SHIPPED:
        return inspect(SHIPPED[choice.source], source=choice.source)
    if choice.source.startswith(RUN):
        return inspect(run_models.result_folder(choice.source), source=choice.source)
    if looks_like_folder(choice.source):
        return inspect(allowed_folder(choice.source), source=choice.source)
    if near := _misspelt(choice):
        raise ModelError(
            f"There is no model {shown(choice.source)}.{did_you_mean(near)}", field="model"
        )
    if not is_repo_id(choice.source):
        raise ModelError(
            f"{shown(choice.source)} is neither 'embedded' nor 'reader', nor a folder such as "
            "./my-bert, nor a run such as run:my-run, nor a hub id such as "
            "google-bert/bert-base-uncased.",
            field="model",
        )
    folder, commit = hub.download(choice.source, choice.revision, on_progress=on_progress)
    return inspect(folder, source=choice.source, revision=commit)


def _misspelt(choice: ModelChoice) -> str | None:
    """The built-in model or run that was meant, where a name can hardly be a hub id."""
    source = choice.source
    if "/" in source or is_old_hub_id(source):
        return None
    if is_repo_id(source) and hub.commit_here(source, choice.revision):
        return None
    runs = [run for run, _ in run_models.all_results() if is_allowed(run)]
    names = {name: name for name in SHIPPED} | {run.removeprefix(RUN): run for run in runs}
    near = meant(source.strip(), names, likeness=LIKE)
    return None if near is None else names[near]
