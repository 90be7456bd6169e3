"""Attribution as a CSV file, exact numbers."""

import csv
import io
from collections.abc import Sequence

from bert_core.analysis.attribution.attribute import AttributionResult
from bert_core.views.records import harmless
from bert_core.views.rows import Row


def attribution_rows(result: AttributionResult) -> list[Row]:
    """A row for each piece of each output; what is in nats says so."""
    place = {position: row for row, position in enumerate(result.replaced)}
    return [
        {
            "output": output.label,
            "method": result.method,
            "baseline": result.baseline,
            "position": position,
            "piece": piece,
            "score_nats": float(output.scores[position]),
            "norm": float(output.norms[position]),
            "left_out_nats": float(output.left_out[place[position]]) if position in place else None,
        }
        for output in result.outputs
        for position, piece in enumerate(result.tokens.pieces)
    ]


def attribution_csv(results: Sequence[AttributionResult]) -> str:
    """The rows of one or more methods as CSV, with no cell that a spreadsheet takes for a formula.

    Args:
        results: at least one.
    """
    rows = [row for each in results for row in attribution_rows(each)]
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in rows)
    return out.getvalue()
