"""Optimizer steps per second, against a plain transformers Trainer at its defaults.

Same weights, data, batch size and precision, same process and threads; rounds alternate between
the two, so that a busy machine slows both, and the ratio is the median over rounds. The peer is
what the library's own examples do: its Trainer, its tokenizer, its padding collator.
"""

import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import transformers

from bert_core.data.examples import TextExample
from bert_core.model.choice import ModelChoice
from bert_core.model.devices import list_devices
from bert_core.model.sources import find
from bert_core.model.tokenizer import Tokenizer
from bert_core.settings import EMBEDDED_MODEL
from bert_core.training.kinds.base import Prepared
from bert_core.training.settings import TrainSettings
from bert_core.training.tasks import find_task
from bert_core.training.timing import Watch
from bert_core.training.trainer import FineTuner, arguments
from tests.bench.fill_mask import SENTENCES

EXAMPLES = 1_600
BATCH = 32
STEPS = 20
ROUNDS = 3
LABELS = ("0", "1")


def examples() -> list[TextExample]:
    """Texts of 1 to 6 sentences, as lengths vary in real data, with labels drawn at random."""
    lines = [line for line in SENTENCES.read_text("utf-8").splitlines() if line.strip()]
    chance = random.Random(7)  # noqa: S311 - reproducible, no secret
    found = []
    for row in range(EXAMPLES):
        size = min(chance.randint(1, 6), chance.randint(1, 6))
        text = " ".join(lines[(row * 11 + n) % len(lines)] for n in range(size))
        found.append(TextExample(row=row, text=text, pair=None, label=chance.choice(LABELS)))
    return found


def our_seconds(data: list[TextExample], products: str, folder: Path) -> float:
    """Time of ``STEPS`` steps, the first left out, with this project's trainer."""
    start = find(ModelChoice())
    tokenizer = Tokenizer(start)
    kind = find_task("sst2").kind
    settings = TrainSettings(batch_size=BATCH, max_steps=STEPS + 1)
    features = kind.encode(data, tokenizer, settings, labels=LABELS)  # type: ignore[attr-defined]
    watch = Watch()
    FineTuner(
        model=kind.model(start.folder, labels=LABELS, seed=1),
        kind=kind,
        prepared=Prepared(features, features, data, LABELS, {}),
        tokenizer=tokenizer,
        settings=settings,
        args=arguments(folder, settings, device="cpu", products=products),
        reporter=watch,  # type: ignore[arg-type]
        on_measured=lambda step, score: False,
    ).train()
    return watch.times[-1] - watch.times[1]


class _Clock(transformers.TrainerCallback):  # type: ignore[misc]
    def __init__(self) -> None:
        self.times: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.times.append(time.perf_counter())


def peer_seconds(data: list[TextExample], products: str, folder: Path) -> float:
    """The same with the library's Trainer."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(EMBEDDED_MODEL)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        EMBEDDED_MODEL, dtype=torch.float32, num_labels=2
    )
    rows = [
        {**tokenizer(each.text, truncation=True, max_length=128), "labels": int(str(each.label))}
        for each in data
    ]
    clock = _Clock()
    transformers.Trainer(
        model=model,
        args=transformers.TrainingArguments(
            output_dir=str(folder), per_device_train_batch_size=BATCH, max_steps=STEPS + 1,
            bf16=products == "bfloat16", use_cpu=True, save_strategy="no", disable_tqdm=True,
            dataloader_pin_memory=False,
        ),
        train_dataset=rows,
        data_collator=transformers.DataCollatorWithPadding(tokenizer),
        callbacks=[clock],
    ).train()  # fmt: skip
    return clock.times[-1] - clock.times[0]


def main() -> None:
    """Compare at every precision that this machine computes natively."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    data = examples()
    fast = list_devices()[0].fast
    peers: dict[str, list[float]] = {}
    ours: dict[str, list[float]] = {}
    kinds = ["float32", *([fast] if fast else [])]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for _ in range(ROUNDS):
            for products in kinds:
                peers.setdefault(products, []).append(peer_seconds(data, products, folder))
                ours.setdefault(products, []).append(our_seconds(data, products, folder))
    print(f"\nFine-tuning, batches of {BATCH}, {torch.get_num_threads()} threads")
    print(f"{'':<30}{'steps/s':>9}{'ratio':>8}")
    for products in kinds:
        print(f"{f'Trainer, {products}':<30}{STEPS / statistics.median(peers[products]):>9.2f}")
        pairs = zip(peers[products], ours[products], strict=True)
        ratio = statistics.median(peer / own for peer, own in pairs)
        own = STEPS / statistics.median(ours[products])
        print(f"{f'BERT Explorer, {products}':<30}{own:>9.2f}{ratio:>8.2f}")
    if fast:
        pairs = zip(peers["float32"], ours[fast], strict=True)
        ratio = statistics.median(peer / own for peer, own in pairs)
        print(f"BERT Explorer, {fast}, against Trainer, float32: {ratio:.2f}")


if __name__ == "__main__":
    main()
