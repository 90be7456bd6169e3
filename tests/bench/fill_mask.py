"""Masked words per second, against transformers' own fill-mask pipeline at its best batch size.

Same weights (float32 in the peer and in our exact mode), same texts, same number of threads,
same process. Rounds alternate between the two, so that a busy machine slows both; the ratio is
the median over rounds.
"""

import functools
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

import bert_core
from bert_core.model.devices import list_devices
from bert_core.settings import EMBEDDED_MODEL

SENTENCES = Path(__file__).resolve().parents[1] / "golden" / "held_out.txt"
TEXTS = 512
TOP_K = 5
BATCHES = (1, 2, 4, 8, 16, 32, 64)
ROUNDS = 3
Answers = list[list[int]]


def masked_texts(count: int, longest: int) -> list[str]:
    """``count`` texts of 1 to ``longest`` sentences each, with one word masked.

    The lengths come in a fixed shuffled order, as texts of a file do.
    """
    lines = [line for line in SENTENCES.read_text("utf-8").splitlines() if line.strip()]
    chance = random.Random(12345)  # noqa: S311 - reproducible lengths, no secret
    texts = []
    for number in range(count):
        size = chance.randint(1, longest)
        words = " ".join(lines[(number * 7 + i) % len(lines)] for i in range(size)).split()
        words[chance.randrange(len(words) - 1)] = "[MASK]"
        texts.append(" ".join(words))
    return texts


def peer_pipeline() -> Any:
    """The library's pipeline on the embedded weights in float32."""
    return transformers.pipeline(
        "fill-mask", model=str(EMBEDDED_MODEL), device=-1, dtype=torch.float32, top_k=TOP_K
    )


def peer_answers(pipeline: Any, texts: Sequence[str], batch: int) -> Answers:
    """Ids of the best pieces from the pipeline."""
    found = pipeline(list(texts), batch_size=batch)
    return [[each["token"] for each in line] for line in found]


def our_answers(encoder: bert_core.Encoder, texts: Sequence[str]) -> Answers:
    """Ids of the best pieces from this project."""
    found = bert_core.top_words(encoder, texts, k=TOP_K)
    return [[each.id for each in line[0]] for line in found]


def seconds(run: Callable[[], object]) -> float:
    """Wall time of one call."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def best_batch(pipeline: Any, texts: Sequence[str]) -> int:
    """The batch size at which the pipeline is fastest on a part of the texts."""
    peer_answers(pipeline, texts[:16], 1)
    part = texts[:128]
    times = {}
    for batch in BATCHES:
        times[batch] = seconds(functools.partial(peer_answers, pipeline, part, batch))
    print("peer, texts per second by batch size: ", end="")
    print(", ".join(f"{batch}: {len(part) / spent:.0f}" for batch, spent in times.items()))
    return min(times, key=lambda batch: times[batch])


def agreement(first: Answers, second: Answers, k: int) -> float:
    """Share of texts whose best ``k`` pieces are the same in the same order."""
    same = sum(a[:k] == b[:k] for a, b in zip(first, second, strict=True))
    return same / len(first)


def measure(name: str, texts: Sequence[str], encoders: dict[str, bert_core.Encoder]) -> None:
    """Alternate the peer and every mode of ours, and print the medians."""
    lengths = [len(tokens) for tokens in encoders["exact"].tokenize_many(texts)]
    mean = statistics.mean(lengths)
    print(f"\n{name}: {len(texts)} texts, {min(lengths)}-{max(lengths)} pieces, mean {mean:.0f}")
    pipeline = peer_pipeline()
    batch = best_batch(pipeline, texts)
    truth = peer_answers(pipeline, texts, batch)
    answers = {mode: our_answers(encoder, texts) for mode, encoder in encoders.items()}
    peer: list[float] = []
    ours: dict[str, list[float]] = {mode: [] for mode in encoders}
    for _ in range(ROUNDS):
        peer.append(seconds(functools.partial(peer_answers, pipeline, texts, batch)))
        for mode, encoder in encoders.items():
            ours[mode].append(seconds(functools.partial(our_answers, encoder, texts)))
    speed = len(texts) / statistics.median(peer)
    print(f"{'':<24}{'texts/s':>9}{'ratio':>8}{'same top-1':>12}{'same top-5':>12}")
    print(f"{f'pipeline, batch {batch}':<24}{speed:>9.0f}{1:>8.2f}")
    for mode, spent in ours.items():
        ratio = statistics.median(a / b for a, b in zip(peer, spent, strict=True))
        print(
            f"{f'BERT Explorer, {mode}':<24}{len(texts) / statistics.median(spent):>9.0f}"
            f"{ratio:>8.2f}{agreement(answers[mode], truth, 1):>12.1%}"
            f"{agreement(answers[mode], truth, 5):>12.1%}"
        )


def main() -> None:
    """Measure on texts of equal and of mixed lengths."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    modes = ["exact"] + (["fast"] if list_devices()[0].fast else [])
    encoders = {
        mode: bert_core.load(bert_core.ModelChoice(precision=mode))  # type: ignore[arg-type]
        for mode in modes
    }
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    measure("single sentences", masked_texts(TEXTS, 1), encoders)
    measure("1 to 6 sentences", masked_texts(TEXTS, 6), encoders)
