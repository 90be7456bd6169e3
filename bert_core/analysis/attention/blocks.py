"""Parts of the weights: one text looking at the other, and special pieces out of sight.

What is not shown is counted row by row, as a share of the whole row: ``hidden`` for the columns
of special pieces, ``outside`` for the columns beyond the block. With what is shown they sum to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.attention.levels import Unit
from bert_core.errors import InputError
from bert_core.model.trace import Floats

Block = Literal["all", "aa", "ab", "ba", "bb"]
BLOCK_NAMES: dict[Block, str] = {
    "all": "everything",
    "aa": "A→A",
    "ab": "A→B",
    "ba": "B→A",
    "bb": "B→B",
}
"""How each block is written: A is the first text, B the second, A→B is A looking at B."""
NOTHING = 1e-6
"""Share of a row below which it counts as having nothing left."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some rows and columns of weights of shape (..., W, W).

    Attributes:
        rows: the N units that look, as positions among all W.
        columns: the M units looked at.
        weights: shape (..., N, M).
        hidden: shape (..., N), share of each whole row on hidden special columns, in [0, 1].
        outside: shape (..., N), share of each whole row on columns outside the block, hidden
            ones not counted.
        emptied: shape (..., N), whether special columns take all of the row but ``NOTHING``.
            Such a row cannot be renormalised: it is 0 then.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    weights: Floats
    hidden: Floats
    outside: Floats
    emptied: NDArray[np.bool_]


def part(
    weights: Floats,
    units: Sequence[Unit],
    *,
    block: Block = "all",
    hide_special: bool = False,
    renormalise: bool = False,
) -> Part:
    """Cut a block out of weights, with or without special pieces.

    [CLS] and the separators after the first text belong to A, the last separator to B. The four
    blocks together are the whole, value for value.

    Args:
        weights: shape (..., W, W). Shares are those of absolute values where some are negative.
        units: W units.
        block: which rows look at which columns.
        hide_special: leave out the rows and columns of special pieces.
        renormalise: divide each row by what hiding has left of it, before the block is cut, so
            that a row over both texts has its old sum again.

    Raises:
        InputError: nothing is left, or signed values are to be renormalised.
    """
    shown = np.array([not (hide_special and unit.special) for unit in units])
    side = np.array([unit.side for unit in units])
    rows, columns = (
        np.flatnonzero(shown & (True if block == "all" else side == "ab".index(letter)))
        for letter in (block if block != "all" else "aa")
    )
    if not len(rows) or not len(columns):
        raise InputError(
            f"Nothing is left to show of {BLOCK_NAMES[block]}"
            f"{' without special pieces' if hide_special else ''}.",
            field="block",
        )
    in_block = np.zeros(len(units), dtype=bool)
    in_block[columns] = True
    hidden = _share(weights, ~shown)[..., rows]
    emptied = hidden > 1 - NOTHING
    whole = len(rows) == len(columns) == len(units)
    # No copy of the whole: the weights of all heads of a long input take 151 MB. Taking rows and
    # columns in one index would leave the heads innermost in memory.
    kept = weights if whole else weights.take(rows, axis=-2).take(columns, axis=-1)
    if hide_special and renormalise and not whole:
        _refuse_signed(weights)
        left = np.where(emptied, np.inf, 1 - hidden)[..., None]
        kept /= left.astype(kept.dtype)
    return Part(
        rows=tuple(map(int, rows)),
        columns=tuple(map(int, columns)),
        weights=kept,
        hidden=hidden.astype(np.float32),
        outside=_share(weights, shown & ~in_block)[..., rows].astype(np.float32),
        emptied=emptied,
    )


def _refuse_signed(weights: Floats) -> None:
    if weights.min() < 0:
        raise InputError(
            "These values are positive and negative, so the rest of a row cannot be scaled to its "
            "old sum. Hide special pieces without renormalising.",
            field="renormalise",
        )


def _share(weights: Floats, columns: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of each row of (..., W, W) that lies on some columns, (..., W); 0 in a row of zeros."""
    if not columns.any():
        return np.zeros(weights.shape[:-1])
    # Weights of a long input are large: no copy of them unless some are negative.
    size = np.abs(weights) if weights.min() < 0 else weights
    total = np.sum(size, axis=-1, dtype=np.float64)
    on_them = np.sum(size, axis=-1, dtype=np.float64, where=columns)
    share: NDArray[np.float64] = on_them / np.where(total > 0, total, 1)
    return share
