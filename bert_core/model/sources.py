"""From the name of a model to a folder with its files."""

from collections.abc import Callable
from pathlib import Path

from bert_core.errors import ModelError
from bert_core.model import hub, run_models
from bert_core.model.checkpoints import Checkpoint, inspect
from bert_core.model.choice import EMBEDDED, READER, ModelChoice
from bert_core.settings import EMBEDDED_MODEL, PROJECT, READER_MODEL, read_settings

Progress = Callable[[str, float | None], None]
"""Told what is being done and which share of it is done (None: unknown)."""
SHIPPED = {EMBEDDED: EMBEDDED_MODEL, READER: READER_MODEL}
"""The models that come with the project, by name."""


def find(choice: ModelChoice, *, on_progress: Progress | None = None) -> Checkpoint:
    """Find the files of a model, downloading them when it is a hub id that is not here yet.

    Args:
        choice: the model; only its source and revision matter here.
        on_progress: told about a download.

    Returns:
        What the folder holds. No weights have been loaded.

    Raises:
        ModelError: no such folder, a folder outside the allowed ones, no such run or hub id, no
            network, or files that cannot be used.
    """
    if choice.source in SHIPPED:
        return inspect(SHIPPED[choice.source], source=choice.source)
    if choice.source.startswith(run_models.PREFIX):
        return inspect(run_models.result_folder(choice.source), source=choice.source)
    if looks_like_folder(choice.source):
        return inspect(allowed_folder(choice.source), source=choice.source)
    if not hub.is_repo_id(choice.source):
        raise ModelError(
            f"{choice.source[:80]!r} is neither 'embedded' nor 'reader', nor a folder such as "
            "./my-bert, nor a run such as run:my-run, nor a hub id such as "
            "google-bert/bert-base-uncased.",
            field="model",
        )
    folder, commit = hub.download(choice.source, choice.revision, on_progress=on_progress)
    return inspect(folder, source=choice.source, revision=commit)


def looks_like_folder(source: str) -> bool:
    """Whether a name is written like a folder's: it begins like a path, or has several parts."""
    begins = source in (".", "..") or source.startswith(("/", "./", "../", "~", ".\\", "..\\"))
    return begins or Path(source).is_absolute() or source.count("/") > 1 or "\\" in source


def allowed_folder(source: str) -> Path:
    """Resolve a folder and refuse it outside what the operator allows.

    Symbolic links are followed before the check, so that a link cannot lead out.

    Raises:
        ModelError: not a folder, or outside ``BERT_EXPLORER_FOLDERS``.
    """
    try:
        folder = Path(source).expanduser().resolve()
        exists = folder.is_dir()
    except (OSError, ValueError, RuntimeError):
        raise ModelError(f"'{source}' is no folder name.", field="model") from None
    allowed = read_settings().folders
    if not any(folder.is_relative_to(root) for root in allowed):
        # The same sentence whether or not it exists: no probing of the machine's folders.
        roots = ", ".join(_shown(root) for root in allowed)
        raise ModelError(
            f"'{source}' is outside the folders that models may be opened from ({roots}). "
            "The operator sets them in BERT_EXPLORER_FOLDERS.",
            field="model",
        )
    if not exists:
        raise ModelError(
            f"There is no folder '{source}'. Give the folder that holds config.json, or a hub id "
            "such as google-bert/bert-base-uncased.",
            field="model",
        )
    return folder


def _shown(root: Path) -> str:
    """A folder as a visitor may know it: where things are on the machine is the operator's."""
    if root == PROJECT:
        return "the project"
    return "the home folder" if root == Path.home().resolve() else root.name
