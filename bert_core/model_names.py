"""How models are named, and which name somebody may have meant."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

BUILT_IN = ("embedded", "reader")
"""The names of the two models that ship with the project."""
RUN = "run:"
"""What the name of a run's model begins with."""
KINDS = {"runs": "run:ID", "folders": "model folders", "hub": "hub ids"}
"""What the words of the setting ``models`` let open."""
_RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_REPO_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")


def is_run_id(name: str) -> bool:
    """Whether a name has the form of what stands after ``run:``."""
    return _RUN_ID.fullmatch(name) is not None


def is_repo_id(name: str) -> bool:
    """Whether a name has the form of a hub id, ``name`` or ``owner/name``."""
    return _REPO_ID.fullmatch(name) is not None and ".." not in name and "--" not in name


def is_old_hub_id(name: str) -> bool:
    """Whether a name may be a hub id from before ids had owners, such as bert-base-uncased.

    No new ones are given out. Those of the families that are read here have "bert" in them, and
    a hyphen, by which they are told from a word that is misspelt.
    """
    return is_repo_id(name) and "/" not in name and "bert" in name and "-" in name


def looks_like_folder(source: str) -> bool:
    """Whether a name is written like a folder's: it begins like a path, or has several parts."""
    begins = source in (".", "..") or source.startswith(("/", "./", "../", "~", ".\\", "..\\"))
    return begins or Path(source).is_absolute() or source.count("/") > 1 or "\\" in source


def kind_of(name: str) -> str:
    """Of :data:`KINDS`, by how the name of a model that is not built in is written."""
    if name.startswith(RUN):
        return "runs"
    return "folders" if looks_like_folder(name) else "hub"


def is_hub_id(name: str) -> bool:
    """Whether a name is written as one of the hub."""
    return name not in BUILT_IN and kind_of(name) == "hub"


def is_model_name(name: str) -> bool:
    """Whether a name has the form of a model's; a model of that name need not be here."""
    if name.startswith(RUN):
        return is_run_id(name.removeprefix(RUN))
    written = name in BUILT_IN or looks_like_folder(name) or is_old_hub_id(name)
    return written or ("/" in name and is_repo_id(name))


def meant(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """The one of the known names that comes nearest to another; None: none comes near.

    Args:
        name: what was given.
        known: the names there are.
        likeness: how near it has to come, from 0 to 1 for the same in other capitals.

    Example:
        >>> meant("Embeded", ["embedded", "reader"]), meant("gpt2", ["embedded", "reader"])
        ('embedded', None)
    """
    by_letters = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), by_letters, n=1, cutoff=likeness)
    return by_letters[found[0]] if found else None


def did_you_mean(name: str | None) -> str:
    """A question to go behind a sentence; nothing where no name comes near."""
    return f" Did you mean '{name}'?" if name else ""
