"""Masked-word results as tables of bars and rows of chips, ready for the page's components."""

import math
from dataclasses import dataclass
from typing import Literal

from bert_core.analysis.compare import Comparison
from bert_core.analysis.directions import Direction, DirectionsResult
from bert_core.analysis.lens import LensResult
from bert_core.analysis.surprise import SurpriseResult
from bert_core.model.tokens import Tokens
from bert_core.model.vocabulary import Vocabulary
from bert_core.tasks.candidates import CandidateTable
from bert_core.tasks.filling import Filling
from bert_core.tasks.masked import MaskPrediction
from bert_core.tasks.probe import ProbeTable
from bert_core.views.bars import Bar, Column
from bert_core.views.chips import Chip
from bert_core.views.numbers import bits, counted, nats, percent, signed

_RANK, _WORD, _BAR = Column("Rank", "rank"), Column("word", "word"), Column("Bar", "bar")
_PROBABILITY = Column(
    "probability", "number", help="Softmax over the whole vocabulary, not over the rows shown."
)
_LOG_ODDS = Column(
    "log-odds", "number", help="ln(P / P of the best word): −0.69 is half as likely.", optional=True
)
_FULL_DIFFERENCE = 0.1
_VIEW_NAMES: dict[Direction, str] = {
    "left": "left only",
    "right": "right only",
    "shallow": "both, shallow",
    "deep": "both, deep",
}


@dataclass(frozen=True, slots=True)
class BarTable:
    """A table of bars.

    Attributes:
        columns: its columns.
        rows: its rows.
        caption: its heading.
        badge: the pill beside the heading.
        scale: value at which a bar is full, or ``"max"`` for the longest bar.
        slim: thin bars, for tables that accompany another.
    """

    columns: tuple[Column, ...]
    rows: tuple[Bar, ...]
    caption: str = ""
    badge: str = ""
    scale: float | Literal["max"] = "max"
    slim: bool = False


def token_chips(tokens: Tokens, vocabulary: Vocabulary) -> tuple[Chip, ...]:
    """The text as chips; a masked one remembers what it hides."""
    masks = set(tokens.masks)
    found = []
    for position, piece in enumerate(tokens.pieces):
        original = tokens.originals[position]
        shown = piece if original is None else vocabulary.pieces[original]
        word = tokens.words[position]
        found.append(
            Chip(
                text=shown,
                special=word is None,
                masked=position in masks,
                continues=_continues(shown),
                word=-1 if word is None else word,
            )
        )
    return tuple(found)


def surprise_chips(result: SurpriseResult) -> tuple[Chip, ...]:
    """The text tinted by surprise; full tint at 16 bits, one in 65,536."""
    by_position = {piece.position: piece for piece in result.pieces}
    tokens = result.tokens
    found = []
    for position, piece in enumerate(tokens.pieces):
        here, word = by_position.get(position), tokens.words[position]
        note = (
            ""
            if here is None
            else f"{bits(here.bits)}, rank {here.rank:,}; expected: {here.best.word} "
            f"({percent(here.best.probability)})"
        )
        found.append(
            Chip(
                text=piece,
                special=word is None,
                continues=_continues(piece),
                level=None if here is None else min(here.bits / 16, 1.0),
                note=note,
                word=-1 if word is None else word,
            )
        )
    return tuple(found)


def _continues(piece: str) -> bool:
    """Whether a piece goes on inside a word; two number signs alone are a piece of their own."""
    return piece.startswith("##") and len(piece) > 2


def fits(mask: MaskPrediction, vocabulary_size: int) -> BarTable:
    """What fits one mask."""
    rows = tuple(
        Bar(
            (f"{each.rank:,}", each.word if each.whole_word else each.piece,
             percent(each.probability), signed(each.log_odds)),
            each.probability,
        )
        for each in mask.candidates
    )  # fmt: skip
    return BarTable(
        (_RANK, _WORD, _BAR, _PROBABILITY, _LOG_ODDS),
        rows,
        caption="What fits",
        badge=f"{len(rows):,} of {vocabulary_size:,} · cover {percent(mask.covered)}",
    )


def fits_summary(mask: MaskPrediction) -> str:
    """One line under :func:`fits`."""
    parts = [f"Entropy {bits(mask.entropy)}."]
    if mask.original is not None:
        parts.append(
            f"Original: {mask.original.word}, rank {mask.original.rank:,}, "
            f"{percent(mask.original.probability)}."
        )
    if mask.left_out >= 0.001:
        parts.append(f"Parts of words, not shown: {percent(mask.left_out)}.")
    return " ".join(parts)


def sentences(fillings: tuple[Filling, ...]) -> BarTable:
    """Whole sentences, best first."""
    rows = tuple(
        Bar(
            (str(rank), each.text, " · ".join(percent(p) for p in each.probabilities),
             nats(each.log_score)),
        )
        for rank, each in enumerate(fillings, start=1)
    )  # fmt: skip
    columns = (
        _RANK,
        Column("sentence", "text"),
        Column("each word", "text", optional=True),
        Column("score", "number", help="Sum of the logs of the words' probabilities, in nats."),
    )
    return BarTable(columns, rows, caption="Whole sentences")


def _followed(first: str, word: str) -> tuple[Column, ...]:
    """Columns of a table that follows one word from row to row."""
    rank = Column(f"rank of {word}", "number", optional=True)
    return Column(first, "text"), _WORD, _BAR, Column("probability", "number"), rank


def lens(result: LensResult) -> BarTable:
    """The best word of each layer."""
    rows = tuple(
        Bar(
            (str(layer.layer) if layer.layer else "embedding", layer.candidates[0].word,
             percent(layer.candidates[0].probability), f"{layer.ranks[0]:,}"),
            layer.candidates[0].probability,
        )
        for layer in result.layers
    )  # fmt: skip
    columns = _followed("layer", result.words[0].word)
    return BarTable(columns, rows, caption="Layer by layer", slim=True)


def directions(result: DirectionsResult) -> BarTable:
    """The same mask from one side and from both."""
    rows = tuple(
        Bar(
            (_VIEW_NAMES[view.direction], view.candidates[0].word,
             percent(view.candidates[0].probability), f"{view.target.rank:,}"),
            view.candidates[0].probability,
            emphasis=view.direction == "deep",
            note=", ".join(each.word for each in view.candidates),
        )
        for view in result.views
    )  # fmt: skip
    columns = _followed("context", result.target)
    return BarTable(columns, rows, caption="One direction or both", slim=True)


def candidates(result: CandidateTable) -> BarTable:
    """The user's words; a bar is exp(mean per piece) as a share of the best word's."""
    best = max((row.per_piece for row in result.rows if row.per_piece is not None), default=0.0)
    rows = tuple(
        Bar(
            (row.word, " ".join(row.pieces),
             "–" if row.log_probability is None else nats(row.log_probability),
             "–" if row.per_piece is None else nats(row.per_piece),
             "–" if row.rank is None else f"{row.rank:,}"),
            0.0 if row.per_piece is None else math.exp(row.per_piece - best),
        )
        for row in result.rows
    )  # fmt: skip
    columns = (
        _WORD,
        Column("pieces", "text", optional=True),
        _BAR,
        Column("ln P", "number", help="Chained over the pieces of the word, in nats."),
        Column("per piece", "number", help="ln P divided by the number of pieces."),
        Column("rank", "number", help="Among all pieces; words of one piece only.", optional=True),
    )
    badge = counted(len(rows), "word")
    return BarTable(columns, rows, caption="Your words", badge=badge)


def probe(result: ProbeTable) -> BarTable:
    """Signed log-odds of the slot words."""
    rows = tuple(
        Bar((row.slot, signed(row.log_odds), signed(row.corrected)), row.corrected)
        for row in result.rows
    )
    columns = (
        _WORD,
        _BAR,
        Column("log-odds", "number", help="ln(mean P of group A / mean P of group B), in nats."),
        Column("corrected", "number", help="Minus the same with the slot masked; the bar."),
    )
    badge = counted(len(result.templates), "template")
    return BarTable(columns, rows, caption="Signed log-odds", badge=badge)


def comparison(result: Comparison) -> BarTable:
    """Two models' probabilities for the union of their best words."""

    def shown(rank: int | None, p: float | None) -> str:
        return "–" if rank is None or p is None else f"{percent(p)} (rank {rank:,})"

    rows = tuple(
        Bar(
            (row.word, shown(row.ranks[0], row.probabilities[0]),
             shown(row.ranks[1], row.probabilities[1])),
            (row.probabilities[1] or 0.0) - (row.probabilities[0] or 0.0),
        )
        for row in result.rows
    )  # fmt: skip
    names = [f"{side}: {name}" for side, name in zip("AB", result.models, strict=True)]
    columns = (_WORD, Column(names[0], "number"), _BAR, Column(names[1], "number"))
    badge = "" if result.divergence is None else f"divergence {result.divergence:.3f} bits"
    # A tenth is a full bar at least, so that equal models do not look far apart.
    longest = max((abs(row.value) for row in rows), default=0.0)
    return BarTable(
        columns, rows, caption="Two models", badge=badge, scale=max(longest, _FULL_DIFFERENCE)
    )
