"""Surprise: every piece masked in turn, and what the sentence as a whole amounts to.

Two sums of the same kind are given. "original": each piece is masked alone (Salazar et al.
2020, arXiv:1910.14659). It flatters long words, whose own other pieces give them away, so
"within word" also masks the later pieces of the same word (Kauf & Ivanova 2023,
arXiv:2305.10588). Both are pseudo-log-likelihoods: they rank sentences, preferably of equal
length, and are no probability of a sentence.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.tasks.distribution import Candidate, best_ids, candidate, log_softmax

PSEUDO = (
    "Pseudo-log-likelihood: it sums predictions that each see the rest of the sentence. Compare "
    "sentences of the same length, or per piece; it is no probability of the sentence."
)


@dataclass(frozen=True, slots=True)
class PieceSurprise:
    """One piece that was masked.

    Attributes:
        position: in word pieces.
        piece: as the vocabulary spells it.
        surface: the characters it stands for.
        log_probability: of the piece when it alone is masked, in nats.
        within_word: the same when the later pieces of its word are masked too.
        bits: surprise, -log2 of the probability when it alone is masked.
        rank: its place in the vocabulary then.
        best: the most probable piece then.
    """

    position: int
    piece: str
    surface: str
    log_probability: float
    within_word: float
    bits: float
    rank: int
    best: Candidate


@dataclass(frozen=True, slots=True, eq=False)
class SurpriseResult:
    """A sentence, piece by piece.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the sentence.
        pieces: one entry for each piece that is not special and not a typed mask.
        pll: sum of ``log_probability``, in nats (Salazar et al. 2020).
        pll_within_word: sum of ``within_word``, in nats (Kauf & Ivanova 2023).
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    pieces: tuple[PieceSurprise, ...]
    pll: float
    pll_within_word: float
    notes: tuple[str, ...]

    @property
    def per_piece(self) -> float:
        """``pll`` divided by the number of pieces."""
        return self.pll / len(self.pieces)


def surprise(
    encoder: Encoder,
    tokens: Tokens,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> SurpriseResult:
    """Mask every piece in turn and see how much it was expected.

    All masked copies go through in batches; the second variant needs further copies only for
    words of several pieces.

    Args:
        encoder: a model with a masked-word head.
        tokens: a sentence, or a pair, of at least one piece that is no mask.
        on_progress: told how many copies are done, and of how many.

    Raises:
        InputError: every piece is a mask already.
        ModelError: the checkpoint has no masked-word head.
    """
    encoder.checkpoint.require("masked_word")
    typed = set(tokens.masks)
    positions = [position for position in tokens.content if position not in typed]
    if not positions:
        raise InputError("Every piece is a mask; no word is left to be judged.", field="text")
    rest = {
        position: tuple(p for p in tokens.same_word(position) if p >= position and p not in typed)
        for position in positions
    }
    # A copy is known by the positions masked in it; the first of them is the one that is asked
    # about. Words of one piece need one copy for both sums.
    copies = dict.fromkeys([*((position,) for position in positions), *rest.values()])
    answers = _ask(encoder, tokens, list(copies), on_progress)
    pieces = tuple(_piece(tokens, answers, p, rest[p]) for p in positions)
    return SurpriseResult(
        model=encoder.label,
        tokens=tokens,
        pieces=pieces,
        pll=sum(piece.log_probability for piece in pieces),
        pll_within_word=sum(piece.within_word for piece in pieces),
        notes=text_notes(tokens, encoder.tokenizer.vocabulary),
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the model says about the first masked piece of one copy."""

    log_probability: float
    rank: int
    best: Candidate


def _ask(
    encoder: Encoder,
    tokens: Tokens,
    copies: list[tuple[int, ...]],
    on_progress: Callable[[int, int], None] | None,
) -> dict[tuple[int, ...], _Answer]:
    vocabulary = encoder.tokenizer.vocabulary
    answers: dict[tuple[int, ...], _Answer] = {}
    inputs = [tokens.masked(masked) for masked in copies]
    where = [masked[:1] for masked in copies]
    for rows, logits in encoder.masked_logits(inputs, where, on_progress=on_progress):
        for (member, position), line in zip(rows, log_softmax(logits.cpu().numpy()), strict=True):
            own = candidate(vocabulary, line, tokens.ids[position])
            best = candidate(vocabulary, line, best_ids(line, 1, ~vocabulary.special)[0])
            answers[copies[member]] = _Answer(float(line[own.id]), own.rank, best)
    return answers


def _piece(
    tokens: Tokens,
    answers: dict[tuple[int, ...], _Answer],
    position: int,
    rest_of_word: tuple[int, ...],
) -> PieceSurprise:
    alone = answers[position,]
    return PieceSurprise(
        position=position,
        piece=tokens.pieces[position],
        surface=tokens.surface(position),
        log_probability=alone.log_probability,
        within_word=answers[rest_of_word].log_probability,
        bits=-alone.log_probability / math.log(2),
        rank=alone.rank,
        best=alone.best,
    )
