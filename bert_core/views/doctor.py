"""What the data doctor found, as tables and figures."""

import csv
import io
from typing import Any

import plotly.graph_objects as go

from bert_core.data.doctor import FileReport, Histogram, Report
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import counted, percent
from bert_core.views.palette import CATEGORIES
from bert_core.views.tables import BarTable

MOST_ROWS = 100
"""Problems in the table on a page; the download has all that were listed."""
MOST_LABELS = 30
_FILES = {"train": "training", "dev": "dev"}
_SEVERITIES = {"blocking": "✕ blocks", "warning": "! warning"}


def checks(report: Report) -> BarTable:
    """What was counted, a column for each file."""
    lines = [
        ("records", [f"{file.read:,}" for file in report.files]),
        ("usable", [f"{file.usable - len(file.unusable):,}" for file in report.files]),
    ]
    if any(file.labels for file in report.files):
        lines.append(("classes", [f"{len(file.labels):,}" for file in report.files]))
    if any(file.lengths for file in report.files):
        lines.append(("median length", [_length(file, "median") for file in report.files]))
        lines.append(("longest", [_length(file, "longest") for file in report.files]))
        over = f"longer than {report.max_seq_length}"
        lines.append((over, [_length(file, "over") for file in report.files]))
    rows = tuple(Bar((name, *cells)) for name, cells in lines)
    columns = (
        Column("what was found", "text"),
        *(Column(_FILES[file.role], "number") for file in report.files),
    )
    badge = "" if report.findings else "no problems"
    return BarTable(columns, rows, caption="The data", badge=badge)


def summary(report: Report) -> str:
    """How many problems there are, in a few words."""
    counts = {
        severity: sum(kind.count for kind in report.kinds if kind.severity == severity)
        for severity in _SEVERITIES
    }
    if not any(counts.values()):
        return "no problems"
    parts = [f"{counts['blocking']:,} blocking"] if counts["blocking"] else []
    if counts["warning"]:
        parts.append(counted(counts["warning"], "warning"))
    return ", ".join(parts)


def labels(report: Report) -> BarTable:
    """The classes with their numbers, the most frequent first; a bar is a share of the file."""
    files = [file for file in report.files if file.labels]
    names = list(dict.fromkeys(name for file in files for name, _ in file.labels))
    held = [(dict(file.labels), sum(count for _, count in file.labels)) for file in files]
    rows = []
    for name in names[:MOST_LABELS]:
        counts = [of.get(name, 0) for of, _ in held]
        share = counts[0] / held[0][1]
        rows.append(Bar((name, percent(share), *(f"{count:,}" for count in counts)), share))
    columns = (
        Column("class", "text"),
        Column("share", "bar"),
        Column("share", "number"),
        *(Column(_FILES[file.role], "number") for file in files),
    )
    shown = counted(len(names), "class", "classes")
    badge = shown if len(names) == len(rows) else f"{len(rows)} of {shown}"
    return BarTable(columns, tuple(rows), caption="Balance", badge=badge, scale=1.0, slim=True)


def problems(report: Report) -> BarTable:
    """What is wrong, blocking first, each with its file and row."""
    rows = tuple(
        Bar(
            (_SEVERITIES[problem.severity],
             _FILES[finding.role] if problem.row is None
             else f"{_FILES[finding.role]} {problem.row:,}",
             problem.message),
            emphasis=problem.severity == "blocking",
            note=problem.kind,
        )
        for finding in report.findings[:MOST_ROWS]
        for problem in (finding.problem,)
    )  # fmt: skip
    columns = (Column("", "text"), Column("file and row", "text"), Column("problem", "text"))
    every = sum(kind.count for kind in report.kinds)
    badge = summary(report) if every == len(rows) else f"{len(rows)} of {every:,} shown"
    return BarTable(columns, rows, caption="Problems", badge=badge)


def problems_csv(report: Report) -> str:
    """All listed problems as a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("severity", "file", "row", "field", "kind", "message"))
    for finding in report.findings:
        held = finding.problem
        writer.writerow(
            (held.severity, finding.role, held.row or "", held.field or "", held.kind, held.message)
        )
    return text.getvalue()


def why_blocked(report: Report) -> str | None:
    """One sentence on the first problem that stops a launch, or None."""
    if not report.blocking:
        return None
    first = report.findings[0]
    row = "" if first.problem.row is None else f", row {first.problem.row:,}"
    number = sum(kind.count for kind in report.kinds if kind.severity == "blocking")
    more = "" if number == 1 else f" And {counted(number - 1, 'more problem')} that block."
    if number == 2:
        more = " And 1 more problem that blocks."
    return f"{_FILES[first.role].capitalize()} data{row}: {first.problem.message}{more}"


def length_figure(report: Report) -> Any:
    """Lengths in word pieces, with a line where they are cut."""
    figure = go.Figure()
    for index, file in enumerate(report.files):
        if file.lengths is not None:
            _histogram(figure, file.lengths.histogram, _FILES[file.role], index, "word pieces")
    limit = report.max_seq_length
    longest = max((file.lengths.longest for file in report.files if file.lengths), default=0)
    if longest > limit / 2:  # a line far to the right of all bars would press them together
        figure.add_vline(
            x=limit + 0.5, line={"color": CATEGORIES[1], "width": 2, "dash": "dash"},
            annotation={"text": f"max_seq_length {limit}", "yanchor": "bottom"},
            annotation_position="top left" if longest > limit * 1.4 else "top right",
        )  # fmt: skip
    else:
        figure.add_annotation(
            text=f"max_seq_length {limit} →",
            x=1,
            y=1.12,
            xref="paper",
            yref="paper",
            showarrow=False,
        )
    return _laid_out(figure, "word pieces, special ones included", len(report.files))


def numbers_figure(report: Report) -> Any:
    """The numbers that a regression is to give."""
    figure = go.Figure()
    for index, file in enumerate(report.files):
        if file.numbers is not None:
            _histogram(figure, file.numbers, _FILES[file.role], index, "value")
    return _laid_out(figure, "value", len(report.files))


def _histogram(figure: Any, held: Histogram, name: str, index: int, unit: str) -> None:
    total = sum(held.counts) or 1
    middles = [(a + b) / 2 for a, b in zip(held.edges, held.edges[1:], strict=False)]
    bounds = [
        [low, high - 1 if unit == "word pieces" else high]
        for low, high in zip(held.edges, held.edges[1:], strict=False)
    ]
    figure.add_bar(
        x=middles,
        y=[count / total for count in held.counts],
        width=[(b - a) * 0.94 for a, b in zip(held.edges, held.edges[1:], strict=False)],
        name=name,
        customdata=[[*bound, count] for bound, count in zip(bounds, held.counts, strict=True)],
        hovertemplate="%{customdata[0]:~g} to %{customdata[1]:~g} " + unit
        + ": %{customdata[2]:,} (%{y:.1%})<extra>%{fullData.name}</extra>",
        marker={"color": CATEGORIES[index], "pattern": {"shape": "" if index == 0 else "/"}},
        opacity=0.75,
    )  # fmt: skip


def _laid_out(figure: Any, title: str, files: int) -> Any:
    figure.update_xaxes(title=title, rangemode="tozero")
    figure.update_yaxes(title="share of the file", tickformat=".0%")
    figure.update_layout(
        height=230,
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        barmode="overlay",
        showlegend=files > 1,
        legend={"orientation": "h", "y": 1.25},
    )
    return figure


def _length(file: FileReport, name: str) -> str:
    return "–" if file.lengths is None else f"{getattr(file.lengths, name):,.0f}"
