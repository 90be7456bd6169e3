"""Where things are and how large they may be: the operator's choices, read from the environment.

BERT_EXPLORER_FOLDERS   folders models may be opened from, separated as in PATH
(default: the home folder and the project)
BERT_EXPLORER_HOME      folder of runs and everything else that is kept between starts
(default: ~/.cache/bert-explorer)
"""

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
EMBEDDED_MODEL = PROJECT / "assets" / "model"
READER_MODEL = PROJECT / "assets" / "reader"
MAX_CHARACTERS = 100_000
"""Longest text that is looked at at all; the model's own limit is far below it."""
MAX_DOCUMENT = 1_000_000
"""Characters of the longest document that is read in windows: some 300 pages."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The operator's choices.

    Attributes:
        folders: resolved folders under which model folders may be opened.
        home: resolved folder of the runs; it need not exist.
    """

    folders: tuple[Path, ...]
    home: Path


def read_settings() -> Settings:
    """Read the settings from the environment, afresh at every call."""
    named = os.environ.get("BERT_EXPLORER_FOLDERS", "")
    folders = [Path(part) for part in named.split(os.pathsep) if part] or [Path.home(), PROJECT]
    home = Path(os.environ.get("BERT_EXPLORER_HOME") or "~/.cache/bert-explorer")
    return Settings(
        folders=tuple(folder.expanduser().resolve() for folder in folders),
        home=home.expanduser().resolve(),
    )
