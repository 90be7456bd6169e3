"""Masked words per second, against transformers' own fill-mask pipeline at its best batch size.

Same weights (float32 in the peer and in our exact mode), same texts, same number of threads,
same process. Rounds alternate between the two, so that a busy machine slows both; the ratio is
the median over rounds.
"""

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
ROUNDS = 5
Answers = list[list[int]]


def masked_texts(count: int) -> list[str]:
    """``count`` texts of one to four sentences with one word masked, lengths mixed."""
    lines = [line for line in SENTENCES.read_text("utf-8").splitlines() if line.strip()]
    texts = []
    for number in range(count):
        first = number * 7 % len(lines)
        chosen = [lines[(first + i) % len(lines)] for i in range(1 + number % 4)]
        words = " ".join(chosen).split()
        words[number * 5 % (len(words) - 1)] = "[MASK]"
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
    times = {batch: seconds(lambda: peer_answers(pipeline, part, batch)) for batch in BATCHES}
    print("peer, texts per second by batch size: ", end="")
    print(", ".join(f"{batch}: {len(part) / spent:.0f}" for batch, spent in times.items()))
    return min(times, key=lambda batch: times[batch])


def agreement(first: Answers, second: Answers, k: int) -> float:
    """Share of texts whose best ``k`` pieces are the same in the same order."""
    same = sum(a[:k] == b[:k] for a, b in zip(first, second, strict=True))
    return same / len(first)


def main() -> None:
    """Measure and print."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    texts = masked_texts(TEXTS)
    modes = ["exact"] + (["fast"] if list_devices()[0].fast else [])
    encoders = {
        mode: bert_core.load(bert_core.ModelChoice(precision=mode))  # type: ignore[arg-type]
        for mode in modes
    }
    lengths = [len(tokens) for tokens in encoders["exact"].tokenize_many(texts)]
    print(f"{TEXTS} texts of {min(lengths)}-{max(lengths)} pieces, {torch.get_num_threads()} threads")
    pipeline = peer_pipeline()
    batch = best_batch(pipeline, texts)
    answers = {mode: our_answers(encoder, texts) for mode, encoder in encoders.items()}
    truth = peer_answers(pipeline, texts, batch)
    peer_times, ratios, speeds = [], {m: [] for m in modes}, {m: [] for m in modes}
    for _ in range(ROUNDS):
        peer_times.append(seconds(lambda: peer_answers(pipeline, texts, batch)))
        for mode, encoder in encoders.items():
            spent = seconds(lambda encoder=encoder: our_answers(encoder, texts))
            ratios[mode].append(peer_times[-1] / spent)
            speeds[mode].append(TEXTS / spent)
    peer = TEXTS / statistics.median(peer_times)
    print(f"{'':<24}{'texts/s':>9}{'ratio':>8}{'same top-1':>12}{'same top-5':>12}")
    print(f"{f'pipeline, batch {batch}':<24}{peer:>9.0f}{1:>8.2f}")
    for mode in modes:
        print(
            f"{f'BERT Explorer, {mode}':<24}{statistics.median(speeds[mode]):>9.0f}"
            f"{statistics.median(ratios[mode]):>8.2f}"
            f"{agreement(answers[mode], truth, 1):>12.1%}{agreement(answers[mode], truth, 5):>12.1%}"
        )
