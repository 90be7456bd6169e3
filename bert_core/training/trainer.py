"""transformers' Trainer, with our order of examples, our optimizers and our way of measuring."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainingArguments

from bert_core.model.tokenizer import Tokenizer
from bert_core.training import optimizer as optimizers
from bert_core.training.collate import Collator
from bert_core.training.control import Stopped
from bert_core.training.kinds.base import Kind, Prepared, Score
from bert_core.training.predicting import predict
from bert_core.training.reporting import Reporter
from bert_core.training.sampler import Order
from bert_core.training.settings import TrainSettings

Measured = Callable[[int, Score], bool]
"""Told the step and the score of every measurement; says whether training should end here."""


def _go_on(*_: Any) -> None:
    """Where nothing has to be done."""


class FineTuner(Trainer):  # type: ignore[misc]
    """Trains one head on prepared data.

    Args:
        model: with its head.
        kind: how answers are measured.
        prepared: the data.
        tokenizer: for the piece that pads.
        settings: of the run.
        args: the library's own arguments; see :func:`arguments`.
        reporter: what is told and asked.
        on_measured: called after each measurement.
        on_broken_off: called with the step when a stop broke a measurement off.
    """

    def __init__(
        self,
        model: Any,
        kind: Kind,
        prepared: Prepared,
        tokenizer: Tokenizer,
        settings: TrainSettings,
        args: TrainingArguments,
        reporter: Reporter,
        on_measured: Measured,
        on_broken_off: Callable[[int], None] = _go_on,
    ) -> None:
        self._kind = kind
        self._prepared = prepared
        self._settings = settings
        self._reporter = reporter
        self._on_measured = on_measured
        self._on_broken_off = on_broken_off
        segments = "token_type_ids" in _arguments_of(model)
        self._collators = {
            name: Collator(features, pad_id=tokenizer.pad_id, segments=segments)
            for name, features in (("train", prepared.train), ("dev", prepared.dev))
        }
        self.optimizer: Any = None
        self.control: Any = None
        super().__init__(
            model=model, args=args, train_dataset=range(len(prepared.train)), callbacks=[reporter]
        )
        self.remove_callback(PrinterCallback)  # the reporter prints instead
        # The models' own losses are means over a batch and know nothing of accumulation.
        self.model_accepts_loss_kwargs = False

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Batches in the order of the seed; see :class:`bert_core.training.sampler.Order`."""
        loader = DataLoader(
            self.train_dataset,
            batch_size=self._settings.batch_size,
            sampler=self.order(),
            collate_fn=self._collators["train"],
            pin_memory=self.args.device.type == "cuda",
        )
        prepared: DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared

    def order(self) -> Any:
        """The order in which examples are seen: a sampler."""
        lengths = self._prepared.train.lengths
        settings = self._settings
        return Order(lengths, settings.batch_size, settings.seed, grouped=settings.grouped)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """The optimizer of the settings; see :mod:`bert_core.training.optimizer`."""
        if self.optimizer is None:
            self.optimizer = optimizers.make_optimizer(model or self.model, self._settings)
        made: torch.optim.Optimizer = self.optimizer
        return made

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> Any:
        """Warm-up and decay over ``num_training_steps``."""
        self.lr_scheduler = optimizers.make_schedule(
            optimizer or self.optimizer, self._settings, num_training_steps
        )
        self._created_lr_scheduler = True
        return self.lr_scheduler

    def training_step(self, model: Any, inputs: Mapping[str, Any], *rest: Any) -> torch.Tensor:
        """One batch forward and backward; counts what went through."""
        ids = inputs["input_ids"]
        self._reporter.pieces += int(ids.numel())
        self._reporter.examples += len(ids)
        loss: torch.Tensor = super().training_step(model, inputs, *rest)
        return loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Measure on the dev data; every rank does its share.

        A stop breaks it off, and the run that is resumed makes up for it; but after the last
        step it is measured to the end.

        Raises:
            FloatingPointError: a weight is no finite number; the best weights are kept.
        """
        self._require_numbers()
        try:
            score = self.score(whole=self.state.global_step >= self.state.max_steps)
        except Stopped:
            self._reporter.stopped = True
            self._on_broken_off(self.state.global_step)
            self.control.should_save = self.control.should_training_stop = True
            return {}
        if self._on_measured(self.state.global_step, score):
            self.control.should_save = self.control.should_training_stop = True
        metrics = {f"eval_{name}": float(value) for name, value in score.metrics.items()}
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def score(self, *, whole: bool = False) -> Score:
        """The model's answers on the dev data against the gold ones.

        Args:
            whole: whether a stop that is asked for waits until it is done.

        Raises:
            Stopped: as asked, unless ``whole``.
        """
        dev = self._prepared.dev
        # Compiled layers would be compiled once more, for measuring and for every new length.
        with torch.compiler.set_stance("force_eager"):
            outputs = predict(
                self.model,
                dev,
                self._collators["dev"],
                check=_go_on if whole else self._reporter.check,
                reduce=self._kind.reduce,
            )
        return self._kind.measure(
            outputs,
            dev,
            self._prepared.dev_examples,
            self._settings,
            labels=self._prepared.labels,
        )

    def floating_point_ops(self, inputs: Any) -> int:
        """Not counted: nobody reads it."""
        return 0

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Nothing of a checkpoint is written with weights that are no numbers."""
        self._require_numbers()
        super()._save_checkpoint(model, trial)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        """Weights and configuration only: the library would add a pickle of its arguments."""
        if self.args.should_save and output_dir is not None:
            self.model.save_pretrained(output_dir, state_dict=state_dict)

    def _require_numbers(self) -> None:
        """Refuse weights that are no finite numbers; all ranks have the same.

        The loss of the step need not show it: it was computed before the weights were changed.
        """
        if not all(torch.isfinite(weights).all() for weights in self.model.parameters()):
            raise FloatingPointError(f"a weight is not finite at step {self.state.global_step}")


def arguments(
    folder: Path,
    settings: TrainSettings,
    *,
    device: str,
    products: str,
    measure_first: bool = False,
) -> Any:
    """The library's arguments for a run; everything it would do by itself is switched off.

    Args:
        folder: where checkpoints go.
        settings: of the run.
        device: ``"cpu"``, ``"cuda:0"``, ``"mps"``.
        products: ``"float32"``, ``"bfloat16"`` or ``"float16"``.
        measure_first: whether the model is measured before its first step.
    """
    return TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulation,
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps or -1,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        max_grad_norm=0.0 if settings.optimizer == "google" else 1.0,  # Google's clips by itself
        seed=settings.seed,
        bf16=products == "bfloat16",
        fp16=products == "float16",
        use_cpu=device == "cpu",
        activation_checkpointing=settings.gradient_checkpointing,
        eval_on_start=measure_first,
        eval_strategy="no",
        save_strategy="no",
        logging_strategy="no",
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to=[],
        remove_unused_columns=False,
        dataloader_num_workers=0,
        # From pinned memory only: elsewhere the copy may be read before it is whole.
        accelerator_config={"non_blocking": device.startswith("cuda")},
        ddp_find_unused_parameters=False,
    )


def _arguments_of(model: Any) -> set[str]:
    import inspect

    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return set(inspect.signature(inner.forward).parameters)
