"""The window inspector: what each window saw, and why each rejected span was rejected.

run_squad reads a long text in overlapping windows, pairs the best starts of each window with its
best ends, and drops pairs by rules that its output does not mention. Here they are shown.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.along import check_window, owner_of, windows_of
from bert_core.analysis.reasons import Reasons
from bert_core.analysis.rejected import MAX_REJECTED, RejectedView, list_rejected
from bert_core.checks import whole_number
from bert_core.tasks.spans.answers import RULES, Rule
from bert_core.tasks.spans.basic import BasicTokenizer
from bert_core.tasks.spans.decode import Decision, DecodeSettings, decide_one
from bert_core.tasks.spans.decoders import Decoder
from bert_core.tasks.spans.features import Window
from bert_core.tasks.spans.ranking import Whole
from bert_core.tasks.spans.reader import Reader
from bert_core.tasks.spans.trace import SpanTrace

OTHER_RULES = "Which spans are rejected, and why, is shown for run_squad's rules only."


@dataclass(frozen=True, slots=True)
class Best:
    """The best span of one window that is allowed, whether it became a candidate or not.

    Attributes:
        text: as a candidate would read.
        score: sum of its two logits, in nats.
        start: character of the context at which it begins.
        end: character behind it.
    """

    text: str
    score: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WindowView:
    """One window of a question.

    Attributes:
        number: from 0.
        first: index of its first piece among those of the context.
        pieces: pieces of context in it; its last is ``first + pieces - 1``.
        start: character of the context at which it begins.
        end: character behind it.
        owned: pieces that it gives more context than any other window; they are in one stretch.
        owned_start: character at which that stretch begins; None without one.
        owned_end: character behind it.
        null_score: sum of both logits at its [CLS], in nats.
        best: its best allowed span; None: it has none, or other rules than run_squad's are used.
        candidates: how many candidates are its own, the null answer apart.
        rejected: how many of its spans each rule is against; the rules with any.
    """

    number: int
    first: int
    pieces: int
    start: int
    end: int
    owned: int
    owned_start: int | None
    owned_end: int | None
    null_score: float
    best: Best | None
    candidates: int
    rejected: Mapping[Rule, int]


@dataclass(frozen=True, slots=True)
class Inspection:
    """All windows of one question, and what became of their spans.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        decoder: whose rules.
        windows: the windows in order.
        null_window: the one whose [CLS] is the null answer; None where there is no such answer.
        pairs: spans that were looked at; 0 where other rules than run_squad's are used.
        candidates: those that became candidates, the null answer apart.
        counts: those that did not, by rule; together with ``candidates`` all ``pairs``.
        rejected: the best of them, highest score first.
        notes: what a reader should know, in sentences.
    """

    model: str
    decoder: Decoder
    windows: tuple[WindowView, ...]
    null_window: int | None
    pairs: int
    candidates: int
    counts: Mapping[Rule, int]
    rejected: tuple[RejectedView, ...]
    notes: tuple[str, ...] = ()


def inspect(
    trace: SpanTrace,
    settings: DecodeSettings,
    *,
    decoder: Decoder = "google",
    question: int = 0,
    window: int | None = None,
    rules: Collection[Rule] = RULES,
    most: int = 200,
) -> Inspection:
    """Say what became of every span that was looked at; no model is asked.

    At most ``n_best`` squared spans are looked at in a window, as run_squad does. All are
    counted; only those that are listed become objects, so that hundreds of windows are no wait.

    Args:
        trace: N questions that a model has read.
        settings: how answers are chosen; its ``lower`` is the trace's.
        decoder: by whose rules. Spans are shown for ``"google"`` only, windows for all.
        question: which one, from 0.
        window: list rejected spans of this one only, from 0; None: of all windows.
        rules: list those only that one of these is against. Where a text may have no answer,
            the best of all rejected spans are [CLS] of one window after another.
        most: rejected spans that are listed, 1 to 1,000.

    Raises:
        InputError: there is no such question or window, or ``most`` is out of range.
    """
    whole_number("most", most, MAX_REJECTED, field="most")
    windows = windows_of(trace, question)
    if window is not None:
        check_window(window, windows)
    seen = Inspection(
        model=trace.model,
        decoder=decoder,
        windows=_windows(trace, windows, question),
        null_window=None,
        pairs=0,
        candidates=0,
        counts={},
        rejected=(),
    )
    if decoder != "google":
        return replace(seen, notes=(OTHER_RULES,))
    settings = replace(settings, lower=trace.lower)
    decision = _decide(trace, question, settings, rules, most)
    reasons = Reasons(windows, owner_of(trace, question), trace.pieces, settings)
    listed = list_rejected(decision, reasons, window=window, wanted=rules, most=most)
    return replace(_with_spans(seen, decision, windows), rejected=listed)


def _decide(
    trace: SpanTrace,
    question: int,
    settings: DecodeSettings,
    rules: Collection[Rule],
    most: int,
) -> Decision:
    asked = trace.features.questions[question]
    own = slice(asked.first, asked.first + asked.windows)
    context = trace.features.contexts[asked.context]
    return decide_one(
        trace.features.windows[own],
        trace.starts[own],
        trace.ends[own],
        Reader(context, trace.pieces, BasicTokenizer(lower=settings.lower)),
        settings,
        others=most,
        rules=rules,
    )


def _windows(trace: SpanTrace, windows: Sequence[Window], question: int) -> tuple[WindowView, ...]:
    """What each window sees, whatever the rules."""
    asked = trace.features.questions[question]
    places = trace.places[asked.context]
    found = []
    for number, window in enumerate(windows):
        seen = places[window.first : window.first + len(window.words)]
        mine = seen[window.best_here]
        at = asked.first + number
        found.append(
            WindowView(
                number=number,
                first=window.first,
                pieces=len(window.words),
                start=int(seen[0, 0]),
                end=int(seen[-1, 1]),
                owned=len(mine),
                owned_start=int(mine[0, 0]) if len(mine) else None,
                owned_end=int(mine[-1, 1]) if len(mine) else None,
                null_score=float(trace.starts[at][0]) + float(trace.ends[at][0]),
                best=None,
                candidates=0,
                rejected={},
            )
        )
    return tuple(found)


def _with_spans(seen: Inspection, decision: Decision, windows: Sequence[Window]) -> Inspection:
    """The same with the spans of each window counted, and its best one."""
    spans, null = decision.spans, decision.spans.null
    rules = decision.rules()
    counts = _counts(decision, rules, len(windows))
    best = _best_of_each(decision)
    chosen = rules < 0
    if null is not None:
        chosen[null] = False
    candidates = np.bincount(spans.window[chosen], minlength=len(windows)).tolist()
    views = [
        replace(
            view,
            best=_best(decision, best[n], windows[n]) if n in best else None,
            candidates=candidates[n],
            rejected={rule: count for rule, count in zip(RULES, row, strict=True) if count},
        )
        for n, (view, row) in enumerate(zip(seen.windows, counts.tolist(), strict=True))
    ]
    return replace(
        seen,
        windows=tuple(views),
        null_window=None if null is None else int(spans.window[null]),
        pairs=sum(candidates) + int(counts.sum()),
        candidates=sum(candidates),
        counts=dict(zip(RULES, counts.sum(axis=0).tolist(), strict=True)),
    )


def _counts(decision: Decision, rules: Whole, windows: int) -> NDArray[np.int64]:
    """Spans that each rule is against in each window, shape (windows, rules)."""
    spans = decision.spans
    counts = np.zeros((windows, len(RULES)), dtype=np.int64)
    counts[:, : spans.kept_out.shape[1]] = spans.kept_out
    late = (spans.rule < 0) & (rules >= 0)
    np.add.at(counts, (spans.window[late], rules[late]), 1)
    return counts


def _best_of_each(decision: Decision) -> dict[int, int]:
    """The best allowed span of each window that has one, by number of the window."""
    ranked = decision.spans.ranked()
    ranked = ranked[ranked != decision.spans.null]
    having, first = np.unique(decision.spans.window[ranked], return_index=True)
    return dict(zip(having.tolist(), ranked[first].tolist(), strict=True))


def _best(decision: Decision, index: int, window: Window) -> Best:
    spans = decision.spans
    read = decision.reader.read(window, int(spans.start[index]), int(spans.end[index]))
    score = float(spans.start_logit[index] + spans.end_logit[index])
    return Best(read.text, score, read.start, read.end)
