"""What every head does over many sentences: mean and spread of the table of heads.

One sentence shows what a head can do, many show what it does. Every sentence is passed through
once, counts the same whatever its length, and leaves only sums behind.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.attention.table import VALUES, HeadTable, Pattern, head_table
from bert_core.errors import InputError
from bert_core.model import batching
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats
from bert_core.tasks.distribution import refuse_no_numbers

BLOCK = 1_024
"""Sentences that are cut into pieces and sorted by length together."""
WEIGHTS_BYTES = 2**26
"""Attention weights of one batch, at most, unless a single sentence has more."""
PATTERNS: tuple[Pattern, ...] = get_args(Pattern)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A sentence that could not be used.

    Attributes:
        row: counted from 1.
        reason: in a sentence.
    """

    row: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class CorpusResult:
    """All heads of a model over some sentences.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        sentences: number of sentences that were used.
        pieces: their word pieces together, special ones included.
        names: the F figures, those of :class:`.table.HeadRow`.
        counts: shape (F,), number of sentences that have the figure.
        mean: shape (F, L, A), over these sentences; NaN where there are none.
        spread: shape (F, L, A), standard deviation between sentences (n - 1 in the denominator);
            NaN for fewer than two.
        patterns: the names that a head can have.
        pattern_counts: shape (patterns, L, A), number of sentences in which a head had the name.
        bad: rows that were left out, and why.
    """

    model: str
    sentences: int
    pieces: int
    names: tuple[str, ...]
    counts: NDArray[np.int64]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    patterns: tuple[Pattern, ...]
    pattern_counts: NDArray[np.int64]
    bad: tuple[BadRow, ...]


def head_statistics(
    encoder: Encoder,
    texts: Sequence[str],
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> CorpusResult:
    """Describe every head over many sentences.

    Args:
        encoder: the model.
        texts: the sentences; those that are empty, too long or of one piece are left out and
            counted.
        on_progress: told how many sentences are done, bad ones included, and of how many; may
            raise to stop.

    Raises:
        InputError: no sentence can be used, or the model answered with numbers that are no
            numbers.
    """
    sums = _Sums((len(VALUES), encoder.checkpoint.layers, encoder.checkpoint.attention_heads))
    bad: list[BadRow] = []
    for first in range(0, len(texts), BLOCK):
        inputs = _cut(encoder, texts[first : first + BLOCK], first + 1, bad)
        if on_progress is not None:
            on_progress(sums.sentences + len(bad), len(texts))
        for batch in _batches(encoder, inputs):
            for tokens, weights in zip(batch, _weights(encoder, batch), strict=True):
                refuse_no_numbers(weights)
                sums.add(head_table(weights, tokens))
            if on_progress is not None:
                on_progress(sums.sentences + len(bad), len(texts))
    if not sums.sentences:
        why = f" Row {bad[0].row}: {bad[0].reason}" if bad else ""
        raise InputError(f"No sentence of {len(texts):,} can be used.{why}", field="text")
    return sums.result(encoder.label, tuple(bad))


@dataclass(slots=True, eq=False)
class _Sums:
    """Running mean and spread of figures of shape (F, L, A), after Welford 1962."""

    shape: tuple[int, int, int]
    sentences: int = 0
    pieces: int = 0
    counts: NDArray[np.int64] = field(init=False)
    mean: NDArray[np.float64] = field(init=False)
    squares: NDArray[np.float64] = field(init=False)
    patterns: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros(self.shape[0], dtype=np.int64)
        self.mean = np.zeros(self.shape)
        self.squares = np.zeros(self.shape)
        self.patterns = np.zeros((len(PATTERNS), *self.shape[1:]), dtype=np.int64)

    def add(self, table: HeadTable) -> None:
        """Count one sentence."""
        self.sentences += 1
        self.pieces += table.pieces
        figures = np.stack([table.grid(name) for name in VALUES])
        # A figure that a text has not (A looking at B) is NaN for all heads alike.
        has = ~np.isnan(figures).any(axis=(1, 2))
        self.counts += has
        away = figures[has] - self.mean[has]
        self.mean[has] += away / self.counts[has][:, None, None]
        self.squares[has] += away * (figures[has] - self.mean[has])
        for row in table.rows:
            self.patterns[PATTERNS.index(row.pattern), row.layer - 1, row.head - 1] += 1

    def result(self, model: str, bad: tuple[BadRow, ...]) -> CorpusResult:
        """The sums as figures."""
        counts = self.counts[:, None, None]
        return CorpusResult(
            model=model,
            sentences=self.sentences,
            pieces=self.pieces,
            names=VALUES,
            counts=self.counts,
            mean=np.where(counts > 0, self.mean, np.nan),
            spread=np.where(counts > 1, np.sqrt(self.squares / np.maximum(counts - 1, 1)), np.nan),
            patterns=PATTERNS,
            pattern_counts=self.patterns,
            bad=bad,
        )


def _cut(encoder: Encoder, texts: Sequence[str], row: int, bad: list[BadRow]) -> list[Tokens]:
    """The usable ones of some texts in pieces; ``row`` is the number of the first."""
    found = []
    for number, text in enumerate(texts, start=row):
        try:
            tokens = encoder.tokenize(text)
        except InputError as error:
            bad.append(BadRow(number, str(error)))
            continue
        if len(tokens.content) < 2:
            bad.append(BadRow(number, "It has one piece, which has nothing else to look at."))
        else:
            found.append(tokens)
    return found


def _batches(encoder: Encoder, inputs: Sequence[Tokens]) -> Iterator[list[Tokens]]:
    """Inputs of similar length, few enough for their weights to stay small."""
    per_head = encoder.checkpoint.layers * encoder.checkpoint.attention_heads * 4
    for members in batching.plan([len(tokens) for tokens in inputs]):
        longest = len(inputs[members[0]])
        size = max(1, WEIGHTS_BYTES // (per_head * longest**2))
        for first in range(0, len(members), size):
            yield [inputs[member] for member in members[first : first + size]]


def _weights(encoder: Encoder, batch: Sequence[Tokens]) -> list[Floats]:
    """Attention weights (L, A, T, T) of each input."""
    with encoder.computing(len(batch)) as body:
        return body.weights(batch)
