"""What is said of one run in a line: its name, its state in words, how far it is, its figure."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bert_core.training import runs
from bert_core.training.folder import RunFolder
from bert_core.training.spec import RunSpec
from bert_core.training.states import State, Status
from bert_core.training.tasks import all_tasks
from bert_core.views.numbers import PER_CENT, counted

_SIGNS: dict[State, str] = {
    "queued": "◌", "preparing": "◔", "running": "●", "stopping": "◐",
    "stopped": "■", "finished": "✓", "failed": "✕", "lost": "?",
}  # fmt: skip
_RAW = ("loss", "perplexity")
"""Metrics that are no shares: parts of their names."""
_COUNTS = ("total", "support")
"""Ends of the names of numbers of examples."""


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run as a list shows it.

    Attributes:
        spec: what was ordered.
        status: where it is, held against its process.
        result: its final record, or None as long as it is at work.
        metric: name of the figure that decides.
    """

    spec: RunSpec
    status: Status
    result: dict[str, Any] | None
    metric: str

    @property
    def label(self) -> str:
        """What to call it: the name it was given, else task and the end of its id."""
        return self.spec.name or f"{self.spec.task}-{self.spec.id.rsplit('-', 1)[-1]}"

    @property
    def value(self) -> float | None:
        """The deciding figure: of the result, else the best that was measured so far."""
        if self.result is not None:
            final = self.result.get("metrics", {}).get(self.metric)
            return None if final is None else float(final)
        return self.status.best.get(self.metric)

    @property
    def shares(self) -> bool:
        """Whether its metrics are shares; those of span answers come in per cent already."""
        task = all_tasks().get(self.spec.task)
        return task is None or task.kind.head != "span"

    @property
    def partial(self) -> bool:
        """Whether its result is that of a run that was stopped."""
        return bool(self.result and self.result.get("partial"))


def read_line(folder: RunFolder) -> RunLine:
    """Read what a list shows of a run.

    Raises:
        RunError: its folder cannot be read.
    """
    task = all_tasks().get(folder.spec.task)
    status = runs.status(folder)
    # A run that was resumed has the partial result of its stop, which is out of date by now.
    result = folder.read_result() if status.over else None
    return RunLine(folder.spec, status, result, task.metric if task else "")


def state_words(status: Status) -> str:
    """The state with a sign of its own, so that colour is never needed to tell it.

    Example:
        >>> state_words(Status(state="failed", reason="out of memory"))
        '✕ failed: out of memory'
    """
    words: str = status.state
    if status.state == "stopped":
        words = "stopped, partial" if status.step else "stopped"
    elif status.reason is not None:
        words = f"{status.state}: {status.reason}"
    return f"{_SIGNS[status.state]} {words}"


def settings_words(spec: RunSpec) -> str:
    """The settings that matter most, in a line."""
    held = spec.settings
    batch = f"{held.batch_size}" + (f" × {held.accumulation}" if held.accumulation > 1 else "")
    length = counted(held.max_steps, "step") if held.max_steps else counted_epochs(held.epochs)
    return f"lr {held.learning_rate:g} · batch {batch} · {length} · seed {held.seed}"


def counted_epochs(epochs: float) -> str:
    """Epochs with their noun; half ones are possible.

    Example:
        >>> counted_epochs(3), counted_epochs(1), counted_epochs(0.5)
        ('3 epochs', '1 epoch', '0.5 epochs')
    """
    return f"{epochs:g} epoch" + ("" if epochs == 1 else "s")


def share_done(status: Status) -> float:
    """How much of its work is done, in [0, 1]."""
    if status.state == "finished":
        return 1.0
    done, total = (status.step, status.total_steps) if status.total_steps else (
        status.done, status.total)  # fmt: skip
    return min(1.0, done / total) if total else 0.0


def progress_words(status: Status) -> str:
    r"""How far a run is, in a line.

    Example:
        >>> progress_words(Status(state="running", step=30, total_steps=120, eta_seconds=200.0))
        'step 30 of 120 · 25\xa0% · 3 min left'
    """
    if status.state == "queued" or (status.over and not status.total_steps):
        return ""
    if status.state == "preparing" or not status.total_steps:
        what = status.what or status.message.rstrip(".")
        if status.total:
            return f"{what}: {status.done:,} of {status.total:,}"
        return f"{what}: {status.done:,}" if status.done else what
    parts = [f"step {status.step:,} of {status.total_steps:,}"]
    parts.append(f"{100 * status.step / status.total_steps:.0f}{PER_CENT}")
    if status.step == status.total_steps and not status.over:
        parts.append("measuring and saving")
    elif status.eta_seconds is not None and not status.over:
        parts.append(f"{duration(status.eta_seconds)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """A time as people say it.

    Example:
        >>> duration(8.4), duration(200), duration(7_400), duration(200_000)
        ('8 s', '3 min', '2 h 3 min', '2 d 7 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h"


def took(status: Status) -> str:
    """How long it worked, from its first process to its end; "" before."""
    if status.started is None:
        return ""
    return duration((status.ended or time.time()) - status.started)


def when(spec: RunSpec) -> str:
    """When it was ordered, in this machine's time."""
    return datetime.fromisoformat(spec.created).astimezone().strftime("%d %b %H:%M")


def metric_words(name: str, value: float | None, *, shares: bool = True) -> str:
    """A metric as people read it: shares in per cent, losses and counts as they are.

    Correlations are shown times 100 too, as in the GLUE tables.

    Args:
        name: of the metric.
        value: or None, which is shown as a dash.
        shares: whether the task's metrics are shares; SQuAD's come in per cent already.

    Example:
        >>> metric_words("accuracy", 0.915), metric_words("loss", 0.25), metric_words("total", 8)
        ('91.50', '0.250', '8')
        >>> metric_words("f1", 88.5, shares=False), metric_words("f1", 0.5, shares=False)
        ('88.50', '0.50')
    """
    if value is None:
        return "–"
    if any(part in name for part in _RAW):
        return f"{value:,.3f}"
    if name.endswith(_COUNTS):
        return f"{value:,.0f}"
    return f"{value * metric_factor(name, [value], shares=shares):.2f}"


def metric_factor(name: str, values: Sequence[float], *, shares: bool = True) -> float:
    """What a metric is multiplied with to be shown: 100 for shares, else 1."""
    raw = any(part in name for part in (*_RAW, *_COUNTS))
    beyond = any(abs(value) > 1 for value in values)
    return 1.0 if raw or beyond or not shares else 100.0


def metric_name(name: str) -> str:
    """A metric's name without underscores.

    Example:
        >>> metric_name("masked_accuracy")
        'masked accuracy'
    """
    return name.replace("_", " ")


def labels_of(lines: Sequence[RunLine]) -> dict[str, str]:
    """What to call each run in a legend, by id; equal names get the end of the id."""
    names = [line.label for line in lines]
    return {
        line.spec.id: line.label
        if names.count(line.label) == 1
        else f"{line.label} ({line.spec.id.rsplit('-', 1)[-1]})"
        for line in lines
    }


def filtered(
    lines: Sequence[RunLine], *, text: str, task: str | None, states: Sequence[str]
) -> list[RunLine]:
    """The runs that fit all of some wishes.

    Args:
        lines: all runs.
        text: words, each of which is in the name, the id, the settings or the model; in any case.
        task: name of a task, or None for all.
        states: those that are wanted; () for all.
    """
    words = text.lower().split()
    return [
        line
        for line in lines
        if (task is None or line.spec.task == task)
        and (not states or line.status.state in states)
        and all(word in _searched(line) for word in words)
    ]


def _searched(line: RunLine) -> str:
    spec = line.spec
    return f"{spec.name} {spec.id} {spec.model} {spec.group} {settings_words(spec)}".lower()


def pulse(spec: RunSpec, status: Status) -> str:
    """The figures that were last recorded, in a line.

    Example:
        >>> status = Status(last_metrics={"loss": 0.5, "steps_a_second": 2.0, "memory_mib": 900.0})
        >>> spec = RunSpec(id="a", task="t", train={"path": "t", "sha256": "", "size": 0})
        >>> pulse(spec, status)
        'loss 0.500 · 2 steps/s · 64 sequences/s · 900 MiB'
    """
    held = status.last_metrics
    batch = spec.settings.batch_size * spec.settings.accumulation * spec.processes
    parts = []
    if (loss := held.get("loss")) is not None:
        parts.append(f"loss {loss:.3f}")
    if (rate := held.get("learning_rate")) is not None:
        parts.append(f"learning rate {rate:.1e}")
    if (speed := held.get("steps_a_second")) is not None:
        parts += [f"{speed:.2g} steps/s", f"{speed * batch:,.0f} sequences/s"]
    if (memory := held.get("memory_mib", status.memory_mib)) is not None:
        parts.append(f"{memory:,.0f} MiB")
    return " · ".join(parts)
