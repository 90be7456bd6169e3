"""A file that somebody asked for: there as a whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bert_core.checks import SHOWN_PATH, shown
from bert_core.errors import InputError


@contextmanager
def whole_file(out: Path) -> Iterator[IO[bytes]]:
    """A file to write to, which gets its name at the end of the block.

    Until then it is called ``NAME.part-`` and some letters, beside its place. Whatever ends the
    block otherwise removes it, and what was under the name before stays. Only where the process
    is killed does the part stay behind.

    Raises:
        InputError: it cannot be written, or the disk is full.
    """
    part = out.with_name(f"{out.name}.part-{secrets.token_hex(4)}")
    try:
        try:
            with part.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())  # else a power cut could leave the name on an empty file
            os.replace(part, out)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror or error}. Nothing was left behind.",
            field="out",
        ) from None


def check_place(out: Path, source: Path | None = None) -> None:
    """Refuse a place where no result can be written, before anything is computed.

    Args:
        out: the place.
        source: the file that is read, if there is one.

    Raises:
        InputError: the folder is missing, the place is a folder, or it is the file that is read.
    """
    if "\0" in str(out):
        raise InputError("The name of the file to write holds a NUL character.", field="out")
    try:
        if not out.absolute().parent.is_dir():
            raise InputError(
                f"There is no folder {out.absolute().parent}. Make it first.", field="out"
            )
        if out.is_dir():
            raise InputError(f"{out} is a folder. Name a file.", field="out")
        if source is not None and out.exists() and source.exists() and out.samefile(source):
            raise InputError(f"{out} is the file that is read. Choose another name.", field="out")
    except OSError as error:  # a name that no disk can hold, or a folder that is closed
        raise InputError(
            f"{shown(str(out), SHOWN_PATH)} cannot be written: {error.strerror or error}.",
            field="out",
        ) from None
