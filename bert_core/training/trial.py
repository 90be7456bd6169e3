"""The process of a pre-flight: ``python -m bert_core.training.trial FOLDER``.

It reads ``spec.json``, does a few optimizer steps with the trainer of real runs, and writes
``answer.json``: figures, ``{"memory": true}`` where memory ran out, or ``{"error": sentence}``.
The trainer comes into memory when the data has been read, so that a fault of the data is said at
once.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bert_core.errors import CoreError
from bert_core.training import loop
from bert_core.training.failures import classify
from bert_core.training.preflight import Measured
from bert_core.training.saves import write_atomically
from bert_core.training.spec import RunSpec
from bert_core.training.tasks import find_task

if TYPE_CHECKING:
    from bert_core.training.timing import Watch

STEPS = 4
"""One with the longest inputs, which needs most memory, and three with usual ones."""


def main(folder: Path) -> None:
    """Do the trial and write its answer."""
    spec = RunSpec.model_validate_json((folder / "spec.json").read_bytes())
    try:
        answer: Mapping[str, Any] = asdict(tried(spec, folder))
    except CoreError as error:
        answer = {"error": str(error), "field": error.field}
    except (RuntimeError, MemoryError) as error:
        reason, sentence = classify(error)
        answer = {"memory": True} if reason == "out of memory" else {"error": sentence}
    write_atomically(folder / "answer.json", json.dumps(answer).encode())


def tried(spec: RunSpec, folder: Path) -> Measured:
    """Do a few steps of a run and say what they took.

    Raises:
        CoreError: the data or the model cannot be used.
    """
    task = find_task(spec.task)
    spec, scale = task.kind.for_trial(spec, folder)
    start = loop.find_start(task, spec, folder)
    tokenizer, prepared = loop.prepare(task, spec, folder, start)
    from bert_core.training.timing import OrderedTuner, Watch
    from bert_core.training.trainer import arguments

    settings = spec.settings.model_copy(update={"max_steps": STEPS})
    lengths = prepared.train.lengths
    batch = settings.batch_size * settings.accumulation
    few = prepared.train.part(_chosen(lengths, batch))
    watch = Watch()
    products = loop.products_of(spec)
    OrderedTuner(
        model=loop.new_model(task, start, prepared, settings),
        kind=task.kind,
        prepared=replace(prepared, train=few),
        tokenizer=tokenizer,
        settings=settings,
        args=arguments(folder, settings, device=loop.device_of(spec), products=products),
        reporter=watch,
        on_measured=lambda step, score: False,
    ).train()
    return _figures(spec, lengths, watch, scale)


def _chosen(lengths: Sequence[int], batch: int) -> list[int]:
    """The longest examples, enough for one step, then others taken evenly from all lengths."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    usual = order[np.linspace(0, len(order) - 1, batch * (STEPS - 1)).astype(int)]
    return [*order[:batch].tolist(), *usual.tolist()]


def _figures(spec: RunSpec, lengths: Sequence[int], watch: "Watch", scale: float) -> Measured:
    """Time is taken to go with the pieces; the first step, which warms up, is left out."""
    settings = spec.settings
    batch = settings.batch_size * settings.accumulation * spec.processes
    seconds = watch.times[-1] - watch.times[1]
    a_piece = seconds / max(1, watch.passed[-1] - watch.passed[1])
    examples = min(round(len(lengths) * scale), settings.max_rows or 10**12)
    an_epoch = math.ceil(examples / batch)
    steps = settings.max_steps or math.ceil(an_epoch * settings.epochs)
    pieces = round(sum(lengths) / len(lengths) * examples)
    step_seconds = max(a_piece * pieces / an_epoch / spec.processes, 1e-6)
    return Measured(
        step_seconds=step_seconds,
        peak_mib=watch.memory,
        total_steps=steps,
        eta_seconds=step_seconds * steps,
        examples=examples,
        pieces=pieces,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
