"""Training on a GPU: sequences per second, against a plain transformers Trainer at its defaults.

BERT-base and BERT-large with random weights answer questions, as in SQuAD, in bfloat16, with the
trainer, the optimizer and the reporter that every run here has. The peer has the same weights,
rows, batches and precision. Two kinds of rows: all of 384 pieces, and those of our own questions
(:mod:`.squad_questions`), which the peer pads to 384 as the library's example does by default.

``python -m tests.bench.gpu [base] [large]`` needs a CUDA device and says so where there is none.
"""

import contextlib
import gc
import io
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import transformers

from bert_core.model.checkpoints import inspect
from bert_core.model.tokenizer import Tokenizer
from bert_core.settings import EMBEDDED_MODEL
from bert_core.training import models
from bert_core.training.control import Control
from bert_core.training.kinds.base import Features, Prepared
from bert_core.training.reporting import Reporter
from bert_core.training.settings import TrainSettings
from bert_core.training.tasks import find_task
from bert_core.training.trainer import FineTuner, arguments
from tests import tiny
from tests.bench.squad_questions import own_questions
from tests.unit.runs_of_tests import order

LENGTH = 384
ROWS = 1_024
WARM, STEPS = 5, 20
"""Optimizer steps before the clock starts, and those that it counts."""
WHOLE_RUN = 8_000
"""Steps of a whole run on SQuAD, on which it depends how often a loss is reported."""
OF_KIND = "questions"


@dataclass(frozen=True, slots=True)
class Size:
    """The shape of a BERT, the batches to try, and what is wanted of it."""

    layers: int
    width: int
    batches: tuple[int, ...]
    wanted: int

    def config(self, pieces: int) -> Any:
        """As the library describes it; everything else is as in the paper."""
        return transformers.BertConfig(
            vocab_size=pieces,
            num_hidden_layers=self.layers,
            hidden_size=self.width,
            num_attention_heads=self.width // 64,
            intermediate_size=4 * self.width,
        )

    def operations(self) -> float:
        """Of one row of 384 pieces, forward and back: two for each product and its sum."""
        products = 12 * self.width**2 + 2 * LENGTH * self.width
        return 3 * 2 * self.layers * LENGTH * products


SIZES = {"base": Size(12, 768, (32, 64, 128), 1_000), "large": Size(24, 1024, (32, 64), 350)}


@dataclass(frozen=True, slots=True)
class Data:
    """Encoded rows and what encoded them."""

    tokenizer: Tokenizer
    full: Features
    usual: Features


def data(folder: Path) -> Data:
    """Our own questions as they are, and on contexts so long that rows are full."""
    pieces = (EMBEDDED_MODEL / "vocab.txt").read_text("utf-8").split()
    tiny.write_bert(folder, vocab_size=len(pieces), max_position_embeddings=512)
    for name in ("vocab.txt", "tokenizer_config.json"):
        shutil.copy(EMBEDDED_MODEL / name, folder)
    tokenizer = Tokenizer(inspect(folder, source="random"))
    questions = own_questions(ROWS)
    texts = [each.context for each in questions]
    longer = [
        replace(each, context=" ".join([each.context, *texts[n : n + 8]]))
        for n, each in enumerate(questions)
    ]
    kind, settings = find_task("squad").kind, TrainSettings(max_seq_length=LENGTH)
    usual, long = (
        kind.encode(each, tokenizer, settings)  # type: ignore[attr-defined]
        for each in (questions, longer)
    )
    full = [n for n, length in enumerate(long.lengths) if length == LENGTH][: 4 * ROWS]
    return Data(tokenizer, long.part(full), usual.part(range(len(usual))))


class _Timed(Reporter):
    """The reporter of every run, which ends this one early and saves nothing."""

    def __init__(self, control: Control, settings: TrainSettings) -> None:
        super().__init__(control, settings, lambda step, partial: None)
        self.marks: list[float] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """As always; and note the time when the GPU has done all that it was given."""
        super().on_step_end(args, state, control, **more)
        mark(state.global_step, self.marks)
        control.should_training_stop = state.global_step >= WARM + STEPS


class _Clock(transformers.TrainerCallback):  # type: ignore[misc]
    def __init__(self) -> None:
        self.marks: list[float] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        mark(state.global_step, self.marks)


def mark(step: int, marks: list[float]) -> None:
    """Note the time at the first and the last step that count."""
    if step in (WARM, WARM + STEPS):
        settle()
        marks.append(time.perf_counter())


def settle() -> None:
    """Wait until the GPU has done all that it was given."""
    torch.cuda.synchronize()


def new_model(size: Size, tokenizer: Tokenizer, device: str = "cuda") -> Any:
    """Random weights, made where they are used."""
    torch.manual_seed(1)
    config = size.config(len(tokenizer.vocabulary.pieces))
    with torch.device(device):
        return transformers.BertForQuestionAnswering(config).train()


def ours(size: Size, read: Data, rows: Features, batch: int, *, compiled: bool) -> float:
    """Rows per second with this project's trainer."""
    settings = TrainSettings(
        max_seq_length=LENGTH, batch_size=batch, max_steps=WHOLE_RUN, compile=compiled,
        eval_every=WHOLE_RUN, save_every=WHOLE_RUN,
    )  # fmt: skip
    model = new_model(size, read.tokenizer)
    if compiled:
        models.compile_layers(model)
    with tempfile.TemporaryDirectory() as name:
        folder = order(Path(name), "bench")
        control = Control(folder)
        watch = _Timed(control, settings)
        trainer = FineTuner(
            model=model,
            kind=find_task("squad").kind,
            prepared=Prepared(rows, rows, (), (), {}),
            tokenizer=read.tokenizer,
            settings=settings,
            args=arguments(Path(name), settings, device="cuda:0", products="bfloat16"),
            reporter=watch,
            on_measured=lambda step, score: False,
        )
        with control, contextlib.redirect_stdout(io.StringIO()):
            trainer.train()
    return batch * STEPS / (watch.marks[1] - watch.marks[0])


def peer(size: Size, read: Data, rows: Features, batch: int) -> float:
    """Rows per second with the library's Trainer and its default collator."""
    clock = _Clock()
    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
        transformers.Trainer(
            model=new_model(size, read.tokenizer),
            args=transformers.TrainingArguments(
                output_dir=name, per_device_train_batch_size=batch, max_steps=WARM + STEPS,
                bf16=True, save_strategy="no", disable_tqdm=True, report_to="none",
            ),
            train_dataset=padded(rows, read.tokenizer.pad_id),
            data_collator=transformers.default_data_collator,
            callbacks=[clock],
        ).train()  # fmt: skip
    return batch * STEPS / (clock.marks[1] - clock.marks[0])


def padded(rows: Features, pad: int) -> list[dict[str, Any]]:
    """Rows as the library's question-answering example makes them: all of 384 pieces."""
    found = []
    for n, (ids, segments) in enumerate(zip(rows.ids, rows.segments, strict=True)):
        fill = LENGTH - len(ids)
        found.append(
            {
                "input_ids": [*ids.tolist(), *[pad] * fill],
                "token_type_ids": [*segments.tolist(), *[0] * fill],
                "attention_mask": [*[1] * len(ids), *[0] * fill],
                **{name: int(values[n]) for name, values in rows.labels.items()},
            }
        )
    return found


def measured(title: str, batch: int, size: Size, run: Callable[[], float]) -> float:
    """Run one of them, print its line, and give everything back. 0.0: it came to nothing."""
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    try:
        speed = run()
    except RuntimeError as error:  # out of memory, or what compiles is not there
        said = (str(error).splitlines() or [""])[0][:60]
        print(f"{title:<44}{batch:>6}   {type(error).__name__}: {said}", flush=True)
        return 0.0
    peak = torch.cuda.max_memory_allocated() / 2**30
    rate = speed * size.operations() / 1e12
    whole = time.perf_counter() - began
    print(f"{title:<44}{batch:>6}{speed:>9.0f}{rate:>9.0f}{peak:>9.1f}{whole:>8.1f}", flush=True)
    return speed


def compare(name: str, read: Data) -> None:
    """Find the best batch on full rows, then hold everything against the peer."""
    size = SIZES[name]
    print(f"\nBERT-{name}, rows of {LENGTH} pieces, bfloat16, wanted: {size.wanted:,} rows/s")
    heads = ("batch", "rows/s", "TFLOP/s", "GiB", "s")
    print(f"{'':<44}{heads[0]:>6}{heads[1]:>9}{heads[2]:>9}{heads[3]:>9}{heads[4]:>8}", flush=True)
    tried = {}
    for batch in size.batches:
        tried[batch] = measured(
            "BERT Explorer", batch, size,
            lambda batch=batch: ours(size, read, read.full, batch, compiled=False),  # type: ignore[misc]
        )  # fmt: skip
    best = max(tried, key=tried.__getitem__)
    theirs = measured("Trainer", best, size, lambda: peer(size, read, read.full, best))
    usual = measured(
        f"BERT Explorer, {OF_KIND} as they are", best, size,
        lambda: ours(size, read, read.usual, best, compiled=False),
    )  # fmt: skip
    padding = measured(
        f"Trainer, {OF_KIND} padded to {LENGTH}", best, size,
        lambda: peer(size, read, read.usual, best),
    )  # fmt: skip
    fast = measured(
        "BERT Explorer, compile=True", best, size,
        lambda: ours(size, read, read.full, best, compiled=True),
    )  # fmt: skip
    if theirs and padding:
        print(
            f"Against Trainer: {tried[best] / theirs:.2f}, compiled {fast / theirs:.2f}, on "
            f"{OF_KIND} as they are {usual / padding:.2f}.",
            flush=True,
        )


def main(names: Sequence[str] = ("base", "large")) -> None:
    """Measure every size, or say that there is no GPU."""
    if not torch.cuda.is_available():
        print("\nTraining on a GPU: not measured, there is no CUDA device here.")
        return
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as name:
        read = data(Path(name))
    lengths = read.usual.lengths
    print(
        f"\nTraining on {torch.cuda.get_device_name(0)}, torch {torch.__version__}, transformers "
        f"{transformers.__version__}; {len(read.full):,} full rows; {len(lengths):,} rows of "
        f"{OF_KIND}, {sum(lengths) / len(lengths):.0f} pieces on average. Operations are counted "
        "for rows of 384.",
        flush=True,
    )
    for each in names:
        compare(each, read)


if __name__ == "__main__":
    main(sys.argv[1:] or tuple(SIZES))
