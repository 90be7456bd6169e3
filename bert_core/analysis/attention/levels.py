"""Word pieces or words: what a row and a column of the weights stands for.

Words follow Clark et al. 2019 (arXiv:1906.04341), section 4.1: attention to a split word is the
sum over its pieces, attention from a split word is the mean over its pieces. Words are those of
the tokenizer, in which BERT takes every punctuation mark for a word of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np

from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats

Level = Literal["piece", "word"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece or a word: one row and one column.

    Attributes:
        text: a piece as the vocabulary spells it; a word as it was typed, with the mask's piece
            where one was put over it.
        span: half-open character range in its text; None for a special piece.
        sequence: 0 or 1, the text it stands in; None for a special piece.
        side: 0 or 1, the text it counts with in A→B and the like. A special piece counts with
            the text before it and the first piece with the first text: the side of a piece is
            its segment in BERT, and is known for models without segments too.
        special: whether the model's template added it.
        pieces: positions of its pieces, in order and without a gap.
    """

    text: str
    span: tuple[int, int] | None
    sequence: int | None
    side: int
    special: bool
    pieces: tuple[int, ...]


def units_of(tokens: Tokens, level: Level = "piece") -> tuple[Unit, ...]:
    """The rows and columns of an input, in reading order. Special pieces stay on their own.

    Args:
        tokens: T pieces.
        level: ``"piece"`` gives T units, ``"word"`` gives W of them, at most T.
    """
    found: list[Unit] = []
    for pieces in _groups(tokens, level):
        first = pieces[0]
        sequence = tokens.sequences[first]
        spans = [span for span in (tokens.offsets[piece] for piece in pieces) if span is not None]
        found.append(
            Unit(
                text=tokens.pieces[first] if level == "piece" else _word(tokens, pieces),
                span=(spans[0][0], spans[-1][1]) if spans else None,
                sequence=sequence,
                side=sequence if sequence is not None else (found[-1].side if found else 0),
                special=sequence is None,
                pieces=pieces,
            )
        )
    return tuple(found)


def merge(weights: Floats, units: Sequence[Unit]) -> Floats:
    """Weights between pieces to weights between units.

    Args:
        weights: shape (..., T, T); a row is the piece that looks. One layer at a time keeps the
            memory of a long input small.
        units: W of them, from :func:`units_of` of the same T pieces.

    Returns:
        Shape (..., W, W), of the same type. Rows that sum to 1 still do. Units of one piece each
        give back the array itself.

    Example:
        >>> word = Unit("rained", (0, 6), 0, 0, False, (0, 1))
        >>> dot = Unit(".", (6, 7), 0, 0, False, (2,))
        >>> merge(np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5]]), (word, dot))
        array([[0.75, 0.25],
               [0.5 , 0.5 ]])
    """
    if len(units) == weights.shape[-1]:
        return weights
    starts = [unit.pieces[0] for unit in units]
    sizes = np.array([len(unit.pieces) for unit in units], dtype=weights.dtype)
    to_units: Floats = np.add.reduceat(weights, starts, axis=-1)
    summed: Floats = np.add.reduceat(to_units, starts, axis=-2)
    return summed / sizes[:, None]


def _groups(tokens: Tokens, level: Level) -> list[tuple[int, ...]]:
    if level == "piece":
        return [(position,) for position in range(len(tokens))]
    # Special pieces have no word; their position keeps neighbours apart.
    keys = [(word, position if word is None else -1) for position, word in enumerate(tokens.words)]
    return [tuple(group) for _, group in groupby(range(len(tokens)), key=keys.__getitem__)]


def _word(tokens: Tokens, pieces: tuple[int, ...]) -> str:
    first, last = tokens.offsets[pieces[0]], tokens.offsets[pieces[-1]]
    if first is None or last is None:
        return tokens.pieces[pieces[0]]
    if any(tokens.ids[piece] == tokens.mask_id for piece in pieces):
        return "".join(
            tokens.mask_piece if tokens.ids[piece] == tokens.mask_id else tokens.surface(piece)
            for piece in pieces
        )
    source = tokens.pair if tokens.sequences[pieces[0]] else tokens.text
    return (source or "")[first[0] : last[1]]
