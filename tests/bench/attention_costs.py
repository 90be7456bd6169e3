"""What the measures of attention cost beside a forward pass, at BERT-base's size.

Weights are random. Costs are seconds of processor time of all threads, since other work on the
machine does not change them as much; rounds alternate and ratios are medians of rounds. Memory is
the peak of a process of its own for each measure.

``python -m tests.bench.attention_costs FOLDER forward|norm`` prints one peak.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bert_core
from bert_core import Encoder, ModelChoice, Tokens
from bert_core.analysis.attention.ranking import rank_heads
from bert_core.analysis.attention.values import norm_weights
from tests import tiny

PIECES = 128
ROUNDS = 5
VOCABULARY = 30_522


def write_base(folder: Path) -> None:
    """A checkpoint of BERT-base's size, whose vocabulary is ours and filled up."""
    tiny.write_bert(
        folder, hidden_size=768, num_hidden_layers=12, num_attention_heads=12,
        intermediate_size=3072, max_position_embeddings=512, vocab_size=VOCABULARY,
    )  # fmt: skip
    pieces = tiny.vocabulary()
    pieces += [f"[unused{number}]" for number in range(VOCABULARY - len(pieces))]
    tiny.write_vocabulary(folder, pieces, lower=True)


def text_of(pieces: int) -> str:
    """A text of so many pieces, the two around it included; its fourth word is masked."""
    words = (tiny.WORDS * (pieces // len(tiny.WORDS) + 1))[: pieces - 2]
    return " ".join([*words[:3], "[MASK]", *words[4:]])


def masked_logits(encoder: Encoder, batch: list[Tokens]) -> None:
    """The words at the first mask of each text: our leanest forward pass."""
    for _ in encoder.masked_logits(batch, [tokens.masks[:1] for tokens in batch]):
        pass


def processor_seconds(run: Callable[[], object]) -> float:
    """Processor time of one call, all threads together."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


def alternate(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each, round by round; the first call of each is not counted."""
    for run in runs.values():
        run()
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            spent[name].append(processor_seconds(run))
    return spent


def ratio(above: list[float], below: list[float]) -> float:
    """Median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def peak(folder: Path, name: str) -> float:
    """Peak memory of one measure in a process of its own, in MiB."""
    command = [sys.executable, "-m", "tests.bench.attention_costs", str(folder), name]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def print_peak(folder: str, name: str) -> None:
    """Compute once and print the process's peak since the model is loaded, in MiB."""
    encoder = bert_core.load(ModelChoice(source=folder))
    tokens = encoder.tokenize(text_of(PIECES))
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew, see proc(5)
    if name == "norm":
        norm_weights(encoder, tokens)
    else:
        encoder.trace(tokens)
    status = Path("/proc/self/status").read_text().splitlines()
    kib = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    print(int(kib) / 1024)


def measure(folder: Path) -> None:
    """Print what the norm-weighted measure and the ranking cost."""
    encoder = bert_core.load(ModelChoice(source=str(folder)))
    tokens = encoder.tokenize(text_of(PIECES))
    heads = encoder.checkpoint.attention_heads
    runs: dict[str, Callable[[], object]] = {
        "forward": lambda: encoder.trace(tokens),
        "norm": lambda: norm_weights(encoder, tokens),
    }
    spent = alternate(runs, ROUNDS)
    above = peak(folder, "norm") - peak(folder, "forward")
    print(f"\nBERT-base's size, {len(tokens)} pieces; seconds of processor time")
    print(f"{'forward pass':<36}{statistics.median(spent['forward']):>8.2f} s")
    print(f"{'norm-weighted measure':<36}{statistics.median(spent['norm']):>8.2f} s"
          f"{ratio(spent['norm'], spent['forward']):>8.2f} x "
          f"{above:>8.0f} MiB above it")  # fmt: skip
    runs = {
        "one": lambda: masked_logits(encoder, [tokens]),
        "batch": lambda: masked_logits(encoder, [tokens] * heads),
        "ranking": lambda: rank_heads(encoder, tokens),
    }
    spent = alternate(runs, 2)
    print(f"{'words at a mask, one text':<36}{statistics.median(spent['one']):>8.2f} s")
    name = f"the same for a batch of {heads} copies"
    print(f"{name:<36}{statistics.median(spent['batch']):>8.2f} s")
    print(f"{'all 144 heads ranked':<36}{statistics.median(spent['ranking']):>8.2f} s"
          f"{ratio(spent['ranking'], spent['batch']):>8.2f} x the batch's pass"
          f"{ratio(spent['ranking'], spent['one']):>8.1f} x one text's")  # fmt: skip


def main() -> None:
    """Measure with a checkpoint that is written for it and removed."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BERT_EXPLORER_FOLDERS"] = folder
        write_base(Path(folder) / "base")
        measure(Path(folder) / "base")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print_peak(*sys.argv[1:])
    else:
        main()
