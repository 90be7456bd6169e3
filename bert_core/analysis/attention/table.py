"""What every head does, in a row of numbers and one word.

A pattern is a set of columns for every row: the piece before, the separators, and so on. Its
share is the weight on them, averaged over the content rows, those of pieces that come from the
texts. The patterns are those that Clark et al. 2019 (arXiv:1906.04341), section 3, describe.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats

Pattern = Literal[
    "self", "previous", "next", "[CLS]", "[SEP]", "punctuation", "rest of the word", "broad",
    "mixed",
]  # fmt: skip
NAMED: dict[Pattern, str] = {
    "self": "itself",
    "previous": "previous",
    "next": "following",
    "[CLS]": "cls",
    "[SEP]": "sep",
    "punctuation": "punctuation",
    "rest of the word": "rest_of_word",
}
"""Patterns with a target, and the column of the table that holds their share. The larger share
names the head; of equal ones the first here."""
NAMED_FROM = 0.5
"""Share from which a pattern names a head; below it the head is "mixed"."""
BROAD_FROM = 0.9
"""Part of the largest possible entropy from which a head is "broad", whatever its shares are."""


@dataclass(frozen=True, slots=True)
class HeadRow:
    """One head. All values are means over the content rows, unless they say otherwise.

    Attributes:
        layer: counted from 1.
        head: counted from 1.
        entropy: of a row, in bits; at most log2 of T.
        cls: weight on [CLS], the special piece before the text.
        sep: weight on all [SEP], the other special pieces.
        punctuation: weight on pieces that are punctuation marks and nothing else; a mask is none.
        itself: weight of a piece on itself.
        previous: weight on the piece before, special or not.
        following: weight on the piece after, special or not.
        rest_of_word: weight on the other pieces of the same word; 0 for words of one piece.
        distance: mean distance in pieces, weighted by attention, over all pieces.
        a_to_b: weight of a piece of A on the pieces of B together, special pieces not counted;
            mean over the pieces of A. None for a single text.
        b_to_a: the same from B to A.
        largest: the largest weight in any content row.
        pattern: "broad" if the entropy is at least ``BROAD_FROM`` of log2 T; else the pattern
            with the largest share if that is at least ``NAMED_FROM``; else "mixed".
        share: the share of that pattern; of a broad head, its part of the largest entropy; of a
            mixed one, the largest share of any pattern.
    """

    layer: int
    head: int
    entropy: float
    cls: float
    sep: float
    punctuation: float
    itself: float
    previous: float
    following: float
    rest_of_word: float
    distance: float
    a_to_b: float | None
    b_to_a: float | None
    largest: float
    pattern: Pattern
    share: float


VALUES = tuple(
    each.name for each in fields(HeadRow) if each.name not in ("layer", "head", "pattern", "share")
)
"""Names of the numbers of a head that can be averaged over texts."""


@dataclass(frozen=True, slots=True)
class HeadTable:
    """All heads of a model on one input.

    Attributes:
        layers: number of layers (L).
        heads: number of heads in a layer (A).
        pieces: length of the input (T), special pieces included.
        rows: one for each head, layer by layer.
    """

    layers: int
    heads: int
    pieces: int
    rows: tuple[HeadRow, ...]

    def grid(self, name: str) -> NDArray[np.float64]:
        """One of ``VALUES`` (or ``"share"``) of all heads as shape (L, A); NaN where it is None."""
        values = [getattr(row, name) for row in self.rows]
        return np.array(values, dtype=np.float64).reshape(self.layers, self.heads)


def head_table(weights: Floats, tokens: Tokens) -> HeadTable:
    """Describe every head.

    Args:
        weights: shape (L, A, T, T); every row sums to 1.
        tokens: the T pieces.
    """
    layers, heads, pieces, _ = weights.shape
    content = np.array(tokens.content)
    names, targets = _targets(tokens)
    rows: list[HeadRow] = []
    # Layer by layer: a copy in float64 of all layers of a long input would take 300 MiB.
    for layer, whole in enumerate(weights, start=1):
        looking = whole[:, content].astype(np.float64)
        sums = looking.reshape(heads, -1) @ targets.reshape(len(names), -1).T
        entropy = -(looking * np.log2(np.maximum(looking, 1e-300))).sum(axis=-1).mean(axis=-1)
        for head in range(heads):
            found: dict[str, Any] = {"a_to_b": None, "b_to_a": None}
            found |= dict(zip(names, map(float, sums[head]), strict=True))
            found["entropy"] = max(0.0, float(entropy[head]))
            found["pattern"], found["share"] = name_pattern(found, float(np.log2(pieces)))
            found["largest"] = float(looking[head].max())
            rows.append(HeadRow(layer=layer, head=head + 1, **found))
    return HeadTable(layers=layers, heads=heads, pieces=pieces, rows=tuple(rows))


def name_pattern(values: Mapping[str, float], most_entropy: float) -> tuple[Pattern, float]:
    """The pattern nearest to a head, and its share, by the rule of :class:`HeadRow`.

    Args:
        values: entropy and shares by the names of :class:`HeadRow`.
        most_entropy: the largest possible entropy in bits, log2 of two pieces or more.
    """
    breadth = values["entropy"] / most_entropy
    if breadth >= BROAD_FROM:
        return "broad", breadth
    shares = {pattern: values[name] for pattern, name in NAMED.items()}
    best = max(shares, key=shares.__getitem__)
    return (best if shares[best] >= NAMED_FROM else "mixed"), shares[best]


def is_punctuation(text: str) -> bool:
    """Whether a text is punctuation and nothing else, as google-research/bert takes it.

    Example:
        >>> [is_punctuation(text) for text in (",", "$", "”", "a.", "")]
        [True, True, True, False, False]
    """
    return bool(text) and all(
        (33 <= ord(character) < 127 and not character.isalnum())
        or unicodedata.category(character).startswith("P")
        for character in text
    )


def _targets(tokens: Tokens) -> tuple[list[str], NDArray[np.float64]]:
    """What is summed over the content rows, with the mean already in it: (K, N, T)."""
    content = np.array(tokens.content)
    at = np.arange(len(tokens))
    special = np.array([word is None for word in tokens.words])
    before = at < content[0]
    marks = np.zeros(len(tokens), dtype=bool)
    marks[[p for p in set(content) - set(tokens.masks) if is_punctuation(tokens.surface(p))]] = True
    # -1 stands for no word; content rows have one, so special columns never match.
    words = np.array([-1 if word is None else word for word in tokens.words])
    steps = at - content[:, None]
    everyone = np.ones((len(content), 1))
    kinds: dict[str, NDArray[np.float64]] = {
        "cls": everyone * (special & before),
        "sep": everyone * (special & ~before),
        "punctuation": everyone * marks,
        "itself": 1.0 * (steps == 0),
        "previous": 1.0 * (steps == -1),
        "following": 1.0 * (steps == 1),
        "rest_of_word": 1.0 * ((words[content][:, None] == words) & (steps != 0)),
        "distance": np.abs(steps).astype(np.float64),
    }
    kinds = {name: target / len(content) for name, target in kinds.items()}
    sequences = np.array([-1 if sequence is None else sequence for sequence in tokens.sequences])
    if {0, 1} <= set(sequences.tolist()):
        for name, own, other in (("a_to_b", 0, 1), ("b_to_a", 1, 0)):
            looking = sequences[content] == own
            kinds[name] = looking[:, None] * (sequences == other) / looking.sum()
    return list(kinds), np.stack(list(kinds.values()))
