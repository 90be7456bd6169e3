"""Attribution as text for a terminal."""

from bert_core.analysis.attribution.attribute import AttributionResult
from bert_core.views.attributions import METHOD_NAMES, completeness
from bert_core.views.numbers import signed
from bert_core.views.plain import table


def attribution(result: AttributionResult) -> str:
    """Every piece with its score and what leaving it out does, for each output."""
    parts = []
    for number, output in enumerate(result.outputs):
        left_out = dict(zip(result.replaced, output.left_out.tolist(), strict=True))
        rows = [
            (
                piece,
                signed(float(output.scores[position])),
                signed(left_out[position]) if position in left_out else "–",
            )
            for position, piece in enumerate(result.tokens.pieces)
        ]
        order = output.agreement
        said = (
            order.why_not
            if order.kendall is None
            else f"Order of the scores and of leaving out: Kendall {signed(order.kendall)}."
        )
        parts.append(
            f"Logit of '{output.label}' by {METHOD_NAMES[result.method]}\n\n"
            + table(("piece", "score", "left out"), rows)
            + f"\n\n{completeness(result, number)}\n{said}"
        )
    return "\n\n".join([*parts, *(f"Note: {note}" for note in result.notes)])
