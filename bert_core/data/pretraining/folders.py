"""Folders that appear when they are whole."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bert_core.errors import InputError


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into, which gets its name when the block ends without an error.

    Args:
        folder: the name; its parents are made. What an interrupted process left beside it under
            the name with ``.partial`` is removed.

    Yields:
        The folder under its temporary name.

    Raises:
        InputError: ``folder`` exists already.
    """
    if folder.exists():
        raise InputError(f"{folder} exists already. Choose another name or remove it.")
    partial = folder.with_name(folder.name + ".partial")
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    try:
        yield partial
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
