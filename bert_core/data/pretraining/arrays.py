"""Arrays in files: written from front to back, read a few entries at a time."""

import os
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from bert_core.errors import InputError


class ArrayWriter:
    """A ``.npy`` file of one dimension that grows at its end.

    Args:
        path: the file; it is made.
        dtype: of the entries.
    """

    def __init__(self, path: Path, dtype: DTypeLike) -> None:
        self._dtype: np.dtype[Any] = np.dtype(dtype)
        self._length = 0
        self._file = path.open("wb")
        self._write_header()

    def append(self, values: NDArray[Any]) -> None:
        """Write further entries."""
        self._file.write(np.ascontiguousarray(values, self._dtype).tobytes())
        self._length += len(values)

    def __len__(self) -> int:
        return self._length

    def __enter__(self) -> "ArrayWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            if error is None:
                # numpy leaves room for any length in the header, so that it fits again.
                self._file.seek(0)
                self._write_header()

    def _write_header(self) -> None:
        npy.write_array_header_1_0(
            self._file,
            {
                "descr": npy.dtype_to_descr(self._dtype),
                "fortran_order": False,
                "shape": (self._length,),
            },
        )


class ArrayReader:
    """A ``.npy`` file of one dimension, of which parts are read.

    A memory map would count as this process's memory, page by page, until the whole file is in
    it. Reading at a position also lets forked processes share the open file.

    Args:
        path: the file.

    Raises:
        InputError: the file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                npy.read_magic(file)
                shape, _, self.dtype = npy.read_array_header_1_0(file)
                self._start = file.tell()
                size = file.seek(0, os.SEEK_END)
            (self._length,) = shape
        except (OSError, ValueError) as error:
            raise InputError(f"{path} cannot be read: {error}") from error
        if size != self._start + self._length * self.dtype.itemsize:
            raise InputError(f"{path} is damaged: it has not the size that its header says.")
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def __len__(self) -> int:
        return self._length

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Entries ``start`` to ``stop``, the last one excluded."""
        size = self.dtype.itemsize
        found = os.pread(self._file, (stop - start) * size, self._start + start * size)
        return np.frombuffer(found, self.dtype)
