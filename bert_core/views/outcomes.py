"""What a run came to: its figures, one by one and by class, and how they compare."""

from bert_core.training.summary import verdicts
from bert_core.training.tasks.base import Task
from bert_core.views.bars import Bar, Column
from bert_core.views.run_lines import RunLine, metric_name, metric_words
from bert_core.views.tables import BarTable

MOST_DETAILS = 40
COUNTS = {
    "train": "trained on",
    "dev": "measured on",
    "cut": "cut while training",
    "dev_cut": "cut while measuring",
    "left_out": "left out",
    "held_back": "held back from the training data",
}


def figures(line: RunLine) -> BarTable:
    """The final figures, the deciding one in bold."""
    result = line.result or {}
    rows = tuple(
        Bar(
            (metric_name(name), metric_words(name, value, shares=line.shares)),
            emphasis=name == line.metric,
        )
        for name, value in result.get("metrics", {}).items()
    )
    columns = (
        Column("dev metric", "text"),
        Column("value", "number", help="Shares and correlations times 100."),
    )
    step = f"step {result.get('step', 0):,}"
    badge = f"partial, {step}" if line.partial else f"best, {step}"
    return BarTable(columns, rows, caption="Result", badge=badge)


def details(line: RunLine) -> BarTable | None:
    """Figures by class or tag; None where there are none or too many to read."""
    held = (line.result or {}).get("details", {})
    if not 0 < len(held) <= MOST_DETAILS:
        return None
    names = list(next(iter(held.values())))
    rows = tuple(
        Bar((label, *(metric_words(n, values.get(n), shares=line.shares) for n in names)))
        for label, values in held.items()
    )
    columns = (Column("class", "text"), *(Column(metric_name(n), "number") for n in names))
    return BarTable(columns, rows, caption="By class")


def read_counts(line: RunLine) -> str:
    """How many examples were read, cut and left out, in a line."""
    held = (line.result or {}).get("data", {})
    parts = [
        f"{held[name]:,} {words}"
        for name, words in COUNTS.items()
        if held.get(name) or (name in held and name in ("train", "dev"))
    ]
    return " · ".join(parts)


def comparisons(line: RunLine, task: Task, parameters: int | None) -> tuple[str, ...]:
    """One sentence for each published figure of the task; () for a partial result."""
    if line.result is None or line.partial:
        return ()
    found = verdicts(line.result.get("metrics", {}), task.published, parameters)
    return tuple(verdict.sentence for verdict in found)
