"""Questions per second, against the usual ways to ask the same reader with transformers.

The peers are the library's question-answering example, padded to 384 pieces as it does by
default and to the longest of a batch, and a loop over single questions, padded and not; see
:mod:`.run_qa`. Same weights, windows, threads and process; float32, but for our fast mode. Rounds
alternate, so that a busy machine slows all; ratios are medians of rounds.

``python -m tests.bench.squad [FILE] [--questions N]`` takes the first questions of a file in the
form of SQuAD instead of those of :mod:`.squad_questions`.
"""

import argparse
import functools
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
import transformers

import bert_core
from bert_core.data.squad import read_squad
from bert_core.metrics.squad import score
from bert_core.model.devices import list_devices
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.decoders import Decoder, decide
from bert_core.tasks.spans.features import SpanSettings, encode
from bert_core.tasks.spans.places import piece_places
from bert_core.tasks.spans.trace import SpanTrace
from bert_core.tasks.squad import trace_questions
from tests.bench import run_qa
from tests.bench.run_qa import Examples, Peer, Texts
from tests.bench.squad_questions import own_questions

QUESTIONS = 300
ROUNDS = 3
# Windows that share 128 pieces, as run_qa's do: both sides then see the same ones.
LAYOUT = SpanSettings(run_qa.MAX_LENGTH, run_qa.SHARED, overlap=True)
RULES = DecodeSettings(n_best=run_qa.N_BEST, max_answer_length=run_qa.MAX_ANSWER)
DEFAULT = "run_qa, padded to 384 (its default)"
DYNAMIC = "run_qa, padded to the longest of 8"
Seconds = list[float]
"""Of each round."""


@dataclass(slots=True)
class Costs:
    """Seconds of one mode of ours, round by round."""

    preparing: Seconds = field(default_factory=list)
    reading: Seconds = field(default_factory=list)
    deciding: Seconds = field(default_factory=list)

    def whole(self) -> Seconds:
        """From texts to answers."""
        return [read + decided for read, decided in zip(self.reading, self.deciding, strict=True)]

    def sentence(self) -> str:
        """Where the time goes."""
        rounds = zip(self.preparing, self.reading, self.deciding, strict=True)
        share = statistics.median(last / (read - first) for first, read, last in rounds)
        preparing, deciding = statistics.median(self.preparing), statistics.median(self.deciding)
        return (
            f"{preparing:.2f} s to make windows, "
            f"{statistics.median(self.reading) - preparing:.2f} s forward pass, {deciding:.2f} s "
            f"to decode, which is {share:.1%} of the forward pass"
        )


def seconds(run: Callable[[], object]) -> float:
    """Wall time of one call."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def prepare(encoder: bert_core.Encoder, examples: Examples) -> None:
    """What reading does before the forward pass, by itself."""
    tokenizer = encoder.tokenizer
    features = encode(
        examples, encoder.cut_words, cls_id=tokenizer.cls_id, sep_id=tokenizer.sep_id,
        seps_between=tokenizer.seps_between, settings=LAYOUT,
    )  # fmt: skip
    piece_places(features.contexts, encoder.places_in_words)


def read(encoder: bert_core.Encoder, examples: Examples) -> SpanTrace:
    """Windows and forward pass."""
    return trace_questions(encoder, examples, layout=LAYOUT)


def decided(trace: SpanTrace, decoder: Decoder = "google") -> Texts:
    """Answers by the id of the question."""
    found = decide(trace, RULES, decoder=decoder)
    return {each.id: answer.text for each, answer in zip(trace.examples, found, strict=True)}


def time_ours(encoder: bert_core.Encoder, examples: Examples, costs: Costs) -> None:
    """One round."""
    costs.preparing.append(seconds(lambda: prepare(encoder, examples)))
    begun = time.perf_counter()
    trace = read(encoder, examples)
    costs.reading.append(time.perf_counter() - begun)
    costs.deciding.append(seconds(lambda: decided(trace)))


def different(first: Texts, second: Texts) -> int:
    """Number of questions with different answers."""
    return sum(text != second[id_] for id_, text in first.items())


def compare(peer: Peer, trace: SpanTrace, texts: Texts) -> None:
    """Say whether windows, logits and answers of run_qa and of the exact mode are the same."""
    windows = peer.windows(trace.examples, False)
    ours = [window.ids.tolist() for window in trace.features.windows]
    theirs = windows["input_ids"]
    same = sum(a == b for a, b in zip(ours, theirs, strict=False))
    print(f"Windows: {len(theirs)} of run_qa, {len(ours)} of ours, {same} with the same pieces.")
    print(
        f"Answers of run_qa that differ: {different(texts, decided(trace, 'hf'))} from ours by its "
        f"own rules, {different(texts, decided(trace))} from ours by run_squad's."
    )
    if len(ours) != len(theirs) or same < len(ours):
        print("Not all windows are the same, so the logits are not compared.")
        return
    starts, ends = (
        tuple(row[: len(ids)] for row, ids in zip(rows, ours, strict=True))
        for rows in peer.logits(windows)
    )
    gaps = np.concatenate(starts + ends) - np.concatenate(trace.starts + trace.ends)
    by_peer = decided(replace(trace, starts=starts, ends=ends))
    print(
        f"Logits: {np.abs(gaps).max():.1e} apart at most; by run_squad's rules on either, "
        f"{different(by_peer, decided(trace))} answers differ."
    )


def report(
    examples: Examples,
    peers: Mapping[str, Seconds],
    ours: Mapping[str, Costs],
    texts: Mapping[str, Texts],
) -> None:
    """Print a table of medians, and the ratios in a sentence."""
    spent = {**peers, **{mode: costs.whole() for mode, costs in ours.items()}}
    ratios = {
        (name, mode): statistics.median(
            a / b for a, b in zip(spent[name], spent[mode], strict=True)
        )
        for name in peers
        for mode in ours
    }
    print(f"\n{'':<38}{'questions/s':>12}{'F1':>8}  times as fast: {', '.join(ours)}")
    for name, times in spent.items():
        speed, f1 = len(examples) / statistics.median(times), score(examples, texts[name]).metrics
        line = "".join(f"{ratios[name, mode]:>9.2f}" for mode in ours) if name in peers else ""
        title = name if name in peers else f"BERT Explorer, {name}"
        print(f"{title:<38}{speed:>12.1f}{f1['f1']:>8.2f}{line}")
    for mode, costs in ours.items():
        print(
            f"BERT Explorer, {mode}: {ratios[DEFAULT, mode]:.2f} times as fast as run_qa at its "
            f"default padding, {ratios[DYNAMIC, mode]:.2f} times as fast where it pads to the "
            f"longest of a batch. {costs.sentence()}."
        )


def measure(examples: Examples) -> None:
    """Alternate all peers and all modes of ours."""
    peer = Peer()
    encoders = {
        mode: bert_core.load(bert_core.ModelChoice(source="reader", precision=mode))  # type: ignore[arg-type]
        for mode in ("exact", *(["fast"] if list_devices()[0].fast else []))
    }
    runs: dict[str, Callable[[], Texts]] = {
        DEFAULT: functools.partial(peer.batched, examples, "max_length"),
        DYNAMIC: functools.partial(peer.batched, examples, False),
        "one by one, padded to 384": functools.partial(peer.one_by_one, examples, "max_length"),
        "one by one, not padded": functools.partial(peer.one_by_one, examples, "longest"),
    }
    # The first pass of each is not timed; it gives the answers.
    texts = {name: run() for name, run in runs.items()}
    traces = {mode: read(encoder, examples) for mode, encoder in encoders.items()}
    texts |= {mode: decided(trace) for mode, trace in traces.items()}
    compare(peer, traces["exact"], texts[DEFAULT])
    peers: dict[str, Seconds] = {name: [] for name in runs}
    ours = {mode: Costs() for mode in encoders}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            peers[name].append(seconds(run))
        for mode, encoder in encoders.items():
            time_ours(encoder, examples, ours[mode])
    report(examples, peers, ours, texts)


def main(file: Path | None = None, count: int = QUESTIONS) -> None:
    """Measure on questions of a file, or on our own."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    found = own_questions(count) if file is None else read_squad(file, version_2=False).examples
    examples = list(found[:count])
    encoder = bert_core.load(bert_core.ModelChoice(source="reader"))
    contexts = dict.fromkeys(each.context for each in examples)
    lengths = [len(pieces) for pieces in encoder.cut_words(list(contexts))]
    print(
        f"\nQuestion answering, {torch.get_num_threads()} threads, {len(examples)} questions on "
        f"{len(contexts)} contexts of {min(lengths)}-{max(lengths)} pieces, mean "
        f"{statistics.mean(lengths):.0f}"
    )
    measure(examples)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Questions per second.")
    parser.add_argument("file", type=Path, nargs="?", help="in the form of SQuAD 1.1")
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    given = parser.parse_args()
    main(given.file, given.questions)
