"""Two models on the same gap."""

from dataclasses import dataclass

import numpy as np

from bert_core.checks import whole_number
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.tasks.candidates import check_mask
from bert_core.tasks.distribution import Logs, allowed, best_ids, log_softmax, rank_of
from bert_core.tasks.limits import MAX_SHOWN


@dataclass(frozen=True, slots=True)
class ComparedWord:
    """One word in both models; rank and probability are None where a vocabulary lacks it.

    Attributes:
        word: spelled for people.
        ranks: place in each model's vocabulary, 1 = most probable.
        probabilities: in each model.
    """

    word: str
    ranks: tuple[int | None, int | None]
    probabilities: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two answers to one mask.

    Attributes:
        models: names of the two.
        rows: the best words of either, by their mean probability.
        divergence: Jensen-Shannon divergence of the distributions in bits, 0 = equal, 1 = nothing
            in common; None where the vocabularies differ.
        notes: what a reader should know, in sentences.
    """

    models: tuple[str, str]
    rows: tuple[ComparedWord, ...]
    divergence: float | None
    notes: tuple[str, ...]


def compare(
    first: Encoder, second: Encoder, tokens: Tokens, *, mask: int = 0, k: int = 10
) -> Comparison:
    """Ask two models for the same mask.

    Args:
        first: the model that ``tokens`` belongs to.
        second: another model; the sentence is cut into its own pieces.
        tokens: a sentence with at least one mask.
        mask: which mask, counted from 0 in reading order.
        k: best words of each model, 1 to 100.

    Raises:
        InputError: no such mask, or k out of range.
        ModelError: a model has no masked-word head.
    """
    whole_number("k", k, MAX_SHOWN, field="k")
    text, pair = tokens.retyped()
    other = tokens if _same_pieces(first, second) else second.tokenize(text, pair)
    sides = [_Side.ask(first, tokens, mask, k), _Side.ask(second, other, mask, k)]
    words = dict.fromkeys(word for side in sides for word in side.best)
    rows = [
        ComparedWord(
            word=word,
            ranks=(sides[0].rank(word), sides[1].rank(word)),
            probabilities=(sides[0].probability(word), sides[1].probability(word)),
        )
        for word in words
    ]
    rows.sort(key=lambda row: -sum(p or 0.0 for p in row.probabilities))
    same = first.tokenizer.vocabulary.pieces == second.tokenizer.vocabulary.pieces
    notes = (
        ()
        if same
        else (
            "The two vocabularies differ: probabilities are spread over different pieces, and a "
            "word that one of them cannot spell as a single piece is missing there.",
        )
    )
    return Comparison(
        models=(first.label, second.label),
        rows=tuple(rows),
        divergence=jensen_shannon(sides[0].logs, sides[1].logs) if same else None,
        notes=notes,
    )


def jensen_shannon(first: Logs, second: Logs) -> float:
    """Jensen-Shannon divergence of two log-distributions of shape (V,), in bits."""
    middle = np.logaddexp(first, second) - np.log(2)
    halves = [float((np.exp(side) * (side - middle)).sum()) for side in (first, second)]
    # Rounding can lead past either end by the last digits.
    return min(1.0, max(0.0, sum(halves) / 2 / float(np.log(2))))


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One model's distribution, addressed by word."""

    logs: Logs
    ids: dict[str, int]
    best: tuple[str, ...]

    @classmethod
    def ask(cls, encoder: Encoder, tokens: Tokens, mask: int, k: int) -> "_Side":
        check_mask(mask, len(tokens.masks))
        position = tokens.masks[mask]
        trace = encoder.trace(tokens, positions=(position,))
        assert trace.logits is not None  # noqa: S101 - asked for in the line above
        logs = log_softmax(trace.logits[0])
        vocabulary = encoder.tokenizer.vocabulary
        keep = allowed(vocabulary, tokens, position, words_only=True)
        shown = [(vocabulary.words[i].casefold(), i) for i in np.flatnonzero(keep)]
        # Of two pieces that read alike (case), the more probable one speaks for the word.
        ids = dict(sorted(shown, key=lambda item: logs[item[1]]))
        best = dict.fromkeys(vocabulary.words[i].casefold() for i in best_ids(logs, k, keep))
        return cls(logs=logs, ids={word: int(i) for word, i in ids.items()}, best=tuple(best))

    def rank(self, word: str) -> int | None:
        return rank_of(self.logs, self.ids[word]) if word in self.ids else None

    def probability(self, word: str) -> float | None:
        return float(np.exp(self.logs[self.ids[word]])) if word in self.ids else None


def _same_pieces(first: Encoder, second: Encoder) -> bool:
    return first.checkpoint.folder == second.checkpoint.folder
