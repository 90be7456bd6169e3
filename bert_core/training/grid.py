"""Several runs that differ in a few settings: which to order, and what they say together."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from bert_core.errors import InputError
from bert_core.training.settings import TrainSettings, read_settings
from bert_core.training.summary import Verdict, verdicts
from bert_core.training.tasks.base import Task

MOST_RUNS = 500


@dataclass(frozen=True, slots=True)
class GridResult:
    """What one run of a grid reached.

    Attributes:
        settings: how it was trained.
        metrics: its final figures; empty if it failed.
        run: its id.
    """

    settings: TrainSettings
    metrics: Mapping[str, float]
    run: str = ""


@dataclass(frozen=True, slots=True)
class GridPoint:
    """All runs that differ in nothing but the seed.

    Attributes:
        settings: theirs, with the first seed.
        seeds: S seeds.
        runs: ids of the S runs.
        values: the metric of each, S numbers.
        means: mean over the seeds of every metric that all S runs have.
        sds: standard deviation of the sample (divided by S - 1) of each; None with one seed.
    """

    settings: TrainSettings
    seeds: tuple[int, ...]
    runs: tuple[str, ...]
    values: tuple[float, ...]
    means: Mapping[str, float]
    sds: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class GridSummary:
    """A grid, looked at as a whole.

    Attributes:
        metric: the figure that decides; higher is better.
        points: all that have a result, in the order of the runs.
        best: index of the point with the highest mean, or None without any.
        verdicts: the best point's means beside published figures.
        left_out: runs without a usable value of the metric: failed, stopped, or not a number.
        notes: sentences that should stand beside the table.
    """

    metric: str
    points: tuple[GridPoint, ...]
    best: int | None
    verdicts: tuple[Verdict, ...]
    left_out: int
    notes: tuple[str, ...]


def plan(
    settings: TrainSettings,
    *,
    batch_sizes: Sequence[int] = (),
    rates: Sequence[float] = (),
    epochs: Sequence[float] = (),
    seeds: Sequence[int] = (),
) -> list[TrainSettings]:
    """The settings of every run of a grid, the seeds of a point together.

    Args:
        settings: what all runs share.
        batch_sizes: examples per step; empty: as in ``settings``, as for the others.
        rates: learning rates.
        epochs: times the data is read.
        seeds: random seeds, each tried at every point.

    Raises:
        InputError: a value that cannot be used, too many runs, or epochs that would make no
            difference because ``max_steps`` is set.
    """
    if settings.max_steps is not None and len(set(epochs)) > 1:
        raise InputError(
            "max_steps is set, so runs with other epochs would be the same. Leave one of them out.",
            field="epochs",
        )
    axes = {
        "batch_size": batch_sizes,
        "learning_rate": rates,
        "epochs": epochs,
        "seed": seeds,
    }
    given = {name: tuple(dict.fromkeys(values)) for name, values in axes.items() if values}
    number = math.prod(len(values) for values in given.values())
    if number > MOST_RUNS:
        raise InputError(
            f"The grid has {number:,} runs; at most {MOST_RUNS} are ordered at once. Take fewer "
            "values or seeds.",
            field="grid",
        )
    shared = settings.model_dump()
    return [
        read_settings(dict(zip(given, point, strict=True)), shared)
        for point in product(*given.values())
    ]


def summarise(
    results: Sequence[GridResult], task: Task, *, parameters: int | None = None
) -> GridSummary:
    """Mean and spread of every point, the best one, and how it compares with others' figures.

    Args:
        results: all runs of a grid, failed ones too.
        task: says which metric decides and what was published.
        parameters: number of weights of the model, or None if not known.
    """
    groups: dict[TrainSettings, list[GridResult]] = {}
    for result in results:
        if math.isfinite(result.metrics.get(task.metric, math.nan)):
            groups.setdefault(result.settings.model_copy(update={"seed": 0}), []).append(result)
    points = tuple(_point(group, task.metric) for group in groups.values())
    best = max(range(len(points)), key=lambda index: points[index].means[task.metric], default=None)
    left_out = len(results) - sum(len(point.values) for point in points)
    return GridSummary(
        metric=task.metric,
        points=points,
        best=best,
        verdicts=() if best is None else verdicts(points[best].means, task.published, parameters),
        left_out=left_out,
        notes=_notes(points, left_out, bool(task.published)),
    )


def _point(group: Sequence[GridResult], metric: str) -> GridPoint:
    shared = [
        name
        for name in group[0].metrics
        if all(math.isfinite(each.metrics.get(name, math.nan)) for each in group)
    ]
    columns = {name: [each.metrics[name] for each in group] for name in shared}
    return GridPoint(
        settings=group[0].settings,
        seeds=tuple(each.settings.seed for each in group),
        runs=tuple(each.run for each in group),
        values=tuple(columns[metric]),
        means={name: statistics.fmean(values) for name, values in columns.items()},
        sds={
            name: statistics.stdev(values) if len(values) > 1 else None
            for name, values in columns.items()
        },
    )


def _notes(points: Sequence[GridPoint], left_out: int, published: bool) -> tuple[str, ...]:
    notes = []
    if left_out:
        notes.append(f"{left_out} runs have no usable result and are not counted in any mean.")
    if len(points) > 1:
        notes.append(
            f"The best of {len(points)} points was chosen on the same data that it is measured "
            "on, so its figure is a little too good. Other data tell how good it is."
        )
    if any(len(point.values) == 1 for point in points):
        notes.append(
            "A point with one seed says nothing about chance. On small data, seeds differ by "
            "several points: take five or more."
        )
    if points and published:
        notes.append("Published figures hold for the task's official data only.")
    return tuple(notes)
