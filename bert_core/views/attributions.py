"""Attribution as chips tinted by signed score, and as a table of several methods side by side."""

from collections.abc import Mapping, Sequence

import numpy as np

from bert_core.analysis.attention.agreement import Agreement
from bert_core.analysis.attribution.attribute import (
    AttributionResult,
    Baseline,
    Method,
    method_agreement,
)
from bert_core.views.bars import Bar, Column
from bert_core.views.chips import Chip
from bert_core.views.numbers import percent, signed
from bert_core.views.tables import BarTable

METHOD_NAMES: Mapping[Method, str] = {
    "integrated": "integrated gradients",
    "gradient": "gradient × input",
}
BASELINE_NAMES: Mapping[Baseline, str] = {
    "mask": "all pieces masked",
    "pad": "all pieces padding",
    "unknown": "all pieces unknown",
    "zero": "all word vectors zero",
}
EXPLANATION = (
    "A score is a piece's share of one logit of the task head: what the piece adds while the text "
    "takes the place of a **baseline**, in which its pieces are replaced. Another baseline asks "
    "another question and gives other scores.\n\n"
    "It is the **logit**, not the probability: that would also move with the logits of all other "
    "outcomes. The outcome stays the same for every changed text, even where the model would then "
    "answer something else.\n\n"
    "Integrated gradients add up to the difference between text and baseline; the **completeness "
    "error** is what they miss of it, and more steps make it smaller. Gradient × input is the "
    "slope at the text alone, and need not add up to anything.\n\n"
    "**Left out** is no estimate: the piece is masked and the model asked again. Where the methods "
    "put the pieces in different orders, none of them is the reason for the answer. A score does "
    "not tell how pieces work together."
)
_LEFT_OUT = Column(
    "left out", "number", help="Logit less what it is when this piece alone is masked, in nats."
)
_SCORE = "What the piece adds to the logit, in nats; below 0 it speaks against it."


def attribution_chips(result: AttributionResult, output: int = 0) -> tuple[Chip, ...]:
    """The text tinted by score: one colour for what speaks for the outcome, one for what does not.

    The largest score has the full tint.

    Args:
        result: the attribution.
        output: which of its outputs; an answer has two.
    """
    tokens, found = result.tokens, result.outputs[output]
    masks = set(tokens.masks)
    largest = float(np.abs(found.scores).max()) or 1.0
    left_out = dict(zip(result.replaced, found.left_out.tolist(), strict=True))
    chips = []
    for position, (piece, score) in enumerate(
        zip(tokens.pieces, found.scores.tolist(), strict=True)
    ):
        word = tokens.words[position]
        note = f"score {signed(score)}"
        if position in left_out:
            note += f"; left out: {signed(left_out[position])}"
        chips.append(
            Chip(
                text=piece,
                special=word is None,
                masked=position in masks,
                continues=piece.startswith("##") and len(piece) > 2,
                level=abs(score) / largest if score else None,
                side="for" if score > 0 else "against",
                note=note,
                word=-1 if word is None else word,
            )
        )
    return tuple(chips)


def attribution_table(results: Sequence[AttributionResult], output: int = 0) -> BarTable:
    """Methods side by side, a row for each piece that can be left out, the largest scores first.

    Args:
        results: of one input and target; bars are of the first, whose scores stay where the table
            is narrow.
        output: which of their outputs.
    """
    first = results[0]
    rows = [
        Bar(
            (
                first.tokens.pieces[position],
                signed(float(first.outputs[output].scores[position])),
                signed(float(first.outputs[output].left_out[row])),
                *(signed(float(each.outputs[output].scores[position])) for each in results[1:]),
            ),
            float(first.outputs[output].scores[position]),
            note=f"at position {position}",
        )
        for row, position in enumerate(first.replaced)
    ]
    others = [
        Column(METHOD_NAMES[each.method], "number", help=_SCORE, optional=True)
        for each in results[1:]
    ]
    columns = (
        Column("piece", "word"),
        Column("Bar", "bar"),
        Column("score", "number", help=f"By {METHOD_NAMES[first.method]}. {_SCORE}"),
        _LEFT_OUT,
        *others,
    )
    return BarTable(
        columns,
        tuple(sorted(rows, key=lambda bar: -abs(bar.value))),
        caption="Scores",
        badge=BASELINE_NAMES[first.baseline],
    )


def completeness(result: AttributionResult, output: int = 0) -> str:
    """How well the scores add up, in a sentence."""
    found = result.outputs[output]
    share = "" if found.error_share is None else f" ({percent(found.error_share)} of it)"
    error = "less than 0.01" if found.error < 0.01 else f"{found.error:.2f}"
    return (
        f"Logit {signed(found.logit)}, with {BASELINE_NAMES[result.baseline]} "
        f"{signed(found.baseline_logit)}: a difference of "
        f"{signed(found.logit - found.baseline_logit)}. The scores add up to "
        f"{signed(float(found.scores.sum()))} and miss it by {error}{share}."
    )


def agreements(results: Sequence[AttributionResult], output: int = 0) -> BarTable:
    """Whether methods, and leaving out, put the pieces in the same order: Kendall's tau."""
    rows = [
        _agreement(f"{METHOD_NAMES[each.method]}, left out", each.outputs[output].agreement)
        for each in results
    ]
    for number, one in enumerate(results):
        rows += [
            _agreement(
                f"{METHOD_NAMES[one.method]}, {METHOD_NAMES[other.method]}",
                method_agreement(one, other)[output],
            )
            for other in results[number + 1 :]
        ]
    columns = (
        Column("compared", "text"),
        Column("Bar", "bar"),
        Column("Kendall", "number", help="1 = the same order, 0 = unrelated, −1 = the reverse."),
    )
    return BarTable(columns, tuple(rows), caption="The same order?", scale=1.0, slim=True)


def _agreement(title: str, found: Agreement) -> Bar:
    value = found.kendall
    shown = "–" if value is None else signed(value)
    return Bar((title, shown), value or 0.0, note=found.why_not or "")
