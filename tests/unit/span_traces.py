"""What a span head might have said: windows over texts of our own, logits drawn by chance."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bert_core.data.examples import QuestionExample
from bert_core.tasks.spans.features import SpanSettings, encode
from bert_core.tasks.spans.places import piece_places
from bert_core.tasks.spans.trace import SpanTrace
from tests.unit.test_golden_squad import FEATURES

SMALL = SpanSettings(max_seq_length=40, doc_stride=8, max_query_length=12)


def drawn(
    encoder: Any,
    asked: Sequence[tuple[str, str]],
    settings: SpanSettings = SMALL,
    *,
    seed: int = 0,
    ties: bool = False,
    padding: int = 0,
) -> SpanTrace:
    """A trace of questions on contexts.

    Args:
        encoder: whose tokenizer cuts.
        asked: questions and contexts.
        settings: the lengths of windows.
        seed: of the logits.
        ties: whether logits are small whole numbers, many of them equal.
        padding: logits behind the end of each window.
    """
    tokenizer = encoder.tokenizer
    examples = tuple(
        QuestionExample(1, str(n), "", question, context, ())
        for n, (question, context) in enumerate(asked)
    )
    features = encode(
        examples,
        encoder.cut_words,
        cls_id=tokenizer.cls_id,
        sep_id=tokenizer.sep_id,
        settings=settings,
    )
    rng = np.random.default_rng(seed)

    def logits() -> tuple[np.ndarray, ...]:
        sizes = [len(window.ids) + padding for window in features.windows]
        if ties:
            return tuple(rng.integers(-2, 3, size).astype(np.float32) for size in sizes)
        return tuple(rng.normal(0, 3, size).astype(np.float32) for size in sizes)

    return SpanTrace(
        model="drawn",
        examples=examples,
        layout=settings,
        features=features,
        starts=logits(),
        ends=logits(),
        places=piece_places(features.contexts, encoder.places_in_words),
        pieces=tokenizer.vocabulary.pieces,
        unknown_id=tokenizer.vocabulary.unknown_id,
        lower=tokenizer.lower,
    )


def many(encoder: Any, number: int) -> Iterator[SpanTrace]:
    """Traces over the golden texts, half of them with several windows, and half with ties."""
    rows = list(FEATURES.values())
    long = [row for row in rows if len(row["doc_spans"]) > 1]
    some = [*rows[:: 2 * len(rows) // number], *long[:: 2 * len(long) // number]]
    for seed, row in enumerate(some):
        asked = [(row["question"], row["context"])]
        settings = SpanSettings(**row["settings"])
        yield drawn(encoder, asked, settings, seed=seed, ties=seed % 2 == 0)


def without_window(trace: SpanTrace, number: int) -> SpanTrace:
    """The trace of one question, less a window."""
    (asked,) = trace.features.questions
    rest = [n for n in range(asked.windows) if n != number]
    features = replace(
        trace.features,
        windows=tuple(trace.features.windows[n] for n in rest),
        questions=(replace(asked, windows=len(rest)),),
    )
    return replace(
        trace,
        features=features,
        starts=tuple(trace.starts[n] for n in rest),
        ends=tuple(trace.ends[n] for n in rest),
    )


def owner_by_hand(trace: SpanTrace, question: int, piece: int) -> int:
    """``_check_is_max_context`` of run_squad, window by window; -1 without a window."""
    best, owner = None, -1
    for number, window in enumerate(trace.windows_of(question)):
        last = window.first + len(window.words) - 1
        if window.first <= piece <= last:
            score = min(piece - window.first, last - piece) + 0.01 * len(window.words)
            if best is None or score > best:
                best, owner = score, number
    return owner
