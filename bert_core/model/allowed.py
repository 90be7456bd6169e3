"""Which models the operator lets a visitor open."""

from pathlib import Path

from bert_core.checks import SHOWN_PATH, shown
from bert_core.errors import ModelError
from bert_core.model_names import BUILT_IN, KINDS, kind_of
from bert_core.settings import PROJECT, in_demo, read_settings


def check_allowed(source: str) -> None:
    """Refuse a model that may not be opened here.

    Raises:
        ModelError: it is neither built in nor named in the operator's setting ``models``, and
            neither is its kind.
    """
    if is_allowed(source):
        return
    open_ = [*named_models(), *(KINDS[kind] for kind in KINDS if kind in kinds_allowed())]
    why = "This is a demonstration for the public." if in_demo() else (
        "The operator sets them in BERT_EXPLORER_MODELS."
    )  # fmt: skip
    raise ModelError(
        f"The model '{source[:80]}' may not be opened here; allowed are {', '.join(open_)}. {why}",
        field="model",
    )


def is_allowed(source: str) -> bool:
    """Whether the operator allows a model: built in, named in ``models``, or of a kind there."""
    return source in named_models() or kind_of(source) in kinds_allowed()


def kinds_allowed() -> frozenset[str]:
    """Kinds of models that may be opened whatever their name: of "runs", "folders" and "hub".

    In a demonstration none: what the operator names one by one is open there, a kind is not.
    """
    return frozenset() if in_demo() else frozenset(KINDS).intersection(read_settings().models)


def named_models() -> tuple[str, ...]:
    """The built-in models, and those that the operator named one by one."""
    named = [name for name in read_settings().models if name not in KINDS]
    return tuple(dict.fromkeys([*BUILT_IN, *named]))


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
        raise ModelError(f"{shown(source, SHOWN_PATH)} is no folder name.", field="model") from None
    allowed = read_settings().folders
    if not any(folder.is_relative_to(root) for root in allowed):
        # The same sentence whether or not it exists: no probing of the machine's folders.
        roots = ", ".join(_shown(root) for root in allowed) or "none"
        raise ModelError(
            f"{shown(source, SHOWN_PATH)} is outside the folders that models may be opened from "
            f"({roots}). The operator sets them in BERT_EXPLORER_FOLDERS.",
            field="model",
        )
    if not exists:
        raise ModelError(
            f"There is no folder {shown(source, SHOWN_PATH)}. Give the folder that holds "
            "config.json, or a hub id such as google-bert/bert-base-uncased.",
            field="model",
        )
    return folder


def _shown(root: Path) -> str:
    """A folder as a visitor may know it: where things are on the machine is the operator's."""
    if root == PROJECT:
        return "the project"
    return "the home folder" if root == Path.home().resolve() else root.name
