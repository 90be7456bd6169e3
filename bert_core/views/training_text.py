"""Training in a terminal: tasks, settings, the doctor's findings, runs."""

import json
from collections.abc import Sequence
from typing import Any

from bert_core.data.doctor import FileReport, Report
from bert_core.data.documents import Documents
from bert_core.data.pretraining.statistics import Statistics
from bert_core.errors import InputError
from bert_core.training.folder import RunFolder
from bert_core.training.grid import GridResult, summarise
from bert_core.training.settings import TrainSettings, read_settings
from bert_core.training.states import Status
from bert_core.training.tasks import all_tasks, find_task
from bert_core.views import run_lines
from bert_core.views.numbers import counted, typed
from bert_core.views.plain import percent, table

MOST_LABELS = 12
SHOWN = 20
"""Problems that are printed; ``--json`` has all that are listed."""


def tasks() -> str:
    """All tasks with what their files look like."""
    rows = [(task.name, task.metric, task.files) for task in all_tasks().values()]
    return table(("task", "metric", "files"), rows)


def settings(task: str = "") -> str:
    """All settings with their defaults, those of a task where one is named."""
    usual = read_settings({}, find_task(task).defaults if task else {}).model_dump()
    rows = [
        (name, str(usual[name]), field.description or "")
        for name, field in TrainSettings.model_fields.items()
    ]
    return table(("setting", "default", "what it is"), rows)


def report(found: Report) -> str:
    """The doctor's findings: files, lengths, then problems, blocking ones first."""
    lines = [line for file in found.files for line in _file(file, found.max_seq_length)]
    if not found.findings:
        return "\n".join([*lines, "Nothing is wrong with it."])
    lines += ["", *(_kind(kind) for kind in found.kinds), ""]
    for finding in found.findings[:SHOWN]:
        problem = finding.problem
        where = "" if problem.row is None else f", row {problem.row}"
        lines.append(f"{problem.severity}: {finding.role}{where}: {problem.message}")
    total = sum(kind.count for kind in found.kinds)
    if any(kind.kind == "missing-column" for kind in found.kinds):
        lines.append("Say which column is meant: --column text=NAME, for example.")
    if total > SHOWN:
        lines.append(f"... and {total - SHOWN:,} more; --json lists them.")
    return "\n".join(lines)


def _kind(kind: Any) -> str:
    return f"{kind.severity}: {kind.count:,} x {kind.kind} ({kind.role})"


def _file(file: FileReport, limit: int) -> list[str]:
    lines = [
        f"{file.role}: {file.path.name}, {counted(file.read, 'record')}, {file.usable:,} usable",
        f"  SHA-256 {file.sha256}",
    ]
    if file.labels:
        total = sum(count for _, count in file.labels)
        most = file.labels[:MOST_LABELS]
        shares = [f"{label} {count:,} ({percent(count / total)})" for label, count in most]
        shares += [f"{len(file.labels) - len(most)} more"] if len(file.labels) > len(most) else []
        lines.append(f"  labels: {', '.join(shares)}")
    if file.lengths is not None:
        lines.append(
            f"  word pieces: median {file.lengths.median:.0f}, longest {file.lengths.longest:,}; "
            f"{file.lengths.over:,} longer than {limit}"
        )
    return lines


def documents(found: Documents) -> str:
    """What a plain text consists of, and what would spoil its pre-training."""
    about = "" if found.exact else "about "
    lines = [
        f"{found.path.name}: {counted(found.sentences, 'sentence')} in "
        f"{counted(found.documents, 'document')}, {found.single:,} of them with one sentence; "
        f"{about}{counted(found.duplicates, 'sentence')} repeated",
        f"  SHA-256 {found.sha256}",
    ]
    for problem in found.problems:
        where = "" if problem.row is None else f", line {problem.row:,}"
        lines.append(f"{problem.severity}{where}: {problem.message}")
    return "\n".join(lines)


def instances(found: Statistics) -> str:
    """Pre-training instances: how many, and the realised rates."""
    rows = [
        ("masked pieces", percent(found.masked_share), percent(found.expected_masked_share)),
        ("[MASK]", percent(found.fate_share(found.mask)), "80.0 %"),
        ("random piece", percent(found.fate_share(found.random)), "10.0 %"),
        ("kept", percent(found.fate_share(found.kept)), "10.0 %"),
        (
            "random next text",
            percent(found.random_next_share),
            percent(found.expected_random_next_share),
        ),
    ]
    warnings = [f"warning: {problem.message}" for problem in found.warnings()]
    return "\n".join(
        [f"{found.instances:,} instances", table(("", "realised", "expected"), rows), *warnings]
    )


def all_runs(folders: Sequence[RunFolder], *, as_json: bool = False) -> str:
    """A line for each run."""
    lines = [run_lines.read_line(folder) for folder in folders]
    if as_json:
        return json.dumps(
            [
                {
                    "id": line.spec.id,
                    "task": line.spec.task,
                    "state": line.status.state,
                    "metric": line.metric,
                    "value": line.value,
                }
                for line in lines
            ],
            indent=1,
        )
    if not lines:
        return "There are no runs yet: python -m bert_core train --task ... --train FILE"
    rows = [
        (
            line.spec.id,
            line.spec.name,
            line.spec.task,
            run_lines.state_words(line.status),
            typed(run_lines.progress_words(line.status)),
            f"{run_lines.metric_name(line.metric)} "
            f"{run_lines.metric_words(line.metric, line.value, shares=line.shares)}",
        )
        for line in lines
    ]
    return table(("run", "name", "task", "state", "progress", "result"), rows)


def run(folder: RunFolder, *, as_json: bool = False) -> str:
    """One run: where it is, its figures, and how to order it again."""
    line = run_lines.read_line(folder)
    if as_json:
        return json.dumps(
            {
                "spec": line.spec.model_dump(),
                "status": line.status.model_dump(),
                "result": line.result,
            },
            indent=1,
        )
    status = line.status
    lines = [f"run:{line.spec.id}", _state(status)]
    done = typed(run_lines.progress_words(status))
    lines += [part for part in (done, *status.notes) if part]
    figures: dict[str, Any] = (line.result or {}).get("metrics") or dict(status.best)
    named = [
        (name, run_lines.metric_words(name, value, shares=line.shares))
        for name, value in figures.items()
        if name != "step"
    ]
    if named:
        lines += ["", table(("dev metric", "value"), named)]
    data = (line.result or {}).get("data", {})
    if data:
        lines += ["", ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in data.items())]
    if line.result is not None:
        lines += [f"Model folder: {folder.result}"]
    return "\n".join([*lines, "", f"Order it again: {line.spec.command}"])


def _state(status: Status) -> str:
    words = run_lines.state_words(status)
    return words if status.state == "finished" else f"{words}. {status.message}"


def grid(group: str, folders: Sequence[RunFolder]) -> str:
    """The runs of a grid together.

    Raises:
        InputError: no run belongs to it.
    """
    members = [folder for folder in folders if folder.spec.group == group]
    if not members:
        raise InputError(f"No run belongs to a grid '{group}'.", field="group")
    task = find_task(members[0].spec.task)
    found = summarise(
        [
            GridResult(folder.spec.settings, _final(folder), run=folder.id)
            for folder in reversed(members)
        ],
        task,
    )
    shares = run_lines.read_line(members[0]).shares
    metric = found.metric

    def words(value: float) -> str:
        return run_lines.metric_words(metric, value, shares=shares)

    rows = [
        (
            f"{point.settings.learning_rate:g}",
            str(point.settings.batch_size),
            f"{point.settings.epochs:g}",
            str(len(point.seeds)),
            words(point.means[metric]),
            "–" if (sd := point.sds[metric]) is None else words(sd),
            ", ".join(words(value) for value in point.values),
        )
        for point in found.points
    ]
    head = ("rate", "batch", "epochs", "seeds", f"mean {found.metric}", "sd", "runs")
    lines = [table(head, rows)] if rows else ["No run of it has a result yet."]
    lines += [verdict.sentence for verdict in found.verdicts]
    return "\n".join([*lines, *found.notes])


def _final(folder: RunFolder) -> dict[str, float]:
    record = folder.read_result()
    return {} if record is None or record["partial"] else dict(record["metrics"])
