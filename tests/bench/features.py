"""Word pieces per second into features, against the plain loop with transformers.

The peer is what one writes with the library: tokenise 32 lines, pad them to the longest, one
forward pass with all hidden states, the last four layers of every piece to arrays. The other peer
pads every line to 128 pieces, as extract_features.py does. Same weights in float32, lines, pieces,
threads and process; rounds alternate, ratios are medians of rounds. Then the same with the writing
of extract_features' JSONL on both sides, the peer as the reference writes it.
"""

import functools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

import bert_core
from bert_core.features.extract import LAYERS, MAX_LENGTH, states
from bert_core.features.lines import read_lines
from bert_core.model.devices import list_devices
from bert_core.settings import EMBEDDED_MODEL
from tests.bench.fill_mask import masked_texts

LINES = 256
WRITTEN = 64
BATCH = 32
ROUNDS = 3
WANTED = 1.5
Arrays = list[np.ndarray]
"""Of each line, (T, K, H)."""
Seconds = tuple[float, float]


class Peer:
    """The library's model and tokenizer on the embedded weights."""

    def __init__(self) -> None:
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(EMBEDDED_MODEL)
        self.model = transformers.AutoModel.from_pretrained(
            EMBEDDED_MODEL, dtype=torch.float32
        ).eval()

    def batches(self, lines: Sequence[str], padding: bool | str) -> Iterator[tuple[Any, Any]]:
        """Inputs and chosen hidden states, 32 lines at a time, in their order."""
        for first in range(0, len(lines), BATCH):
            inputs = self.tokenizer(
                list(lines[first : first + BATCH]), padding=padding, truncation=True,
                max_length=MAX_LENGTH, return_tensors="pt",
            )  # fmt: skip
            with torch.inference_mode():
                hidden = self.model(**inputs, output_hidden_states=True).hidden_states
            yield inputs, [hidden[layer].numpy() for layer in LAYERS]

    def arrays(self, lines: Sequence[str], padding: bool | str) -> Arrays:
        """Hidden states of every line, without padding."""
        found = []
        for inputs, layers in self.batches(lines, padding):
            lengths = inputs["attention_mask"].sum(dim=1).tolist()
            found += [
                np.stack([layer[row, :length] for layer in layers], axis=1)
                for row, length in enumerate(lengths)
            ]
        return found

    def jsonl(self, lines: Sequence[str], out: Path) -> None:
        """The same as the reference writes it."""
        with out.open("w") as file:
            for number, rows in enumerate(self.arrays(lines, True)):
                tokens = self.tokenizer.convert_ids_to_tokens(
                    self.tokenizer(lines[number], truncation=True, max_length=MAX_LENGTH).input_ids
                )
                features = [
                    {"token": token, "layers": [
                        {"index": index, "values": [round(float(x), 6) for x in row.flat]}
                        for index, row in zip(LAYERS, layers, strict=True)
                    ]}
                    for token, layers in zip(tokens, rows, strict=True)
                ]  # fmt: skip
                file.write(json.dumps({"linex_index": number, "features": features}) + "\n")


def our_arrays(encoder: bert_core.Encoder, path: Path) -> Arrays:
    """Hidden states of every line of a file."""
    return states(encoder, list(read_lines(encoder, path, MAX_LENGTH)), LAYERS)


def seconds(run: Callable[[], object]) -> tuple[float, float]:
    """Wall time of one call, and processor time of all threads."""
    begun, used = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - begun, time.process_time() - used


def ratio(peer: Sequence[Seconds], ours: Sequence[Seconds], clock: int = 0) -> float:
    """How many times as fast ours is, the median of rounds; by wall time 0, processor time 1."""
    return statistics.median(a[clock] / b[clock] for a, b in zip(peer, ours, strict=True))


def compare(title: str, runs: dict[str, Callable[[], object]], pieces: int) -> tuple[float, float]:
    """Alternate all; print word pieces per second, and how many times as fast ours are.

    Names of ours begin with ``BERT Explorer``; the ratios of the first of them to the first peer
    come back, by wall time and by processor time, which other work on the machine hardly changes.
    """
    spent: dict[str, list[Seconds]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            spent[name].append(seconds(run))
    ours = [name for name in runs if name.startswith("BERT Explorer")]
    print(f"\n{title:<44}{'pieces/s':>9}  times as fast: {', '.join(ours)}")
    for name, times in spent.items():
        ratios = "".join(f"{ratio(times, spent[mine]):>9.2f}" for mine in ours)
        speed = pieces / statistics.median(wall for wall, _ in times)
        print(f"{name:<44}{speed:>9.0f}{'' if name in ours else ratios}")
    first = spent[next(iter(runs))], spent[ours[0]]
    return ratio(*first), ratio(*first, clock=1)


def farthest(first: Arrays, second: Arrays) -> float:
    """Largest difference of two values."""
    return max(float(np.abs(a - b).max()) for a, b in zip(first, second, strict=True))


def measure(name: str, lines: Sequence[str], encoders: dict[str, bert_core.Encoder]) -> None:
    """Both peers and all our modes on some lines, then the first of them as JSONL."""
    peer = Peer()
    with tempfile.TemporaryDirectory() as folder:
        path, few, out = (Path(folder) / each for each in ("all.txt", "few.txt", "f.jsonl"))
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        few.write_text("".join(line + "\n" for line in lines[:WRITTEN]), encoding="utf-8")
        truth = peer.arrays(lines, True)
        lengths = [len(rows) for rows in truth]
        print(
            f"\n{name}: {len(lines)} lines, {min(lengths)}-{max(lengths)} pieces, mean "
            f"{statistics.mean(lengths):.0f}; {sum(n == MAX_LENGTH for n in lengths)} cut or full"
        )
        for mode, encoder in encoders.items():
            gap = farthest(truth, our_arrays(encoder, path))
            print(f"{mode}: {gap:.1e} from the peer at most")
        own = {
            f"BERT Explorer, {mode}": functools.partial(our_arrays, encoder, path)
            for mode, encoder in encoders.items()
        }
        peers = {
            "plain loop, padded to the longest of 32": functools.partial(peer.arrays, lines, True),
            "plain loop, padded to 128": functools.partial(peer.arrays, lines, "max_length"),
        }
        wall, used = compare("to arrays", {**peers, **own}, sum(lengths))
        print(
            f"Wanted of the exact mode: {WANTED} times the plain loop. By the clock it is "
            f"{wall:.2f} times, in processor time {used:.2f} times"
            + (": enough." if min(wall, used) >= WANTED else ": short of it.")
        )
        written = functools.partial(bert_core.extract, encoders["exact"], few, out=out)
        compare(
            f"to JSONL, {WRITTEN} lines",
            {
                "plain loop, padded to the longest of 32": functools.partial(
                    peer.jsonl, lines[:WRITTEN], out
                ),
                "BERT Explorer, exact": written,
            },
            sum(lengths[:WRITTEN]),
        )


def main() -> None:
    """Measure on lines of equal and of mixed lengths."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    modes = ["exact"] + (["fast"] if list_devices()[0].fast else [])
    encoders = {
        mode: bert_core.load(bert_core.ModelChoice(precision=mode))  # type: ignore[arg-type]
        for mode in modes
    }
    print(f"\nFeatures, {torch.get_num_threads()} threads, torch {torch.__version__}")
    for name, longest in (("single sentences", 1), ("1 to 6 sentences", 6)):
        # A mask is text to extract_features and a special piece to the library.
        lines = [text.replace("[MASK]", "it") for text in masked_texts(LINES, longest)]
        measure(name, lines, encoders)


if __name__ == "__main__":
    main()
