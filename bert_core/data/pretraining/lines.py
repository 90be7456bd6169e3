"""Text files line by line, with the reference's idea of a line.

A line ends at a line feed only. White space around it, in the sense of Unicode, is dropped; what is
empty then ends a document.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bert_core.errors import InputError

LONGEST_LINE = 2**20
"""In bytes. A sentence is never that long, and a line has to fit in memory many times over."""
_BATCH = 2**18


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read.

    Attributes:
        path: as given.
        size: in bytes.
        sha256: of its bytes, in hexadecimal.
    """

    path: str
    size: int
    sha256: str


class LineReader:
    """The lines of one or more files, one after the other.

    Args:
        paths: the files. The end of one ends no document, as in the reference.

    Attributes:
        total: bytes of all files.
        read: bytes so far.
        sources: the files read to their end.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        if not paths:
            raise InputError("There is no text file. Name at least one.", field="text")
        self._paths = paths
        self.total = sum(_size(path) for path in paths)
        self.read = 0
        self.sources: list[Source] = []

    def batches(self) -> Iterator[list[str]]:
        """Stripped lines, about a quarter of a mebibyte at a time.

        Raises:
            InputError: a file that cannot be read or is not UTF-8, or a line that is too long.
        """
        batch: list[str] = []
        left = _BATCH
        for path in self._paths:
            for line, size in self._lines(path):
                batch.append(line)
                left -= size
                if left <= 0:
                    yield batch
                    batch, left = [], _BATCH
        if batch:
            yield batch

    def _lines(self, path: Path) -> Iterator[tuple[str, int]]:
        seen = hashlib.sha256()
        number = size = 0
        try:
            with path.open("rb") as file:
                while line := file.readline(LONGEST_LINE + 1):
                    number += 1
                    size += len(line)
                    self.read += len(line)
                    seen.update(line)
                    yield _text(line, path, number), len(line)
        except OSError as error:
            raise _unreadable(path, error) from error
        self.sources.append(Source(str(path), size, seen.hexdigest()))


def _text(line: bytes, path: Path, number: int) -> str:
    if len(line) > LONGEST_LINE:
        raise InputError(
            f"{path.name}, line {number:,}: the line is longer than {LONGEST_LINE:,} bytes. "
            "Put one sentence on each line.",
            field="text",
        )
    try:
        return line.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name}, line {number:,}: byte {error.start + 1:,} of the line is not UTF-8. "
            "Save the file as UTF-8 text.",
            field="text",
        ) from None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path} cannot be read: {error.strerror}.", field="text")
