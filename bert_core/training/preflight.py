"""Before a launch: a few real steps in a process of their own tell time and memory.

Nothing is estimated from tables: the model is loaded, the data is read, and four optimizer steps
are done on real batches, the longest among them.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_core.errors import RunError
from bert_core.permissions import refuse_training
from bert_core.settings import PROJECT
from bert_core.training.failures import relaunch_settings
from bert_core.training.processes import settings_file, visible
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import RunSpec

POLL = 0.1
KILLED = -9
Check = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a few steps told.

    Attributes:
        step_seconds: time of a step of average length.
        peak_mib: most memory that was in use on the device, in MiB.
        total_steps: optimizer steps of the whole run.
        eta_seconds: time of all of them, without measuring and saving.
        examples: training examples.
        pieces: word pieces of one epoch, padding left aside.
    """

    step_seconds: float
    peak_mib: float
    total_steps: int
    eta_seconds: float
    examples: int
    pieces: int


@dataclass(frozen=True, slots=True)
class Preflight:
    """Whether a run fits and how long it will take.

    Attributes:
        measured: figures of the settings that fit; None when not even one example did.
        fits: whether the settings fit as they are.
        proposal: settings to change so that they fit, with the same effective batch; None where
            nothing needs to change, or nothing helps.
        sentence: the same for people.
    """

    measured: Measured | None
    fits: bool
    proposal: dict[str, int | bool] | None
    sentence: str


def measure(spec: RunSpec, *, check: Check = lambda: None) -> Preflight:
    """Try a run for a few steps; where it does not fit, smaller batches are tried.

    Args:
        spec: the run as it would be launched.
        check: called ten times a second; what it raises ends the trial.

    Raises:
        InputError: training is switched off.
        RunError: the data or the model cannot be used; the sentence says why.
    """
    refuse_training()
    tried = spec.settings
    while True:
        answer = _in_a_process(spec.changed(settings=tried.model_dump()), check)
        if answer is not None:
            measured = Measured(**answer)
            if tried == spec.settings:
                return Preflight(measured, True, None, _fitting(measured))
            proposal = {
                name: value
                for name, value in tried.model_dump().items()
                if value != getattr(spec.settings, name)
            }
            return Preflight(measured, False, proposal, _not_fitting(spec.settings, tried))
        smaller = relaunch_settings(tried)
        if smaller is None:
            return Preflight(None, False, None, _HOPELESS)
        tried = smaller


_HOPELESS = (
    "Not even one example at a time fits into memory. Use a smaller model, shorter inputs "
    "(max_seq_length), gradient checkpointing or LoRA."
)


def _fitting(measured: Measured) -> str:
    return (
        f"It fits: {measured.total_steps:,} steps of {measured.step_seconds:.2f} s, about "
        f"{spoken(measured.eta_seconds)} without measuring and saving, with "
        f"{measured.peak_mib:,.0f} MiB of memory."
    )


def _not_fitting(wanted: TrainSettings, fits: TrainSettings) -> str:
    sentence = f"Batches of {wanted.batch_size} do not fit into memory."
    if fits.gradient_checkpointing and not wanted.gradient_checkpointing:
        sentence += " With gradient checkpointing"
    return (
        f"{sentence} Batches of {fits.batch_size} added up {fits.accumulation} times do, and train "
        "on as many examples per step."
    )


def spoken(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.1f} h"


def _in_a_process(spec: RunSpec, check: Check) -> dict[str, Any] | None:
    """The figures, or None where memory ran out."""
    with tempfile.TemporaryDirectory(prefix="bert-explorer-preflight-") as name:
        folder = Path(name)
        (folder / "spec.json").write_text(spec.model_dump_json(), encoding="utf-8")
        command = [sys.executable, "-m", "bert_core.training.trial", str(folder)]
        shown = visible(spec.devices, os.environ.get("CUDA_VISIBLE_DEVICES"))
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=PROJECT,
                env={**os.environ, **settings_file(os.environ), "CUDA_VISIBLE_DEVICES": shown},
            )  # fmt: skip
            try:
                while process.poll() is None:
                    check()
                    time.sleep(POLL)
            finally:
                process.kill()
                process.wait()
        if process.returncode == KILLED:
            return None
        try:
            answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            last = (folder / "log.txt").read_text("utf-8", "replace").strip().splitlines()[-1:]
            raise RunError(f"The trial ended without an answer: {''.join(last)}") from None
    if "error" in answer:
        raise RunError(answer["error"], field=answer.get("field"))
    return None if answer.get("memory") else dict(answer)
