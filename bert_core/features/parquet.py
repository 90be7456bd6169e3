"""Features as a table, one row for each piece.

Columns: ``linex_index``, ``position``, ``token``, and for every layer a list of H float32 under
``layer_-1`` and so on. The model's name and the pooling are in the table's metadata. Pooled, a
line has one row, whose token is the pooling's name.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import IO

import numpy as np

from bert_core.features.lines import Line
from bert_core.features.writing import Shape, Writer
from bert_core.model.trace import Floats


class Parquet(Writer):
    """A table, written a row group for each run of lines."""

    def __init__(self, file: IO[bytes], shape: Shape) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        super().__init__(file, shape)
        values = pa.list_(pa.float32(), shape.hidden)
        columns = [("linex_index", pa.int64()), ("position", pa.int32()), ("token", pa.string())]
        columns += [(f"layer_{index}", values) for index in shape.layers]
        said = {"model": shape.model, "pool": shape.pool}
        self._schema = pa.schema(columns, metadata=said)
        # Values hardly ever repeat, so a dictionary of them would only take space.
        self._writer = pq.ParquetWriter(file, self._schema, use_dictionary=["token"])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            super().__exit__(kind, error, trace)
        finally:
            self._writer.is_open = False  # else it would go on writing when it is thrown away

    def write(self, lines: Sequence[Line], values: Sequence[Floats]) -> None:
        """See :meth:`Writer.write`."""
        import pyarrow as pa

        counts = [len(rows) for rows in values]
        columns = [
            pa.array(np.repeat([line.index for line in lines], counts)),
            pa.array(np.concatenate([np.arange(count, dtype=np.int32) for count in counts])),
            pa.array([token for line in lines for token in self.shape.tokens(line)]),
        ]
        for place in range(len(self.shape.layers)):
            flat = np.concatenate([rows[:, place].ravel() for rows in values])
            columns.append(pa.FixedSizeListArray.from_arrays(pa.array(flat), self.shape.hidden))
        self._writer.write_table(pa.table(columns, schema=self._schema))

    def finish(self) -> None:
        """The table's index."""
        self._writer.close()

    @staticmethod
    def size(shape: Shape) -> int:
        """See :meth:`Writer.size`."""
        return shape.rows * (len(shape.layers) * shape.hidden * 4 + 16) + 4_096
