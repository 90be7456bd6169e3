"""Features as a ZIP of arrays, as ``numpy.load`` reads it; the values are not compressed.

- ``features``: float32 (rows, K, H), the rows of all lines after one another.
- ``offsets``: int64 (lines + 1,); line n has the rows ``offsets[n]`` to ``offsets[n + 1]``.
- ``ids`` and ``vocabulary``: the piece of each row, int32 (rows,), and the pieces that these
  number. Not where rows are pooled.
- ``left_out``: int32 (lines,), the pieces of each line that did not fit.
- ``layers``: int32 (K,), counted from the end; ``pool`` and ``model``: a text each.

An array of a ZIP is read as a whole: features that do not fit into memory are better kept as
Parquet.
"""

import zipfile
from array import array
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from bert_core.features.lines import Line
from bert_core.features.writing import Shape, Writer
from bert_core.model.trace import Floats


class Npz(Writer):
    """A ZIP of arrays, as ``numpy.load`` reads it; values are not compressed."""

    def __init__(self, file: IO[bytes], shape: Shape) -> None:
        super().__init__(file, shape)
        self._ids, self._offsets, self._left_out = array("i"), array("q", [0]), array("i")
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._zip = self._open.enter_context(zipfile.ZipFile(self.file, "w"))
        # The shape stands before the values, so rows are counted before they are computed.
        self._features = self._open.enter_context(
            self._zip.open("features.npy", "w", force_zip64=True)
        )
        whole = (self.shape.rows, len(self.shape.layers), self.shape.hidden)
        np.lib.format.write_array_header_1_0(
            self._features, {"descr": "<f4", "fortran_order": False, "shape": whole}
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._open:
            super().__exit__(kind, error, trace)

    def write(self, lines: Sequence[Line], values: Sequence[Floats]) -> None:
        """See :meth:`Writer.write`."""
        for line, rows in zip(lines, values, strict=True):
            self._features.write(np.ascontiguousarray(rows, dtype="<f4").data)
            self._offsets.append(self._offsets[-1] + len(rows))
            self._left_out.append(line.left_out)
            if self.shape.pool == "none":
                self._ids.extend(line.ids)

    def finish(self) -> None:
        """The small arrays, after the values."""
        self._features.close()
        small: dict[str, Any] = {
            "offsets": np.asarray(self._offsets, dtype=np.int64),
            "left_out": np.asarray(self._left_out, dtype=np.int32),
            "layers": np.asarray(self.shape.layers, dtype=np.int32),
            "pool": np.asarray(self.shape.pool),
            "model": np.asarray(self.shape.model),
        }
        if self.shape.pool == "none":
            small |= {
                "ids": np.asarray(self._ids, dtype=np.int32),
                "vocabulary": np.asarray(self.shape.pieces),
            }
        for name, values in small.items():
            with self._zip.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, values, allow_pickle=False)

    @staticmethod
    def size(shape: Shape) -> int:
        """See :meth:`Writer.size`."""
        values = shape.rows * len(shape.layers) * shape.hidden * 4
        if shape.pool == "none":
            values += shape.rows * 4 + np.asarray(shape.pieces).nbytes
        return values + shape.lines * 12 + 4_096
