"""Features as JSON Lines, as extract_features.py of google-research/bert writes them.

One object a line: ``{"linex_index": 0, "features": [{"token": "[CLS]", "layers": [{"index": -1,
"values": [...]}]}]}``, values rounded to 6 places. The first key is spelt as in the reference.
Pooled, a line has one feature, whose token is the pooling's name.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from bert_core.features.lines import Line
from bert_core.features.writing import Shape, Writer
from bert_core.model.trace import Floats

PLACES = 6
_VALUE = 10.4
"""Bytes of a rounded value with what separates it from the next, in the mean."""
_LAYER, _ROW, _LINE = 30, 30, 40


class JsonLines(Writer):
    """JSON Lines of extract_features.py."""

    def write(self, lines: Sequence[Line], values: Sequence[Floats]) -> None:
        """See :meth:`Writer.write`."""
        for line, rows in zip(lines, values, strict=True):
            record = {
                "linex_index": line.index,
                "features": [
                    {
                        "token": token,
                        "layers": [
                            {"index": index, "values": row}
                            for index, row in zip(self.shape.layers, layers, strict=True)
                        ],
                    }
                    for token, layers in zip(self.shape.tokens(line), rounded(rows), strict=True)
                ],
            }
            self.file.write(json.dumps(record).encode() + b"\n")

    def finish(self) -> None:
        """Nothing comes after the last line."""

    @staticmethod
    def size(shape: Shape) -> int:
        """See :meth:`Writer.size`."""
        layer = shape.hidden * _VALUE + _LAYER
        return int(shape.rows * (len(shape.layers) * layer + _ROW) + shape.lines * _LINE)


def rounded(values: Floats) -> list[Any]:
    """Values as ``round(float(x), 6)`` gives them, in lists.

    A float32 times a million is exact in float64, and so is the rounding of it; the division
    gives the float64 that is nearest to the decimal number, as ``round`` does.
    """
    scale = 10.0**PLACES
    lists: list[Any] = (np.rint(values.astype(np.float64) * scale) / scale).tolist()
    return lists
