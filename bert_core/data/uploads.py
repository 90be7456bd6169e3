"""Files that a visitor sent: kept under the name of their bytes, so that a run finds them later."""

import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from bert_core.errors import InputError
from bert_core.permissions import refuse_path, refuse_upload
from bert_core.settings import read_settings

SUFFIXES = ("csv", "tsv", "txt", "jsonl", "json", "conll")
"""Endings of the files that training data is read from; the reader goes by the ending."""
_CHUNK = 2**20


def keep_upload(file: BinaryIO, name: str, home: Path, *, limit_mib: float | None = None) -> Path:
    """Keep an uploaded file as ``uploads/SHA256.SUFFIX`` of the home folder.

    The same bytes are kept once, however often and under whatever names they come.

    Args:
        file: opened for reading, at its beginning; read a MiB at a time.
        name: what the visitor calls it; only its ending is used.
        home: home folder of the runs; made where it is missing.
        limit_mib: largest size in MiB; None: as the operator says.

    Returns:
        The absolute path of the kept file.

    Raises:
        InputError: an ending that no reader knows, a file over the limit, a disk that is full, or
            uploads are switched off.
    """
    refuse_upload()
    most = read_settings().upload_mib
    limit = most if limit_mib is None else min(limit_mib, most)
    suffix = _suffix(name)
    folder = home / "uploads"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(prefix="part-", dir=folder)
        try:
            with os.fdopen(handle, "wb") as target:
                digest = _copy(file, target, limit)
            path = folder / f"{digest}.{suffix}"
            os.replace(fresh, path)
        finally:
            Path(fresh).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"The upload cannot be kept ({error.strerror}). Free some space, or give the path of "
            "a file on this machine.",
            field="upload",
        ) from None
    return path


def _suffix(name: str) -> str:
    found = re.fullmatch(r".*\.([A-Za-z]+)", name.strip(), re.DOTALL)
    suffix = found[1].lower() if found else ""
    if suffix not in SUFFIXES:
        raise InputError(
            f"{name[-60:]!r} is no file that training data is read from. Send one that ends in "
            f".{', .'.join(SUFFIXES[:-1])} or .{SUFFIXES[-1]}.",
            field="upload",
        )
    return suffix


def _copy(source: BinaryIO, target: BinaryIO, limit_mib: float) -> str:
    """Copy, and give the SHA-256 of what was copied."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if size > limit_mib * 2**20:
            raise InputError(
                f"The file is larger than {limit_mib:,.0f} MiB, the most that can be uploaded. "
                "Put it on this machine and give its path.",
                field="upload",
            )
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def local_file(name: str, folders: Sequence[Path]) -> Path:
    """A file on this machine, refused outside the folders that the operator allows.

    Symbolic links are followed before the check, so that a link cannot lead out.

    Args:
        name: as typed.
        folders: resolved folders under which files may be opened.

    Raises:
        InputError: outside the folders, no such file, or paths are switched off.
    """
    refuse_path()
    try:
        path = Path(name.strip()).expanduser().resolve()
        exists = path.is_file()
    except (OSError, ValueError, RuntimeError):
        raise InputError(f"{name[:80]!r} is no path.", field="path") from None
    if not any(path.is_relative_to(root) for root in folders):
        # The same sentence whether or not it exists: no probing of the machine's folders.
        raise InputError(
            f"{name.strip()[:200]} is outside the folders that files may be opened from. The "
            "operator sets them in BERT_EXPLORER_FOLDERS.",
            field="path",
        )
    if not exists:
        raise InputError(f"There is no file {name.strip()[:200]}. Check the path.", field="path")
    return path
