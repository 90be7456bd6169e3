"""Next-sentence results as tables of bars, chips and a map of a paragraph's sentences."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from bert_core.analysis.attention.leave_one_out import LeaveOneOutResult
from bert_core.analysis.attention.ranking import RankingResult
from bert_core.data.text_pairs import PairTable
from bert_core.model.tokens import Tokens
from bert_core.model.vocabulary import Vocabulary
from bert_core.tasks.next_pairs import FollowerRanking
from bert_core.tasks.next_sentence import NextScore, NextSentenceResult
from bert_core.tasks.paragraph import ParagraphResult, matrix
from bert_core.views.bars import Bar, Column
from bert_core.views.chips import Chip
from bert_core.views.escaping import plotly_text
from bert_core.views.numbers import counted, percent, signed
from bert_core.views.palette import CATEGORIES, INK, PAPER, SEQUENTIAL
from bert_core.views.tables import BarTable, token_chips

NUMBERED = 12
"""Sentences up to which the map writes its figures into the cells."""
IS_NEXT = "P(is next)"
_SHOWN = 70
_STRONG = 0.75
_WEIGHT = Column(
    "weight", "number", help="Log-odds of 'is next' with it, less those without it, in nats."
)
_BAR = Column("Bar", "bar")
_IS = Column(IS_NEXT, "number", help="Softmax of both outputs.")
_NOT = Column("P(not next)", "number", optional=True)
_LOGITS = Column(
    "logits 0 · 1", "number", help="Outputs of the head, in nats; 0 = is next.", optional=True
)


def verdict(score: NextScore) -> str:
    """The answer in words."""
    return "is next" if score.answer == "is-next" else "is not next"


def segment_chips(tokens: Tokens, vocabulary: Vocabulary, segment: int) -> tuple[Chip, ...]:
    """The pieces that the model reads as one of its two segments, special ones included."""
    shown = token_chips(tokens, vocabulary)
    return tuple(chip for chip, own in zip(shown, tokens.segments, strict=True) if own == segment)


def orders(result: NextSentenceResult) -> BarTable:
    """Both orders of a pair."""
    rows = tuple(
        Bar((name, *_figures(score)), score.p_is_next)
        for name, score in (("A, then B", result.score), ("B, then A", result.swapped))
    )
    columns = (Column("order", "text"), _BAR, _IS, _NOT, _LOGITS)
    return BarTable(columns, rows, caption="Both orders", scale=1.0, slim=True)


def ranking(result: FollowerRanking) -> BarTable:
    """Candidates, the likeliest first."""
    rows = tuple(
        Bar((str(rank), each.text, percent(each.score.p_is_next)), each.score.p_is_next)
        for rank, each in enumerate(result.ranked, start=1)
    )
    columns = (Column("Rank", "rank"), Column("candidate", "text"), _BAR, _IS)
    badge = counted(len(rows), "candidate")
    return BarTable(columns, rows, caption="What may follow", badge=badge, scale=1.0)


def neighbours(result: ParagraphResult) -> BarTable:
    """Each sentence of a paragraph, and how well it follows the one before."""
    scores = {each.second: each.score for each in result.pairs if each.second == each.first + 1}
    rows = tuple(
        Bar(
            (str(index + 1), sentence, "–" if index == 0 else percent(scores[index].p_is_next)),
            0.0 if index == 0 else scores[index].p_is_next,
        )
        for index, sentence in enumerate(result.sentences)
    )
    columns = (
        Column("Number", "rank"),
        Column("sentence", "text"),
        _BAR,
        Column("follows", "number", help="P(is next) after the sentence before it."),
    )
    badge = counted(len(rows), "sentence")
    return BarTable(columns, rows, caption="In their order", badge=badge, scale=1.0)


def words_left_out(result: LeaveOneOutResult, sequence: int) -> BarTable:
    """The words of one text; a bar to the right: the word speaks for "is next".

    Both texts' tables have the same scale.

    Args:
        result: from :func:`bert_core.analysis.attention.leave_one_out.leave_one_out`, with "is
            next" followed.
        sequence: 0 for text A, 1 for text B.
    """
    weights = _weights(result.before, result.change)
    rows = tuple(
        Bar((unit.text, signed(weight)), weight)
        for unit, weight in zip(result.units, weights, strict=True)
        if unit.sequence == sequence
    )
    columns = (Column("word", "word"), _BAR, _WEIGHT)
    longest = max(map(abs, weights), default=0.0) or 1.0
    caption, badge = f"Words of {'AB'[sequence]}", counted(len(rows), "word")
    return BarTable(columns, rows, caption=caption, badge=badge, scale=longest)


def heads(result: RankingResult, most: int = 10) -> BarTable:
    """The heads that carry most, for or against "is next".

    Args:
        result: from :func:`bert_core.analysis.attention.ranking.rank_heads`, with "is next"
            followed.
        most: heads that are shown.
    """
    weights = _weights(result.before, np.array([each.change for each in result.heads]))
    found = sorted(zip(result.heads, weights, strict=True), key=lambda each: -abs(each[1]))
    rows = tuple(Bar((str(head.name), signed(weight)), weight) for head, weight in found[:most])
    columns = (Column("layer.head", "text"), _BAR, _WEIGHT)
    badge = f"{len(rows)} of {counted(len(result.heads), 'head')}"
    return BarTable(columns, rows, caption="Heads that carry it", badge=badge)


def _weights(before: float, change: NDArray[np.float64]) -> list[float]:
    """How far the log-odds fall when something is taken away, in nats.

    Log-odds and not log-probabilities: near certainty those hardly move whatever is taken.

    Args:
        before: log-probability of the outcome, nothing taken away.
        change: what that becomes, less ``before``.
    """

    def odds(log: NDArray[np.float64]) -> NDArray[np.float64]:
        return log - np.log(-np.expm1(np.minimum(log, -1e-12)))

    weights: list[float] = (odds(np.array(before)) - odds(before + change)).tolist()
    return weights


def sentence_map(result: ParagraphResult, *, dark: bool = False) -> Any:
    """P(is next) of every ordered pair, a row for each first sentence; neighbours are framed.

    Args:
        result: from :func:`bert_core.tasks.paragraph.paragraph`.
        dark: whether the page is dark, so that figures can be read on pale cells.
    """
    count = len(result.sentences)
    chances = matrix(result.pairs, count)
    names = [str(number) for number in range(1, count + 1)]
    figure = go.Figure()
    figure.add_heatmap(
        z=[[None if np.isnan(p) else p for p in row] for row in chances],
        x=names,
        y=names,
        customdata=_hover(result.sentences, chances),
        colorscale=SEQUENTIAL,
        zmin=0,
        zmax=1,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        colorbar={"title": "P(is next)", "tickformat": ".0%"},
        hovertemplate="%{customdata}<extra></extra>",
    )
    if count <= NUMBERED:
        _write_figures(figure, chances, PAPER if dark else INK)
    for place in range(count - 1):
        figure.add_shape(
            type="rect",
            x0=place + 0.5,
            x1=place + 1.5,
            y0=place - 0.5,
            y1=place + 0.5,
            line={"color": CATEGORIES[1], "width": 2},
        )
    figure.update_yaxes(
        autorange="reversed", title="first sentence", type="category", showgrid=False
    )
    figure.update_xaxes(title="second sentence", type="category", side="top", showgrid=False)
    height = 120 + max(26 if count <= NUMBERED else 16, 220 // count) * count
    figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return figure


def _write_figures(figure: Any, chances: NDArray[np.float64], ink: str) -> None:
    """Percentages over the cells: white on strong cells, in ``ink`` on pale ones.

    The heat map's own text takes a pale cell for white paper, and is lost on a dark page.
    """
    for colour, cells in (
        (PAPER, np.argwhere(chances >= _STRONG)),
        (ink, np.argwhere(chances < _STRONG)),
    ):
        figure.add_scatter(
            x=[str(second + 1) for _, second in cells],
            y=[str(first + 1) for first, _ in cells],
            text=[f"{chances[first, second]:.0%}" for first, second in cells],
            mode="text",
            textfont={"size": 12, "color": colour},
            hoverinfo="skip",
            showlegend=False,
        )


def scored_rows(
    table: PairTable, scores: Sequence[NextScore | str], most: int = 500
) -> list[dict[str, object]]:
    """The first rows of a scored table for reading; the file holds the exact figures.

    A column of problems stands there only where a row has one.
    """
    shown = list(zip(table.rows[:most], scores[:most], strict=True))
    faults = any(isinstance(score, str) for _, score in shown)
    return [
        {
            "line": row.line,
            IS_NEXT: None if isinstance(score, str) else score.p_is_next,
            table.taken[0]: row.text,
            table.taken[1]: row.pair,
            **({"problem": score if isinstance(score, str) else ""} if faults else {}),
        }
        for row, score in shown
    ]


def _figures(score: NextScore) -> tuple[str, str, str]:
    logits = f"{signed(score.logit_is_next)} · {signed(score.logit_not_next)}"
    return percent(score.p_is_next), percent(score.p_not_next), logits


def _hover(sentences: Sequence[str], chances: Any) -> list[list[str]]:
    """For each pair both sentences, shortened, and the probability."""
    said = [plotly_text(each if len(each) <= _SHOWN else each[:_SHOWN] + "…") for each in sentences]
    return [
        [
            f"{i + 1}: {first}<br>{j + 1}: {second}<br>P(is next) {percent(float(chances[i, j]))}"
            for j, second in enumerate(said)
        ]
        for i, first in enumerate(said)
    ]
