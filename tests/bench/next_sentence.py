"""Next-sentence pairs per second, against a plain loop over transformers' own model.

Same weights in float32, same pairs, same number of pairs per batch, same threads, same process.
The plain loop is what a person would write: batches in the order of the file, padded to their
longest pair. Rounds alternate between the two, so that a busy machine slows both; the ratio is the
median over rounds.
"""

import functools
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

import bert_core
from bert_core.model import batching
from bert_core.settings import EMBEDDED_MODEL

SENTENCES = Path(__file__).resolve().parents[1] / "golden" / "held_out.txt"
PAIRS = 256
BATCHES = (8, 16, 32, 64)
ROUNDS = 3
Pairs = list[tuple[str, str]]


def pairs_of(count: int, longest: int) -> Pairs:
    """``count`` pairs; each text has 1 to ``longest`` sentences, in a fixed shuffled order."""
    lines = [line for line in SENTENCES.read_text("utf-8").splitlines() if line.strip()]
    chance = random.Random(12345)  # noqa: S311 - reproducible lengths, no secret

    def text() -> str:
        first = chance.randrange(len(lines) - longest)
        return " ".join(lines[first : first + chance.randint(1, longest)])

    return [(text(), text()) for _ in range(count)]


def peer_scores(model: Any, tokenizer: Any, pairs: Pairs, batch: int) -> np.ndarray:
    """P(is next) from a plain loop, shape (pairs,)."""
    found = []
    with torch.inference_mode():
        for first in range(0, len(pairs), batch):
            texts, seconds_ = zip(*pairs[first : first + batch], strict=True)
            inputs = tokenizer(list(texts), list(seconds_), padding=True, return_tensors="pt")
            logits = model(**inputs).logits
            found.append(logits.softmax(dim=-1)[:, 0].numpy())
    return np.concatenate(found)


def our_scores(encoder: bert_core.Encoder, pairs: Pairs) -> np.ndarray:
    """The same from this project."""
    return np.array([score.p_is_next for score in bert_core.score_pairs(encoder, pairs)])


def seconds(run: Callable[[], object]) -> float:
    """Wall time of one call."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def pairs_per_batch(encoder: bert_core.Encoder, pairs: Pairs) -> int:
    """Pairs in one of our batches, at the median: the peer gets as many."""
    lengths = [len(encoder.tokenize(*pair, masks=False)) for pair in pairs]
    print(f"{min(lengths)}-{max(lengths)} pieces, mean {statistics.mean(lengths):.0f}")
    return int(statistics.median(len(members) for members in batching.plan(lengths)))


def measure(name: str, pairs: Pairs, encoder: bert_core.Encoder, model: Any) -> None:
    """Alternate the two; print the medians at our batch size, and at the peer's best one."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(EMBEDDED_MODEL)
    print(f"\n{name}: {len(pairs)} pairs, ", end="")
    same = pairs_per_batch(encoder, pairs)
    peer = functools.partial(peer_scores, model, tokenizer)
    part = pairs[:64]
    peer(part, 8)
    tried = {batch: seconds(lambda batch=batch: peer(part, batch)) for batch in BATCHES}
    best = min(tried, key=lambda batch: tried[batch])
    ours = our_scores(encoder, pairs)
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for label, run in _runs(peer, encoder, pairs, same, best):
            times.setdefault(label, []).append(seconds(run))
    apart = float(np.abs(ours - peer(pairs, same)).max())
    print(f"{'':<36}{'pairs/s':>9}{'ours is':>9}")
    mine = times["BERT Explorer"]
    for label, spent in times.items():
        ratio = statistics.median(a / b for a, b in zip(spent, mine, strict=True))
        speed = len(pairs) / statistics.median(spent)
        print(f"{label:<36}{speed:>9.1f}{f'x {ratio:.2f}':>9}")
    print(f"largest difference of P(is next): {apart:.1e}")


def _runs(
    peer: Callable[[Pairs, int], object],
    encoder: bert_core.Encoder,
    pairs: Pairs,
    same: int,
    best: int,
) -> Sequence[tuple[str, Callable[[], object]]]:
    """What one round times, by its name."""
    return (
        (f"plain loop, {same} a batch as here", functools.partial(peer, pairs, same)),
        (f"plain loop, its best: {best} a batch", functools.partial(peer, pairs, best)),
        ("BERT Explorer", functools.partial(our_scores, encoder, pairs)),
    )


def main() -> None:
    """Measure on pairs of single sentences, and of mixed lengths."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    model = transformers.BertForNextSentencePrediction.from_pretrained(
        EMBEDDED_MODEL, dtype=torch.float32
    )
    model.eval()
    encoder = bert_core.load()
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    measure("single sentences", pairs_of(PAIRS, 1), encoder, model)
    measure("1 to 6 sentences", pairs_of(PAIRS, 6), encoder, model)


if __name__ == "__main__":
    main()
