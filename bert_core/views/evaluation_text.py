"""An evaluation in a terminal: the official figures, then where the errors are."""

from collections.abc import Mapping, Sequence

from bert_core.evaluation.report import Evaluation, Group
from bert_core.views.numbers import counted
from bert_core.views.plain import table
from bert_core.views.run_lines import duration


def evaluation(found: Evaluation) -> str:
    """Figures, groups and kinds of errors."""
    parts = [_head(found)]
    if found.metrics:
        parts.append(table(("metric", "value"), _figures(found.metrics)))
        parts += [
            _groups("question word", found.question_words),
            _groups("words of the answer", found.answer_lengths),
            _groups("words of the document", found.document_lengths),
            table(("answers", "count"), [(k, f"{n:,}") for k, n in found.kinds.items() if n]),
        ]
    return "\n\n".join([*parts, *(f"Note: {note}" for note in found.notes)])


def progress(done: int, total: int, *, since: int, seconds: float) -> str:
    """How far an evaluation is, in a line.

    Args:
        done: questions that are answered.
        total: of how many.
        since: how many were answered when this sitting began.
        seconds: since then.

    Example:
        >>> progress(30, 120, since=10, seconds=60.0)
        '30 of 120 questions · 25 % · 4 min left'
    """
    parts = [f"{done:,} of {counted(total, 'question')}", f"{100 * done // max(1, total)} %"]
    if since < done < total:
        parts.append(f"{duration((total - done) * seconds / (done - since))} left")
    return " · ".join(parts)


def _head(found: Evaluation) -> str:
    counts = found.counts
    lines = [f"{found.data}: {counted(counts.read, 'question')}, {counts.scored:,} scored"]
    if found.asked is not None:
        rules = "2.0" if found.asked.impossible else "1.1"
        lines.append(f"{found.asked.model}, decoder {found.asked.decoder}, rules of SQuAD {rules}")
    else:
        lines.append(f"predictions {found.predictions}")
    if counts.misplaced or counts.absent:
        lines.append(
            f"gold answers not at their offset: {counts.misplaced:,}; not in their context: "
            f"{counts.absent:,}"
        )
    if found.reading is not None:
        lines.append(
            f"{counted(found.reading.windows, 'window')} in {duration(found.reading.seconds)}, "
            f"{found.reading.questions_per_second:.1f} questions per second"
        )
    return "\n".join(lines)


def _figures(metrics: Mapping[str, int | float]) -> list[tuple[str, str]]:
    """Figures in per cent with two decimals, thresholds with four, counts as they are."""
    found = []
    for name, value in metrics.items():
        if name.endswith("total"):
            words = f"{value:,.0f}"
        elif name.endswith("_thresh"):
            words = f"{value:.4f}"
        else:
            words = f"{value:.2f}"
        found.append((name, words))
    return found


def _groups(what: str, groups: Sequence[Group]) -> str:
    rows = [
        (each.name, f"{each.count:,}", f"{each.exact:.2f}", f"{each.f1:.2f}") for each in groups
    ]
    return table((what, "questions", "exact", "F1"), rows)
