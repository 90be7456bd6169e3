"""A scored table of pairs as lines of CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from bert_core.data.text_pairs import PairTable
from bert_core.tasks.next_sentence import NextScore
from bert_core.views.next_rows import FIGURES, figures
from bert_core.views.records import harmless

PROBLEM = "problem"
"""The last column: why a row has no figures."""


def table_lines(table: PairTable, blocks: Iterable[Sequence[NextScore | str]]) -> Iterator[str]:
    """A scored table as lines of CSV: its own columns, the four figures, and the problem.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.

    Args:
        table: the pairs.
        blocks: for each row in order its score, or why it has none, in any parts; read as the
            lines are asked for.
    """
    names = [_free(name, table.columns) for name in (*FIGURES, PROBLEM)]
    yield _line([*map(harmless, table.columns), *names])
    scores = (score for block in blocks for score in block)
    for row, score in zip(table.rows, scores, strict=True):
        cells = [harmless(cell) for cell in row.cells]
        if isinstance(score, str):
            yield _line([*cells, *[None] * len(FIGURES), harmless(score)])
        else:
            yield _line([*cells, *figures(score).values(), ""])


def _free(name: str, taken: Sequence[str]) -> str:
    """A name that no column has yet: a table may be scored twice."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def _line(cells: Sequence[str | int | float | bool | None]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
