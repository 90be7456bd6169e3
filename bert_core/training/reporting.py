"""What the trainer tells the run folder, and when it saves, measures or stops."""

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import psutil
import torch
from transformers import TrainerCallback

from bert_core.training.control import Control
from bert_core.training.settings import TrainSettings
from bert_core.training.together import any_rank, wait_for_all

REPORTS = 200
"""Lines of training loss that a run writes at least, if it has as many steps."""
RECENT = 50  # steps over which the speed is averaged


class Reporter(TrainerCallback):  # type: ignore[misc]
    """Drives measuring, saving and stopping; the trainer's own strategies are switched off.

    Args:
        control: the run's folder and its stop flag.
        settings: how often.
        on_saved: called when a checkpoint is written, with the step and whether it is partial.
    """

    def __init__(
        self, control: Control, settings: TrainSettings, on_saved: Callable[[int, bool], None]
    ) -> None:
        self._control = control
        self._settings = settings
        self._on_saved = on_saved
        self._times: deque[float] = deque(maxlen=RECENT)
        self._measured = -1
        self._saved = -1
        self.stopped = False
        self.pieces = 0
        self.examples = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Say how long it will be."""
        self._every = max(1, state.max_steps // REPORTS)
        self._times.append(time.perf_counter())
        self._control.steps(state.global_step, state.max_steps, epoch=state.epoch)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After every optimizer step: time it, and see whether anything is due."""
        self._times.append(time.perf_counter())
        step, last = state.global_step, state.max_steps
        self._control.steps(step, last, epoch=state.epoch)
        control.should_log = step % self._every == 0 or step in (1, last)
        every, save = self._settings.eval_every, self._settings.save_every
        control.should_evaluate = (bool(every) and step % every == 0) or step == last
        control.should_save = (bool(save) and step % save == 0) or step == last
        if self._stop_wanted(args):
            self.stopped = step < last
            control.should_save = control.should_training_stop = True
        self._look_first(control)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After an epoch, unless it was cut short: measure and save if no other rhythm is set."""
        control.should_evaluate = control.should_save = False
        if self.stopped:
            return
        step = state.global_step
        control.should_evaluate = not self._settings.eval_every and step != self._measured
        control.should_save = not self._settings.save_every and step != self._saved
        self._look_first(control)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """A line of training figures."""
        if not logs or "loss" not in logs:
            return
        if not math.isfinite(logs["loss"]):
            raise FloatingPointError(f"the loss is {logs['loss']} at step {state.global_step}")
        seconds = self._seconds_a_step()
        memory = memory_mib(args.device)
        if self._control.writes:
            print(
                f"step {state.global_step:,} of {state.max_steps:,}: loss {logs['loss']:.4f}, "
                f"rate {logs['learning_rate']:.2e}, {1 / seconds if seconds else 0:.2f} steps/s",
                flush=True,
            )
        self._control.update(memory_mib=memory)
        self._control.record(
            "train",
            state.global_step,
            loss=logs["loss"],
            learning_rate=logs["learning_rate"],
            grad_norm=float(logs.get("grad_norm", 0.0)),
            epoch=state.epoch,
            steps_a_second=1 / seconds if seconds else 0.0,
            examples=self.examples,
            pieces=self.pieces,
            memory_mib=memory,
        )

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any
    ) -> None:
        """Remember what was measured; the trainer has written the line."""
        self._measured = state.global_step

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A checkpoint is on disk."""
        self._saved = state.global_step
        wait_for_all()  # each rank writes the state of its random numbers
        if args.should_save:
            self._on_saved(state.global_step, self.stopped)

    def check(self) -> None:
        """Between batches of a measurement: end it if a stop was asked for.

        Several ranks go on to the next step, where they agree on it.
        """
        if not torch.distributed.is_initialized():
            self._control.check()

    def _look_first(self, control: Any) -> None:
        """Look at the loss before anything is kept: weights that are no numbers are not."""
        control.should_log |= control.should_evaluate or control.should_save

    def _stop_wanted(self, args: Any) -> bool:
        """Whether any rank was asked to stop: the ranks must end at the same step."""
        return any_rank(self._control.stop_requested)

    def _seconds_a_step(self) -> float:
        if len(self._times) < 2:
            return 0.0
        return (self._times[-1] - self._times[0]) / (len(self._times) - 1)


def memory_mib(device: Any) -> float:
    """Memory in use, in MiB: the most that the GPU held, or what this process holds."""
    if torch.device(device).type == "cuda":
        return float(torch.cuda.max_memory_allocated(device)) / 2**20
    return float(psutil.Process().memory_info().rss) / 2**20
