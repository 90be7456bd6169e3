"""The model card of a result: README.md, from what was ordered and what was measured.

It is written for others, so it names files but no folders of this machine. Everything that a
person named is escaped, so that it stays text in Markdown.
"""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bert_core.model.checkpoints import Head, inspect
from bert_core.model.choice import EMBEDDED
from bert_core.settings import PROJECT
from bert_core.training.grid import GridPoint, GridSummary
from bert_core.training.settings import TrainSettings
from bert_core.training.sharing import model_name, without_places
from bert_core.training.spec import RunSpec
from bert_core.training.summary import verdicts
from bert_core.training.tasks.base import Task

TEMPLATES = PROJECT / "assets" / "templates"
MOST_DETAILS = 40
"""Classes or tags that are listed one by one; with more, the table is left out."""
_PIPELINES: Mapping[Head, str] = {
    "masked_word": "fill-mask",
    "classification": "text-classification",
    "tagging": "token-classification",
    "multiple_choice": "multiple-choice",
    "span": "question-answering",
}
_CLASSES: Mapping[Head, str] = {
    "masked_word": "AutoModelForPreTraining",
    "classification": "AutoModelForSequenceClassification",
    "tagging": "AutoModelForTokenClassification",
    "multiple_choice": "AutoModelForMultipleChoice",
    "span": "AutoModelForQuestionAnswering",
}
_ONLY_FOR: Mapping[str, Head] = {
    "Span answers": "span",
    "SQuAD 2.0": "span",
    "Pre-training": "masked_word",
}
"""Settings whose description begins so matter to one head only."""
_COUNTS = {
    "train": "Examples trained on",
    "inputs": "Inputs to the encoder made of them",
    "cut": "Examples longer than the longest input, which were cut",
    "dev_cut": "Examples to measure on that were cut",
    "left_out": "Rows that could not be used and were left out",
    "held_back": "Examples of the training file held back to measure on",
    "sentences": "Sentences in the text",
    "documents": "Documents in the text",
}


class Plain(str):
    """A text of our own that goes into the card as it is."""

    __slots__ = ()


def write_card(
    folder: Path,
    spec: RunSpec,
    task: Task,
    record: Mapping[str, Any],
    *,
    grid: GridSummary | None = None,
) -> Path:
    """Write README.md into a result folder.

    Args:
        folder: the result, a model folder.
        spec: what was ordered.
        task: what was trained.
        record: what result.json says: ``metrics``, ``details``, ``step``, ``steps``, ``partial``,
            ``seconds``, ``data`` (counts) and ``start``.
        grid: the grid that the run belongs to, once it is complete.

    Returns:
        The file.
    """
    shared = without_places(spec)
    counts = {"train": 0, "dev": 0, **record["data"]}
    names, details = _details(record["details"])
    text = _environment().get_template("card.md.j2").render(
        task=task,
        spec=shared,
        record=record,
        grid=grid,
        counts=counts,
        title=shared.name or task.title,
        partial=record["partial"],
        measured=record.get("measured", record["step"]),
        start=_start(record["start"], spec.revision),
        pipeline=Plain(_PIPELINES[task.kind.head]),
        model_class=Plain(_CLASSES[task.kind.head]),
        metrics=[(name, _number(value)) for name, value in record["metrics"].items()],
        measured_on=shared.dev.path if shared.dev else "held back from the training data",
        details=details,
        details_of="Tag" if task.kind.head == "tagging" else "Class",
        detail_names=[escaped(name) for name in names],
        verdicts=verdicts(record["metrics"], task.published, _parameters(folder)),
        files=[("training", shared.train), *([("measuring", shared.dev)] if shared.dev else [])],
        data_sentences=_sentences(counts),
        settings=_settings(spec.settings, task.kind.head),
        devices=_devices(spec),
        seconds=_duration(record["seconds"]),
        command=_fenced(shared.command),
        versions=_versions(spec),
    )  # fmt: skip
    path = folder / "README.md"
    path.write_text(text, encoding="utf-8")
    return path


def escaped(text: str) -> str:
    r"""A text that Markdown and HTML show as it is, on one line.

    Example:
        >>> escaped("a|b_c <i>")
        'a\\|b\\_c &lt;i&gt;'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # The last two keep addresses and names from becoming links.
    return re.sub(r"([\\`*_{}\[\]|~#!$]|:(?=//)|@)", r"\\\1", line).replace("www.", r"www\.")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,  # noqa: S701 - it would escape for HTML; _shown escapes for Markdown
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    environment.filters |= {"plain": Plain, "count": _count, "mean_sd": _mean_sd}
    return environment


def _shown(value: object) -> object:
    return escaped(value) if isinstance(value, str) and not isinstance(value, Plain) else value


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "not a number"
    if abs(value) <= 1:
        return f"{value:.4f}"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"


def _mean_sd(point: GridPoint, metric: str) -> str:
    sd = point.sds[metric]
    mean = _number(point.means[metric])
    return mean if sd is None else f"{mean} ± {sd:.4f}"


def _parameters(folder: Path) -> int:
    return inspect(folder, source=folder.name).parameters


def _details(
    details: Mapping[str, Mapping[str, float]],
) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Names of the columns, and for each class its numbers; nothing where there are too many."""
    if not 0 < len(details) <= MOST_DETAILS:
        return [], []
    names = list(next(iter(details.values())))
    rows = [
        (label, [_number(values.get(name, math.nan)) for name in names])
        for label, values in details.items()
    ]
    return names, rows


def _sentences(counts: Mapping[str, int]) -> list[str]:
    return [
        f"{words}: {_count(counts[name])}." for name, words in _COUNTS.items() if counts.get(name)
    ]


def _settings(settings: TrainSettings, head: Head) -> list[tuple[str, str]]:
    """Every setting that had a say in this run."""
    shown = []
    for name, value in settings.model_dump().items():
        about = TrainSettings.model_fields[name].description or ""
        heads = {only for start, only in _ONLY_FOR.items() if about.startswith(start)}
        if not heads or head in heads:
            shown.append((name, _setting(value)))
    return shown


def _setting(value: object) -> str:
    if value is None:
        return "not set"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"


def _fenced(command: str) -> Plain:
    """A block of code that nothing inside can close."""
    text = "".join(c if c.isprintable() or c == "\n" else " " for c in command)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Plain(f"{fence}sh\n{text}\n{fence}") if text else Plain("")


def _start(source: str, revision: str | None) -> str:
    if source == EMBEDDED:
        return "the small BERT that comes with it"
    return model_name(source) + (f" at revision {revision}" if revision else "")


def _devices(spec: RunSpec) -> str:
    where = ", ".join(spec.devices)
    return where if spec.processes == 1 else f"{where} by {spec.processes} processes"


def _versions(spec: RunSpec) -> str:
    parts = [f"{name} {version}" for name, version in spec.packages.items()]
    if spec.commit:
        parts.append(f"BERT Explorer at commit {spec.commit}")
    return f"Run {spec.id}, ordered {spec.created}, with " + (
        ", ".join(parts) or "unknown versions"
    )
