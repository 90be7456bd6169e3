"""Attention heads as text for a terminal."""

from collections.abc import Sequence

import numpy as np

from bert_core.analysis.attention.ablation import AblationResult
from bert_core.analysis.attention.corpus import CorpusResult
from bert_core.analysis.attention.ranking import RankingResult
from bert_core.analysis.attention.table import HeadTable
from bert_core.views.numbers import counted, nats, signed
from bert_core.views.plain import percent, table

_SHARES = (
    ("[CLS]", "cls"),
    ("[SEP]", "sep"),
    ("punct.", "punctuation"),
    ("self", "itself"),
    ("prev.", "previous"),
    ("next", "following"),
    ("word", "rest_of_word"),
    ("A→B", "a_to_b"),
    ("B→A", "b_to_a"),
)
_MOST_BAD = 5
_MOST_RANKED = 20


def head_table(found: HeadTable, notes: Sequence[str] = ()) -> str:
    """Every head in one line: its pattern, entropy, mean distance, and where it looks."""
    # A single text has no A→B.
    where = [(title, at) for title, at in _SHARES if getattr(found.rows[0], at) is not None]
    rows = [
        (
            f"{row.layer}.{row.head}",
            row.pattern,
            f"{row.share:.2f}",
            f"{row.entropy:.2f}",
            f"{row.distance:.1f}",
            *(f"{getattr(row, name):.2f}" for _, name in where),
        )
        for row in found.rows
    ]
    head = ("head", "pattern", "share", "bits", "distance", *(title for title, _ in where))
    return _with_notes([table(head, rows)], notes)


def corpus(result: CorpusResult) -> str:
    """Every head over many sentences: its usual pattern, and mean and spread of where it looks."""
    where = [(title, name) for title, name in _SHARES if name in result.names]
    where = [each for each in where if result.counts[result.names.index(each[1])]]
    rows = []
    for layer, head in np.ndindex(*result.mean.shape[1:]):
        counts = result.pattern_counts[:, layer, head]
        usual = int(counts.argmax())
        rows.append(
            (
                f"{layer + 1}.{head + 1}",
                result.patterns[usual],
                percent(counts[usual] / result.sentences),
                *(_spread(result, name, layer, head) for name in ("entropy", "distance")),
                *(_spread(result, name, layer, head) for _, name in where),
            )
        )
    names = ("head", "usual pattern", "in", "bits", "distance", *(title for title, _ in where))
    said = f"{counted(result.sentences, 'sentence')}, {result.pieces:,} word pieces: mean ± spread"
    return "\n".join([said, table(names, rows), *bad_rows(result)])


def bad_rows(result: CorpusResult) -> list[str]:
    """What was left out and why, the first few rows by name."""
    if not result.bad:
        return []
    lines = [f"Left out: {counted(len(result.bad), 'row')}."]
    lines += [f"Row {bad.row:,}: {bad.reason}" for bad in result.bad[:_MOST_BAD]]
    if len(result.bad) > _MOST_BAD:
        lines.append(f"... and {len(result.bad) - _MOST_BAD:,} more.")
    return lines


def ablation(result: AblationResult) -> str:
    """The answer with all heads on and with some off."""
    rows = [
        (each.label + " *" * each.followed, percent(each.before), percent(each.after))
        for each in result.outcomes
    ]
    said = (
        f"Off: {', '.join(map(str, result.off)) or 'no head'}\n"
        f"Followed (*): '{result.label}', {nats(result.before)} nats, then {nats(result.after)} "
        f"({signed(result.change)})\n"
        f"KL of the whole answer: {result.divergence:.4f} nats"
    )
    return _with_notes([said, table(("outcome", "before", "after"), rows)], result.notes)


def ranking(result: RankingResult, most: int = _MOST_RANKED) -> str:
    """The heads that change the answer most when each is off alone."""
    rows = [
        (str(each.name), f"{each.divergence:.4f}", signed(each.change))
        for each in result.heads[:most]
    ]
    said = f"Followed: '{result.label}', {nats(result.before)} nats"
    left = len(result.heads) - len(rows)
    parts = [said, table(("head off", "KL in nats", "change in nats"), rows)]
    return _with_notes([*parts, *([f"{left} heads change it less."] * bool(left))], result.notes)


def _spread(result: CorpusResult, name: str, layer: int, head: int) -> str:
    at = result.names.index(name), layer, head
    digits = 1 if name == "distance" else 2
    spread = result.spread[at]
    around = "" if np.isnan(spread) else f" ± {spread:.{digits}f}"
    return f"{result.mean[at]:.{digits}f}{around}"


def _with_notes(parts: Sequence[str], notes: Sequence[str]) -> str:
    return "\n\n".join([*parts, *(f"Note: {note}" for note in notes)])
