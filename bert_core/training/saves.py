"""Checkpoints of a run on disk: which are whole, and from which one to go on.

A checkpoint counts only when ``complete.json`` lies in it. That file is written last and names
the size and SHA-256 of every other file, so that a checkpoint that was cut short by a full disk
or a killed process, or damaged later, is told from a whole one.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARKER = "complete.json"
_NAME = re.compile(r"checkpoint-(\d+)")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Saved:
    """One checkpoint.

    Attributes:
        step: optimizer steps that it has behind it.
        path: its folder.
        partial: whether it was saved because a stop was asked for.
        problem: why it cannot be used, as the rest of a sentence, or None.
    """

    step: int
    path: Path
    partial: bool = False
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where a run goes on.

    Attributes:
        checkpoint: the newest whole one; None: the run begins anew.
        refused: a sentence for each newer one that cannot be used, newest first.
    """

    checkpoint: Saved | None
    refused: tuple[str, ...]


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file so that a reader finds the old or the new content, never a part.

    Raises:
        OSError: the disk is full, for one; the old file is then as it was.
    """
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def sha256_of(path: Path, check: Callable[[], None] = lambda: None) -> str:
    """The SHA-256 of a file's bytes in hexadecimal; ``check`` is called for every MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            check()
    return digest.hexdigest()


def seal(path: Path, *, partial: bool = False) -> Saved:
    """Declare a checkpoint whole: its files are on the disk, and their sizes and hashes noted.

    Args:
        path: folder named ``checkpoint-STEP``.
        partial: whether it was saved because a stop was asked for.

    Raises:
        OSError: the disk is full, for one; the checkpoint then does not count.
    """
    files = {}
    for file in _files(path):
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
        name = file.relative_to(path).as_posix()
        files[name] = {"size": file.stat().st_size, "sha256": sha256_of(file)}
    step = _step(path)
    note = {"step": step, "partial": partial, "files": files}
    write_atomically(path / MARKER, json.dumps(note, indent=1).encode())
    return Saved(step, path, partial)


def examine(path: Path, *, deep: bool = True) -> Saved:
    """Look whether a checkpoint is whole.

    Args:
        path: folder named ``checkpoint-STEP``.
        deep: also read every byte; otherwise only the sizes are compared.
    """
    step = _step(path)
    try:
        note = json.loads((path / MARKER).read_bytes())
        partial, files = bool(note["partial"]), dict(note["files"])
    except FileNotFoundError:
        return Saved(step, path, problem="it was not saved to its end")
    except (OSError, ValueError, KeyError, TypeError):
        return Saved(step, path, problem=f"its {MARKER} cannot be read")
    for name, expected in files.items():
        problem = _compare(path / name, name, expected, deep=deep)
        if problem:
            return Saved(step, path, partial, problem)
    return Saved(step, path, partial)


def list_saved(folder: Path, *, deep: bool = False) -> tuple[Saved, ...]:
    """All checkpoints of a folder, whole or not, by step."""
    return tuple(examine(path, deep=deep) for path in _paths(folder))


def resume_point(folder: Path) -> ResumePoint:
    """The newest checkpoint whose every byte is as it was saved, and why newer ones are not."""
    refused: list[Saved] = []
    for path in reversed(_paths(folder)):
        saved = examine(path)
        if saved.problem is None:
            return ResumePoint(saved, _sentences(refused, f"{path.name} is used instead."))
        refused.append(saved)
    return ResumePoint(None, _sentences(refused, "There is none before it: the run begins anew."))


def prune(folder: Path, keep: int, *, best: int | None = None) -> None:
    """Delete old checkpoints and unfinished ones.

    Args:
        folder: the folder of checkpoints.
        keep: whole ones that stay, newest first.
        best: step of one that stays besides.
    """
    whole = [saved for saved in list_saved(folder) if saved.problem is None]
    stay = {saved.path for saved in whole[-keep:]} | {s.path for s in whole if s.step == best}
    for path in _paths(folder):
        if path not in stay:
            _remove(path)


def remove_unfinished(folder: Path) -> None:
    """Delete checkpoints that were not saved to their end; damaged ones stay to be looked at."""
    for path in _paths(folder):
        if not (path / MARKER).exists():
            _remove(path)


def _remove(path: Path) -> None:
    # The marker goes first: a deletion that is cut short leaves nothing that looks whole.
    (path / MARKER).unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)


def _compare(path: Path, name: str, expected: dict[str, Any], *, deep: bool) -> str | None:
    try:
        if path.stat().st_size != expected["size"]:
            return f"{name} has {path.stat().st_size:,} bytes instead of {expected['size']:,}"
        if deep and sha256_of(path) != expected["sha256"]:
            return f"{name} has other bytes than when it was saved"
    except FileNotFoundError:
        return f"{name} is missing"
    except OSError as error:
        return f"{name} cannot be read ({error.strerror})"
    return None


def _sentences(refused: list[Saved], instead: str) -> tuple[str, ...]:
    return tuple(f"{each.path.name} cannot be used: {each.problem}. {instead}" for each in refused)


def _files(path: Path) -> list[Path]:
    return sorted(each for each in path.rglob("*") if each.is_file() and each.name != MARKER)


def _paths(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = [each for each in folder.iterdir() if each.is_dir() and _NAME.fullmatch(each.name)]
    return sorted(found, key=_step)


def _step(path: Path) -> int:
    found = _NAME.fullmatch(path.name)
    if found is None:
        raise ValueError(f"{path.name} is no name of a checkpoint")
    return int(found[1])
