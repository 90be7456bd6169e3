"""The spans that were looked at and are no candidates, the best of them first."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from bert_core.analysis.reasons import Reasons
from bert_core.tasks.spans.answers import RULES, Rule
from bert_core.tasks.spans.decode import Decision

MAX_REJECTED = 1_000
"""Most that are listed: so many are looked up in every window."""


@dataclass(frozen=True, slots=True)
class RejectedView:
    """A span that was looked at and is no candidate.

    Attributes:
        text: as it would have read; where it is no span of the context, its first piece and its
            last, with " … " between them.
        rule: the first rule against it.
        why: the same with its numbers, as a sentence.
        place: the place, from 1, that its score would have had among the candidates; None:
            behind all that are kept.
        window: from 0.
        start_piece: position of its first piece in that window.
        end_piece: position of its last piece.
        start: character of the context at which it begins; None where it is no span of it.
        end: character behind it.
        start_logit: of its first piece, in nats.
        end_logit: of its last.
    """

    text: str
    rule: Rule
    why: str
    place: int | None
    window: int
    start_piece: int
    end_piece: int
    start: int | None
    end: int | None
    start_logit: float
    end_logit: float

    @property
    def score(self) -> float:
        """Sum of the two logits, by which spans are ranked."""
        return self.start_logit + self.end_logit


def list_rejected(
    decision: Decision,
    reasons: Reasons,
    *,
    window: int | None,
    wanted: Collection[Rule],
    most: int,
) -> tuple[RejectedView, ...]:
    """Rejected spans, highest sum of logits first, equals in the order in which run_squad looks.

    Args:
        decision: which spans were looked at. Of each window it has the best ``most`` that are
            not allowed by one of the rules that are wanted, or more.
        reasons: says why.
        window: of this window only; None: of all.
        wanted: rejected by one of these only.
        most: how many.
    """
    spans, rules = decision.spans, decision.rules()
    scores = spans.start_logit + spans.end_logit
    of_rule = np.isin(rules, [number for number, rule in enumerate(RULES) if rule in wanted])
    out = np.flatnonzero(of_rule & ((window is None) | (spans.window == window)))
    numbers = {index: number for number, index in enumerate(decision.chosen, start=1)}
    kept = np.array(list(decision.chosen), dtype=np.int64)
    found = []
    for index in out[np.argsort(-scores[out], kind="stable")[:most]].tolist():
        # Of equal scores the one that was looked at first is ranked first.
        before = (scores[kept] > scores[index]) | ((scores[kept] == scores[index]) & (kept < index))
        place = int(np.sum(before)) + 1
        twin = decision.same.get(index)
        found.append(
            _view(
                decision,
                reasons,
                index,
                RULES[rules[index]],
                place if place <= reasons.settings.n_best else None,
                None if twin is None else numbers[twin],
            )
        )
    return tuple(found)


def _view(
    decision: Decision,
    reasons: Reasons,
    index: int,
    rule: Rule,
    place: int | None,
    twin: int | None,
) -> RejectedView:
    spans = decision.spans
    number, first, last = (int(row[index]) for row in (spans.window, spans.start, spans.end))
    text, start, end = _read(decision, reasons, number, first, last)
    return RejectedView(
        text=text,
        rule=rule,
        why=reasons.why(rule, number, first, last, twin),
        place=place,
        window=number,
        start_piece=first,
        end_piece=last,
        start=start,
        end=end,
        start_logit=float(spans.start_logit[index]),
        end_logit=float(spans.end_logit[index]),
    )


def _read(
    decision: Decision, reasons: Reasons, number: int, first: int, last: int
) -> tuple[str, int | None, int | None]:
    """The text of a span and its characters, or its two pieces where it is none of the context."""
    window = reasons.windows[number]
    if window.offset <= first <= last < window.offset + len(window.words):
        read = decision.reader.read(window, first, last)
        return read.text, read.start, read.end
    ids = [int(window.ids[at]) for at in dict.fromkeys((first, last)) if at < len(window.ids)]
    return " … ".join(reasons.pieces[id_] for id_ in ids), None, None
