"""What may be told of a run to others: its order without the folders of this machine."""

import shlex
from pathlib import PurePosixPath, PureWindowsPath

from bert_core.model_names import looks_like_folder
from bert_core.training.spec import DataFile, RunSpec


def without_places(spec: RunSpec) -> RunSpec:
    """A run's order with the names of files and folders instead of their paths.

    The SHA-256 of the data stays, so that the files can still be told from others.

    Args:
        spec: what was ordered.
    """
    return spec.changed(
        model=model_name(spec.model),
        train=_bare_file(spec.train),
        dev=None if spec.dev is None else _bare_file(spec.dev),
        command=bare_command(spec.command),
    )


def model_name(source: str) -> str:
    """A model's name without the folder that it lies in; hub ids stay whole.

    Example:
        >>> model_name("/home/ada/models/my-bert"), model_name("google-bert/bert-base-uncased")
        ('my-bert', 'google-bert/bert-base-uncased')
    """
    return bare(source) if looks_like_folder(source) else source


def bare_command(command: str) -> str:
    """A command line with the last part of every path only.

    Example:
        >>> bare_command("python -m bert_core train --train '/data/my reviews.tsv' --task sst2")
        "python -m bert_core train --train 'my reviews.tsv' --task sst2"
    """
    try:
        words = shlex.split(command)
    except ValueError:  # a quotation mark without its partner
        words = command.split()
    return shlex.join(_bare_word(word) for word in words)


def bare(path: str) -> str:
    """The last part of a path, written as on any system."""
    return PurePosixPath(PureWindowsPath(path).as_posix()).name or path


def _bare_word(word: str) -> str:
    option, sign, value = word.partition("=")
    if sign and looks_like_folder(value):
        return f"{option}={bare(value)}"
    return bare(word) if looks_like_folder(word) else word


def _bare_file(file: DataFile) -> DataFile:
    return file.model_copy(update={"path": bare(file.path)})
