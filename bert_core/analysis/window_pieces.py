"""One window, piece by piece: its logits, their ranks, and which window is asked about each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.along import check_window, owner_of, windows_of
from bert_core.tasks.spans.ranking import Logits
from bert_core.tasks.spans.trace import SpanTrace


@dataclass(frozen=True, slots=True)
class PieceView:
    """One piece of a window.

    Attributes:
        position: in the window, from 0.
        piece: as the vocabulary spells it.
        start: character of the context at which it begins; None: it is none of the context.
        end: character behind it.
        start_logit: as the first piece of an answer, in nats.
        end_logit: as the last.
        start_rank: place of ``start_logit`` in the window, from 1; run_squad pairs the best.
        end_rank: place of ``end_logit``.
        owner: the window, from 0, that gives the piece most context; None outside the context.
        owned: whether that is this window, so that an answer of this window may begin here.
    """

    position: int
    piece: str
    start: int | None
    end: int | None
    start_logit: float
    end_logit: float
    start_rank: int
    end_rank: int
    owner: int | None
    owned: bool


def window_pieces(trace: SpanTrace, window: int, *, question: int = 0) -> tuple[PieceView, ...]:
    """The T pieces of one window, the question and the special pieces among them.

    Args:
        trace: N questions that a model has read.
        window: number of the window among those of the question, from 0.
        question: which question, from 0.

    Raises:
        InputError: there is no such question or window.
    """
    windows = windows_of(trace, question)
    check_window(window, windows)
    asked, own = trace.features.questions[question], windows[window]
    places = trace.places[asked.context]
    owner = owner_of(trace, question)
    starts, ends = trace.starts[asked.first + window], trace.ends[asked.first + window]
    start_ranks, end_ranks = _ranks(starts), _ranks(ends)
    found = []
    for position, id_ in enumerate(own.ids.tolist()):
        inside = 0 <= position - own.offset < len(own.words)
        piece = own.first + position - own.offset
        found.append(
            PieceView(
                position=position,
                piece=trace.pieces[id_],
                start=int(places[piece, 0]) if inside else None,
                end=int(places[piece, 1]) if inside else None,
                start_logit=float(starts[position]),
                end_logit=float(ends[position]),
                start_rank=int(start_ranks[position]),
                end_rank=int(end_ranks[position]),
                owner=int(owner[piece]) if inside and owner[piece] >= 0 else None,
                owned=inside and int(owner[piece]) == window,
            )
        )
    return tuple(found)


def _ranks(logits: Logits) -> NDArray[np.int64]:
    """Place of each logit, highest first, equals in their order."""
    ranks = np.empty(len(logits), dtype=np.int64)
    ranks[np.argsort(-logits, kind="stable")] = np.arange(1, len(logits) + 1)
    return ranks
