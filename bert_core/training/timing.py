"""The trainer of a trial, and what its steps take: time, word pieces and memory."""

import time
from typing import Any

from transformers import TrainerCallback

from bert_core.training.reporting import memory_mib
from bert_core.training.trainer import FineTuner


class Watch(TrainerCallback):  # type: ignore[misc]
    """Times every step and never measures, saves or stops."""

    def __init__(self) -> None:
        self.pieces = 0
        self.examples = 0
        self.times: list[float] = []
        self.passed: list[int] = []
        self.memory = 0.0

    def check(self) -> None:
        """A trial is ended by ending its process."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the clock."""
        self._note(args)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note time, pieces and memory."""
        self._note(args)

    def _note(self, args: Any) -> None:
        self.times.append(time.perf_counter())
        self.passed.append(self.pieces)
        self.memory = max(self.memory, memory_mib(args.device))


class OrderedTuner(FineTuner):
    """Takes the examples in the order in which they are given."""

    def order(self) -> Any:
        """One after the other."""
        return range(len(self.train_dataset))
