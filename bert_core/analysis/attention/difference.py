"""Attention held against that of another model or another text, unit by unit.

    this = attend(encoder, "The nurse slept because she was tired.")
    other = attend(encoder, "The nurse slept because he was tired.")
    compared = compare_attention(this, other)
    compared.difference.weights  # above 0 where this text has more

The two are aligned first, see :mod:`.alignment`: only units that stand for each other are
subtracted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bert_core.analysis.attention.alignment import Alignment, Pairs, align, same_texts
from bert_core.analysis.attention.attend import AttentionResult
from bert_core.errors import InputError
from bert_core.model.trace import Floats

NAMED = 3
"""Words that a note names."""
QUOTED = 120
"""Letters of a text that a note quotes."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Two sides, each cut to what stands for each other: N rows and M columns.

    Attributes:
        this: one side; ``this.rows[i]`` is a position in its own units.
        other: the side that is subtracted; ``other.rows[i]`` is the unit of its own text that
            faces ``this.rows[i]``, and so for the columns.
        difference: this minus other, with the units of this text; one that reads otherwise on
            the other side is named "he / she". Its hidden and outside shares are differences
            too, and a row is emptied where it is on either side.
        pairs: all units that stand for each other, shown or not.
        largest: shape (layers, heads), the largest size in each head on either side: on this
            scale both sides have the same colour for the same weight.
    """

    this: AttentionResult
    other: AttentionResult
    difference: AttentionResult
    pairs: Pairs
    largest: Floats


def compare_attention(this: AttentionResult, other: AttentionResult) -> Compared:
    """Subtract the attention of another model or of another text.

    Args:
        this: of shape (layers, heads, N', M').
        other: the same measure, level and block of it, with the same layers and heads.

    Returns:
        Both sides and their difference, each of shape (layers, heads, N, M) with N <= N' and
        M <= M'. What is left out of either side is counted in the notes, and its share of a row
        in ``outside``.

    Raises:
        InputError: measure, level or block differ; layers or heads differ; or the texts have
            nothing in common.
    """
    _refuse_other_choices(this, other)
    _refuse_other_sizes(this, other)
    found = align(this, other)
    _refuse_strangers(this, found)
    rows = [pair for pair in found.pairs if pair[0] in this.rows and pair[1] in other.rows]
    columns = [pair for pair in found.pairs if pair[0] in this.columns and pair[1] in other.columns]
    if not rows or not columns:
        raise InputError(
            "The two sides share nothing of this part of the text. Choose another part.",
            field="block",
        )
    left_out = _left_out(this, other, found)
    here, there = (
        _cut(side, [pair[at] for pair in rows], [pair[at] for pair in columns], left_out)
        for at, side in enumerate((this, other))
    )
    return Compared(
        this=here,
        other=there,
        difference=_subtracted(here, there, found),
        pairs=found.pairs,
        largest=np.maximum(_largest(here), _largest(there)),
    )


def _largest(result: AttentionResult) -> Floats:
    """Largest size in each head. No copy of the weights, of which there may be 151 MB."""
    highest, lowest = result.weights.max(axis=(2, 3)), result.weights.min(axis=(2, 3))
    largest: Floats = np.maximum(highest, -lowest)
    return largest


def _refuse_other_choices(this: AttentionResult, other: AttentionResult) -> None:
    for name in ("measure", "level", "block"):
        here, there = getattr(this, name), getattr(other, name)
        if here != there:
            raise InputError(
                f"A difference needs the same {name} on both sides, not '{here}' and '{there}'.",
                field=name,
            )


def _refuse_other_sizes(this: AttentionResult, other: AttentionResult) -> None:
    if (this.layers, this.heads) != (other.layers, other.heads):
        raise InputError(
            "A difference head by head needs the same layers and heads on both sides. Here there "
            f"is {_size(this)}, on the other side {_size(other)}. Each side can still be looked "
            "at by itself.",
            field="layer",
        )


def _size(result: AttentionResult) -> str:
    layers, heads = (
        f"{name} {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} {name}s"
        for name, numbers in (("layer", result.layers), ("head", result.heads))
    )
    return f"{layers} with {heads if result.heads else 'all heads joined'}"


def _refuse_strangers(this: AttentionResult, found: Alignment) -> None:
    alike = set(found.pairs) - set(found.replaced)
    if all(this.units[one].special for one, _ in alike):
        raise InputError(
            f"The two texts have no {this.level} in common, so there is nothing to subtract. "
            "Change a word or two of the same text.",
            field="text",
        )


def _cut(
    result: AttentionResult, rows: list[int], columns: list[int], notes: tuple[str, ...]
) -> AttentionResult:
    """Some units of one side; the share of the columns that are left out is outside then."""
    down = [result.rows.index(row) for row in rows]
    across = [result.columns.index(column) for column in columns]
    weights, emptied = result.weights, result.emptied
    hidden, outside = result.hidden, result.outside
    # What stays whole is not copied: all heads of a long text take 151 MB.
    if len(down) < len(result.rows):
        weights = weights.take(down, axis=-2)
        emptied = emptied.take(down, axis=-1)
        hidden, outside = hidden.take(down, axis=-1), outside.take(down, axis=-1)
    if len(across) < len(result.columns):
        before = np.abs(weights).sum(axis=-1, dtype=np.float64)
        weights = weights.take(across, axis=-1)
        after = np.abs(weights).sum(axis=-1, dtype=np.float64)
        lost = (before - after) / np.where(before > 0, before, 1)
        outside = (outside + lost * (1 - hidden - outside)).astype(np.float32)
    return replace(
        result,
        rows=tuple(rows),
        columns=tuple(columns),
        weights=weights,
        hidden=hidden,
        outside=outside,
        emptied=emptied,
        notes=(*notes, *result.notes),
    )


def _subtracted(
    this: AttentionResult, other: AttentionResult, found: Alignment
) -> AttentionResult:  # fmt: skip
    units = list(this.units)
    for one, two in found.replaced:
        here, there = this.units[one], other.units[two]
        units[one] = replace(here, text=f"{here.text} / {there.text}")
    weights = this.weights - other.weights
    names = [_name(this, other, QUOTED), _name(other, this, QUOTED)]
    notes = [f"Weights of {' minus those of '.join(names)}. Above 0 there is more in the former."]
    if not weights.any():
        notes.append("Both sides are the same, number for number.")
    renamed = [f"'{units[one].text}'" for one, _ in found.replaced]
    if renamed:
        more = f" and {len(renamed) - NAMED:,} more" if len(renamed) > NAMED else ""
        notes.append(f"Different in the same place: {', '.join(renamed[:NAMED])}{more}.")
    return replace(
        this,
        units=tuple(units),
        weights=weights,
        hidden=this.hidden - other.hidden,
        outside=this.outside - other.outside,
        emptied=this.emptied | other.emptied,
        notes=(*notes, *_joined_notes(this.notes, other.notes)),
        minus=_name(other, this),
    )


def _name(result: AttentionResult, beside: AttentionResult, most: int | None = None) -> str:
    """What tells a side from the one beside it: its model, its text, or both."""
    if same_texts(result.tokens, beside.tokens):
        return result.model
    texts = [
        f"'{text}'" if most is None or len(text) <= most else f"'{text[:most]}…'"
        for text in (result.tokens.text, result.tokens.pair)
        if text
    ]
    quoted = " with ".join(texts)
    return quoted if result.model == beside.model else f"{quoted} in {result.model}"


def _left_out(this: AttentionResult, other: AttentionResult, found: Alignment) -> tuple[str, ...]:
    here, there = (len(side.units) - len(found.pairs) for side in (this, other))
    if not here and not there:
        return ()
    return (
        f"{here:,} of {len(this.units):,} {this.level}s here and {there:,} of "
        f"{len(other.units):,} on the other side have no counterpart and are left out.",
    )


def _joined_notes(this: Sequence[str], other: Sequence[str]) -> list[str]:
    """What holds for both sides once, what holds for one with its side."""
    return [
        *(note for note in this if note in other),
        *(f"Here: {note}" for note in this if note not in other),
        *(f"The other side: {note}" for note in other if note not in this),
    ]
