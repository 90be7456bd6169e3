"""One run from its folder to a trained model: prepare, train, stop or finish, leave a result."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bert_core.errors import InputError
from bert_core.model import sources
from bert_core.model.checkpoints import Checkpoint
from bert_core.model.choice import ModelChoice
from bert_core.model.devices import list_devices
from bert_core.model.tokenizer import Tokenizer
from bert_core.training import card, lora, models, results, saves
from bert_core.training.control import Control, Stopped
from bert_core.training.folder import RunFolder
from bert_core.training.kinds.base import Check, Prepared, Score
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import RunSpec
from bert_core.training.tasks import find_task
from bert_core.training.tasks.base import Task
from bert_core.training.together import any_rank, rank_0_first, wait_for_all


def train(folder: RunFolder, control: Control) -> None:
    """Do the work of a run, from the start or from its newest whole checkpoint.

    Args:
        folder: of the run.
        control: what is told and asked meanwhile.

    Raises:
        Stopped: as asked; a loadable model labelled partial has been written.
        CoreError: the data or the model cannot be used.
        FloatingPointError: the loss or a weight is no finite number.
        OSError: the disk is full, for one.
    """
    spec = folder.spec
    task = find_task(spec.task)
    control.stage("preparing", "Looking for the model.")
    start = rank_0_first(lambda: find_start(task, spec, folder.path, control))
    try:
        control.stage("preparing", "Reading and encoding the data.")
        tokenizer, prepared = rank_0_first(
            lambda: prepare(task, spec, folder.path, start, check=control.check)
        )
        if any_rank(control.stop_requested):
            raise Stopped
    except Stopped:
        if control.writes and not folder.result.exists():
            results.copy_start(start.folder, folder.result)
            _record(folder, task, start, None, {}, step=0, partial=True, seconds=0.0)
        raise
    control.stage("running", "Training.")
    _Session(folder, control, task, start, tokenizer, prepared).run()


def find_start(
    task: Task, spec: RunSpec, folder: Path, control: Control | None = None
) -> Checkpoint:
    """The checkpoint that training begins from; a hub model is downloaded when it is not here."""

    def told(what: str, share: float | None) -> None:
        if control is not None:
            control.progress(int((share or 0) * 100), 100, what)

    own = task.kind.start(spec, folder, check=control.check if control else _never)
    if own is not None:
        return own
    return sources.find(ModelChoice(source=spec.model, revision=spec.revision), on_progress=told)


def prepare(
    task: Task, spec: RunSpec, folder: Path, start: Checkpoint, *, check: Check = lambda: None
) -> tuple[Tokenizer, Prepared]:
    """Read and encode the data of a run for the checkpoint that it begins from."""
    tokenizer = Tokenizer(start)
    longest = min(tokenizer.max_pieces, start.max_pieces)
    if spec.settings.max_seq_length > longest:
        raise InputError(
            f"max_seq_length is {spec.settings.max_seq_length}, but {start.source} reads "
            f"{longest} word pieces at most. Set it to {longest} or less.",
            field="max_seq_length",
        )
    return tokenizer, task.kind.prepare(spec, folder, tokenizer, check=check)


def _never() -> None:
    """A check that never asks for a stop."""


def new_model(task: Task, start: Checkpoint, prepared: Prepared, settings: TrainSettings) -> Any:
    """The model that is trained: the checkpoint under its head, changed as the settings say."""
    model = task.kind.model(start.folder, labels=prepared.labels, seed=settings.seed)
    if settings.attention_dropout is not None:
        models.set_attention_dropout(model, settings.attention_dropout)
    if settings.lora_rank:
        model = lora.add_lora(model, settings.lora_rank)
    if settings.compile:
        models.compile_layers(model)
    return model


class _Session:
    """Training under way: the model, the trainer, and the best weights so far."""

    def __init__(
        self,
        folder: RunFolder,
        control: Control,
        task: Task,
        start: Checkpoint,
        tokenizer: Tokenizer,
        prepared: Prepared,
    ) -> None:
        from bert_core.training.reporting import Reporter
        from bert_core.training.trainer import FineTuner, arguments

        self._folder, self._control, self._task = folder, control, task
        self._start, self._prepared = start, prepared
        settings = folder.spec.settings
        self._best = results.Best(folder.path / "best", task.metric, settings.patience)
        self._reporter = Reporter(control, settings, self._saved)
        self._from = self._resumed()
        self._last: tuple[int, Score] = (-1, Score({}))
        self._trainer = FineTuner(
            model=new_model(task, start, prepared, settings),
            kind=task.kind,
            prepared=prepared,
            tokenizer=tokenizer,
            settings=settings,
            args=arguments(
                folder.checkpoints_folder,
                settings,
                device=device_of(folder.spec),
                products=products_of(folder.spec),
                measure_first=self._measures_first(),
            ),
            reporter=self._reporter,
            on_measured=self._measured,
            on_broken_off=self._best.owe,
        )

    def _measures_first(self) -> bool:
        """Whether there is something to measure before the first step of this process."""
        if self._from is None:
            return self._task.kind.measures_start
        return self._best.owed == int(self._from.rpartition("-")[2])

    def run(self) -> None:
        """Train to the end or to a stop, then write what there is."""
        began = time.monotonic()
        self._trainer.train(resume_from_checkpoint=self._from)
        step = self._trainer.state.global_step
        partial = self._reporter.stopped
        seconds = time.monotonic() - began
        self._write(step, partial=partial, seconds=seconds)
        if partial:
            steps = "1 step" if step == 1 else f"{step:,} steps"
            raise Stopped(f"Stopped after {steps}; what was learnt until then is saved.")

    def _resumed(self) -> str | None:
        """The checkpoint to go on from, if there is one."""
        point = self._folder.resume_point()
        for sentence in point.refused:
            self._control.note(sentence)
        if point.checkpoint is None:
            return None
        self._control.record("resumed", point.checkpoint.step)
        return str(point.checkpoint.path)

    def _measured(self, step: int, score: Score) -> bool:
        """Note a measurement; keep the weights if they are the best. True: enough is enough."""
        self._control.record("dev", step, **score.metrics)
        self._last = step, score
        writes = self._control.writes
        if self._best.offer(step, score.metrics, self._trainer.model, writes=writes):
            self._control.update(best={"step": float(step), **score.metrics})
        return self._best.exhausted

    def _saved(self, step: int, partial: bool) -> None:
        saves.seal(self._folder.checkpoint_path(step), partial=partial)
        saves.prune(self._folder.checkpoints_folder, self._folder.spec.settings.keep_checkpoints)

    def _write(self, step: int, *, partial: bool, seconds: float) -> None:
        """Write the result: the best weights after a whole run, the last ones after a stop."""
        model = self._trainer.accelerator.unwrap_model(self._trainer.model)
        score = None
        if not partial:
            measured, score = self._last
            if measured != self._best.step:  # the best weights are others than the last ones
                wait_for_all()
                self._best.restore(model)
                score = self._trainer.score(whole=True)
        if not self._control.writes:
            return
        if score is not None:
            self._write_answers(score)
        if self._folder.spec.settings.lora_rank:
            lora.save_adapter(model, self._folder.path / "adapter")
            model = lora.merge_lora(model)
        results.write_result(model, self._start.folder, self._folder.result)
        metrics = score.metrics if score else self._best.metrics
        _record(
            self._folder, self._task, self._start, self._prepared, metrics,
            step=step if partial else self._best.step, partial=partial, seconds=seconds,
            details=score.details if score else {}, steps=step, measured=self._best.step,
        )  # fmt: skip

    def _write_answers(self, score: Score) -> None:
        examples = self._prepared.dev_examples
        if score.answers and len(score.answers) == len(examples):
            rows = [example.row for example in examples]
            results.write_answers(self._folder.path / "answers.jsonl", rows, score.answers)
        for name, content in score.files.items():
            results.write_json(self._folder.path / name, content)


def _record(
    folder: RunFolder,
    task: Task,
    start: Checkpoint,
    prepared: Prepared | None,
    metrics: Mapping[str, float],
    *,
    step: int,
    partial: bool,
    seconds: float,
    details: Mapping[str, Mapping[str, float]] | None = None,
    steps: int = 0,
    measured: int = -1,
) -> None:
    """Write result.json and the model card beside the result."""
    record: dict[str, Any] = {
        "metric": task.metric,
        "metrics": dict(metrics),
        "before": _before(folder),
        "details": {name: dict(values) for name, values in (details or {}).items()},
        "step": step,
        "measured": measured,
        "steps": steps,
        "partial": partial,
        "seconds": round(seconds, 1),
        "labels": list(prepared.labels) if prepared else [],
        "data": dict(prepared.counts) if prepared else {},
        "start": start.source,
        "products": products_of(folder.spec),
        "hardware": hardware(device_of(folder.spec)),
    }
    folder.write_result(record)
    card.write_card(folder.result, folder.spec, task, record)


def _before(folder: RunFolder) -> dict[str, float]:
    """What was measured before the first step, if anything was."""
    rows = folder.read_metrics().rows
    first = next((row for row in rows if row["kind"] == "dev" and row["step"] == 0), {})
    return {name: value for name, value in first.items() if name not in ("kind", "step", "time")}


def device_of(spec: RunSpec) -> str:
    """Where this process computes: its devices are numbered from 0 again, and ranks share them."""
    return "cuda:0" if spec.devices[0].startswith("cuda") else spec.devices[0]


def products_of(spec: RunSpec) -> str:
    """Type of the products: as asked, or 16 bits where they are native."""
    wanted = spec.settings.precision
    if wanted != "auto":
        return wanted
    native = {device.name: device.fast for device in list_devices()}
    return native.get(device_of(spec)) or "float32"


def hardware(device: str) -> str:
    """The name of what computes: the GPU's, or the processor's with its number of cores."""
    import platform

    import torch

    if device.startswith("cuda") and torch.cuda.is_available():
        return torch.cuda.get_device_name(device)
    name = platform.processor() or platform.machine()
    return f"{name}, {torch.get_num_threads()} threads"
