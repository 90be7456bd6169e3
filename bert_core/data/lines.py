"""Sentences of a text file, one on each line."""

import os
from pathlib import Path

from bert_core.data.source import LIMIT_MIB, check_rows, damage, read_source
from bert_core.errors import InputError
from bert_core.settings import PROJECT

READY = PROJECT / "assets" / "sentences.txt"
"""Sentences of our own, of many kinds."""


def read_lines(path: str | os.PathLike[str], *, limit_mib: float = LIMIT_MIB) -> list[str]:
    """Read a file of sentences.

    Args:
        path: a text file.
        limit_mib: largest size in MiB.

    Returns:
        Its lines in order, empty ones too, so that a row keeps its number.

    Raises:
        InputError: the file cannot be read, is not UTF-8 or no text, has nothing in it, or more
            lines than the operator allows rows.
    """
    source = read_source(path, limit_mib=limit_mib)
    check_rows(source.text.count("\n"))
    name = Path(path).name
    for problem in source.problems:
        if problem.severity == "blocking":
            raise InputError(f"{name}: {damage(problem)}", field="file")
    if not source.text.strip():
        raise InputError(
            f"{name}: The file is empty. Write one sentence on each line.", field="file"
        )
    return split_lines(source.text)


def split_lines(text: str) -> list[str]:
    r"""The lines of a text.

    Example:
        >>> split_lines("It rains.\n\nIt snows.\n")
        ['It rains.', '', 'It snows.']
    """
    return text.removesuffix("\n").split("\n")
