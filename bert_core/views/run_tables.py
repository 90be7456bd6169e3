"""Runs as tables: the list, settings and results side by side, what a grid says."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from bert_core.training.grid import GridSummary
from bert_core.training.spec import DataFile
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import counted
from bert_core.views.run_lines import (
    RunLine,
    labels_of,
    metric_name,
    metric_words,
    settings_words,
    share_done,
    state_words,
    took,
    when,
)
from bert_core.views.tables import BarTable

_OTHERS = {"task": "task", "model": "starts from", "engine": "engine"}


def run_list(lines: Sequence[RunLine], total: int) -> BarTable:
    """The list of runs; a bar is how much of the work is done.

    Args:
        lines: those shown.
        total: how many there are in all.
    """
    rows = tuple(
        Bar(
            (line.label, state_words(line.status),
             metric_words(line.metric, line.value, shares=line.shares), metric_name(line.metric),
             settings_words(line.spec), when(line.spec)),
            share_done(line.status),
            note=f"{line.spec.id}. {line.status.message}",
        )
        for line in lines
    )  # fmt: skip
    columns = (
        Column("run", "text"),
        Column("state", "text"),
        Column("progress", "bar"),
        Column("result", "number", help="Shares and correlations times 100."),
        Column("of", "text", optional=True),
        Column("settings", "text", optional=True),
        Column("ordered", "text", optional=True),
    )
    shown = counted(total, "run") if len(rows) == total else f"{len(rows)} of {total:,} runs"
    return BarTable(columns, rows, caption="Runs", badge=shown, scale=1.0, slim=True)


def settings_tables(lines: Sequence[RunLine]) -> tuple[BarTable, BarTable]:
    """Settings of several runs side by side: those that differ, and those that are the same."""
    differ, same = [], []
    for name, values in _fields(lines):
        if len(set(values)) > 1:
            differ.append(Bar((name, *values)))
        else:
            same.append(Bar((name, values[0])))
    badge = counted(len(differ), "difference")
    return (
        BarTable(_columns(lines, "setting"), tuple(differ), caption="Settings", badge=badge),
        BarTable((Column("setting", "text"), Column("all", "text")), tuple(same)),
    )


def results_table(lines: Sequence[RunLine]) -> BarTable:
    """Final figures of several runs side by side; the best of each in bold."""
    names = dict.fromkeys(name for line in lines for name in _metrics(line))
    rows = []
    for name in names:
        cells = [metric_words(name, _metrics(line).get(name), shares=line.shares) for line in lines]
        rows.append(Bar((metric_name(name), *cells)))
    for title, read in (("state", lambda line: state_words(line.status)),
                        ("step", _step), ("time", _seconds)):  # fmt: skip
        rows.append(Bar((title, *(read(line) for line in lines))))
    return BarTable(_columns(lines, "figure"), tuple(rows), caption="Results")


def grid_table(summary: GridSummary, *, shares: bool = True) -> BarTable:
    """Mean and spread of every point of a grid, the best in bold; see :func:`metric_words`."""

    def words(value: float) -> str:
        return metric_words(summary.metric, value, shares=shares)

    varied = _varied(summary)
    rows = []
    for index, point in enumerate(summary.points):
        spread = point.sds[summary.metric]
        mean = words(point.means[summary.metric])
        cells = (
            *(_value(getattr(point.settings, name)) for name in varied),
            mean if spread is None else f"{mean} ± {words(spread)}",
            " · ".join(map(words, point.values)),
        )
        rows.append(Bar(cells, emphasis=index == summary.best))
    columns = (
        *(Column(metric_name(name), "text") for name in varied),
        Column(metric_name(summary.metric), "number", help="Mean ± standard deviation over seeds."),
        Column("each seed", "text", optional=True),
    )
    return BarTable(columns, tuple(rows), caption="Grid", badge=counted(len(rows), "point"))


def _fields(lines: Sequence[RunLine]) -> list[tuple[str, tuple[str, ...]]]:
    found = [
        (title, tuple(_value(getattr(line.spec, name)) for line in lines))
        for name, title in _OTHERS.items()
    ]
    found.append(("device", tuple(", ".join(line.spec.devices) for line in lines)))
    found.append(("training data", tuple(line.spec.train.sha256[:10] for line in lines)))
    found.append(("dev data", tuple(_held(line.spec.dev) for line in lines)))
    names = type(lines[0].spec.settings).model_fields if lines else ()
    for name in names:
        values = tuple(_value(getattr(line.spec.settings, name)) for line in lines)
        found.append((metric_name(name), values))
    return found


def _held(file: DataFile | None) -> str:
    return "held back" if file is None else file.sha256[:10]


def _value(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _metrics(line: RunLine) -> dict[str, float]:
    if line.result is not None:
        return dict(line.result.get("metrics", {}))
    return {name: value for name, value in line.status.best.items()
            if name != "step" and value is not None}  # fmt: skip


def _step(line: RunLine) -> str:
    if line.result is not None:
        return f"{line.result.get('step', 0):,}"
    return f"{line.status.step:,}"


def _seconds(line: RunLine) -> str:
    return took(line.status) or "–"


def _columns(lines: Sequence[RunLine], first: str) -> tuple[Column, ...]:
    names = labels_of(lines)
    return (Column(first, "text"), *(Column(names[line.spec.id], "number") for line in lines))


def _varied(summary: GridSummary) -> list[str]:
    """Settings in which the points differ, the seed apart."""
    if not summary.points:
        return []
    fields = [name for name in type(summary.points[0].settings).model_fields if name != "seed"]
    return [
        name
        for name in fields
        if len({getattr(point.settings, name) for point in summary.points}) > 1
    ]


def metrics_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """All measurements of a run as a CSV file, those that a resume made void included."""
    names = dict.fromkeys(name for row in rows for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
