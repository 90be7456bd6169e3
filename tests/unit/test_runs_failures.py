"""Errors as they really are raised, and the words and sentences that become of them."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.errors import InputError, ModelError
from bert_core.settings import PROJECT
from bert_core.training.failures import classify, relaunch_settings
from bert_core.training.settings import TrainSettings


def raised(work: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - all kinds are looked at
        work()
    return caught.value


def too_large_a_tensor() -> None:
    import torch

    torch.empty(2**50)


def no_gpu_memory() -> None:
    import torch

    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")


def while_it_is_handled() -> None:
    try:
        bytearray(2**62)
    except MemoryError:
        raise RuntimeError("the batch could not be made") from None


def wrapped() -> None:
    try:
        bytearray(2**62)
    except MemoryError as error:
        raise RuntimeError("the batch could not be made") from error


@pytest.mark.parametrize(
    "work", [too_large_a_tensor, no_gpu_memory, wrapped, lambda: np.zeros(2**50)]
)
def test_out_of_memory(work: Callable[[], object]) -> None:
    reason, message = classify(raised(work), TrainSettings(batch_size=32, accumulation=2))
    assert reason == "out of memory"
    assert "batch_size=16 and accumulation=4 (now 32 and 2)" in message


def test_an_error_that_was_put_in_place_of_another_counts_alone() -> None:
    assert classify(raised(while_it_is_handled))[0] == "other"


def test_out_of_memory_when_the_batch_can_give_no_more() -> None:
    one = TrainSettings(batch_size=1)
    assert "gradient_checkpointing=True" in classify(MemoryError(), one)[1]
    last = TrainSettings(batch_size=1, gradient_checkpointing=True)
    assert relaunch_settings(last) is None
    assert "max_seq_length" in classify(MemoryError(), last)[1]


@given(batch=st.integers(2, 4096), accumulation=st.integers(1, 64))
def test_the_effective_batch_stays(batch: int, accumulation: int) -> None:
    settings = TrainSettings(batch_size=batch, accumulation=accumulation, seed=3)
    less = relaunch_settings(settings)
    if less is None:
        return  # a large prime: no smaller batch has the same sum
    assert less.batch_size * less.accumulation == batch * accumulation
    assert 1 <= less.batch_size <= batch // 2
    assert less.seed == 3


def on_dev_full() -> None:
    with open("/dev/full", "w", encoding="utf-8") as file:
        file.write("x" * 100_000)


def over_quota() -> None:
    raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))


def from_python() -> None:
    try:
        on_dev_full()
    except OSError as error:
        raise RuntimeError("the checkpoint could not be saved") from error


@pytest.mark.parametrize("work", [on_dev_full, over_quota, from_python])
def test_a_full_disk(work: Callable[[], object]) -> None:
    reason, message = classify(raised(work))
    assert reason == "disk"
    assert "Free some space and resume" in message


SAVES = """
import resource, sys
from bert_core.training.failures import classify
import torch, safetensors.torch
tensor = torch.zeros(100_000)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
for save in (torch.save, lambda t, path: safetensors.torch.save_file({"t": t}, path)):
    try:
        save(tensor, sys.argv[1])
    except (RuntimeError, safetensors.SafetensorError) as error:
        print(type(error).__name__, *classify(error)[:1])
"""


def test_a_full_disk_as_the_libraries_put_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAVES, str(tmp_path / "weights")],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["RuntimeError disk", "SafetensorError disk"]


def test_the_data_speaks_for_itself() -> None:
    error = InputError("Row 3 has no label.", field="label")
    assert classify(error) == ("data", "Row 3 has no label.")
    # What somebody typed is no symptom.
    quoted = InputError("There is no label 'No space left on device'.")
    assert classify(quoted)[0] == "data"


def test_a_number_that_is_none() -> None:
    reason, message = classify(FloatingPointError("the loss is nan at step 7"))
    assert reason == "not a number"
    assert "the loss is nan at step 7. Start anew with a lower learning rate" in message


def test_everything_else_has_a_sentence_too() -> None:
    assert classify(ModelError("There is no folder x.")) == ("other", "There is no folder x.")
    reason, message = classify(KeyError("classifier"))
    assert (reason, message) == (
        "other",
        "KeyError: 'classifier'. The end of the log has the details.",
    )
    assert classify(RuntimeError("first\nsecond"))[1].startswith("RuntimeError: first. The end")
    assert classify(AssertionError())[1].startswith("AssertionError. The end")
