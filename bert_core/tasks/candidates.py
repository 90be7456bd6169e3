"""Own words at a mask, however many pieces they have.

A word of n pieces gets n masks. Its score chains them from left to right:
ln P(first piece | n masks) + ln P(second piece | first piece, n - 1 masks) + ...
The common shortcut, scoring only the first piece, gives "pizza" the probability of "p".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bert_core.checks import a_list, is_whole, shown
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.tasks.distribution import log_softmax, rank_of
from bert_core.tasks.limits import bearable, writable_words

MAX_CANDIDATES = 1_000


@dataclass(frozen=True, slots=True)
class CandidateScore:
    """One of the user's words at the mask.

    Attributes:
        word: as typed.
        pieces: its word pieces.
        steps: log-probability of each piece given the ones before it, in nats; empty for an
            unknown word.
        log_probability: their sum, or None for an unknown word.
        per_piece: their mean, or None; the fairer figure between words of different lengths.
        rank: place in the whole vocabulary, for words of one piece; else None.
    """

    word: str
    pieces: tuple[str, ...]
    steps: tuple[float, ...]
    log_probability: float | None
    per_piece: float | None
    rank: int | None


@dataclass(frozen=True, slots=True, eq=False)
class CandidateTable:
    """All of the user's words at one mask, best first, unknown ones last.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the sentence.
        position: the mask, in word pieces.
        rows: one per word.
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    position: int
    rows: tuple[CandidateScore, ...]
    notes: tuple[str, ...]


def split_words(text: str) -> tuple[str, ...]:
    r"""Read a list of words, separated by commas or line ends, each kept once.

    Example:
        >>> split_words("tea, coffee\ntea,")
        ('tea', 'coffee')
    """
    parts = (part.strip() for line in text.splitlines() for part in line.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def score_candidates(
    encoder: Encoder,
    tokens: Tokens,
    words: Sequence[str],
    *,
    mask: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> CandidateTable:
    """Score words at one mask of a sentence.

    Args:
        encoder: a model with a masked-word head.
        tokens: a sentence with at least one mask; other masks stay as they are.
        words: 1 to 1,000 words or short phrases.
        mask: which mask, counted from 0 in reading order.
        on_progress: told how many passes are done, and of how many.

    Raises:
        InputError: no words, too many, no such mask, a word that is no text, empty or too long for
            the model, or words whose passes together would take too long.
    """
    masks = tokens.masks
    check_mask(mask, len(masks))
    a_list("The words", words, field="candidates")
    if not words or len(words) > MAX_CANDIDATES:
        raise InputError(
            f"{len(words):,} words were given; 1 to {MAX_CANDIDATES:,} are expected, separated by "
            "commas or one a line.",
            field="candidates",
        )
    writable_words(words, field="candidates")
    _refuse_empty(words)
    position = masks[mask]
    unknown = encoder.tokenizer.vocabulary.unknown_id
    ids = {word: encoder.pieces_of(word) for word in words}
    known = {word: own for word, own in ids.items() if own and unknown not in own}
    steps, ranks = _chain(encoder, tokens, position, known, on_progress)
    names = encoder.tokenizer.vocabulary.pieces
    rows = [
        _row(word, tuple(names[id_] for id_ in own), steps.get(word, ()), ranks.get(word))
        for word, own in ids.items()
    ]
    rows.sort(key=lambda row: (row.log_probability is None, -(row.log_probability or 0.0)))
    return CandidateTable(
        model=encoder.label,
        tokens=tokens,
        position=position,
        rows=tuple(rows),
        notes=(*text_notes(tokens, encoder.tokenizer.vocabulary), *_notes(rows)),
    )


def _refuse_empty(words: Sequence[str]) -> None:
    for number, word in enumerate(words, start=1):
        if not word.strip():
            raise InputError(
                f"Word {number:,} of the list is empty. Leave it out.", field="candidates"
            )


def check_mask(mask: object, count: int) -> None:
    """Refuse a mask that a sentence of ``count`` masks does not have, counted from 0.

    Raises:
        InputError: there is none of that number.
    """
    if not is_whole(mask, 0, count - 1):
        number = mask + 1 if isinstance(mask, int) and not isinstance(mask, bool) else mask
        raise InputError(
            f"There is no mask number {shown(number)}: the sentence has {count}.", field="mask"
        )


def passes_of(words: Mapping[str, tuple[int, ...]]) -> dict[tuple[int, tuple[int, ...]], list[str]]:
    """The passes that score words, given by the ids of their pieces.

    Returns:
        Number of masks and the pieces put in before, and the words that this pass is for.
    """
    passes: dict[tuple[int, tuple[int, ...]], list[str]] = {}
    for word, ids in words.items():
        for done in range(len(ids)):
            passes.setdefault((len(ids), ids[:done]), []).append(word)
    return passes


def _chain(
    encoder: Encoder,
    tokens: Tokens,
    position: int,
    words: dict[str, tuple[int, ...]],
    on_progress: Callable[[int, int], None] | None,
) -> tuple[dict[str, tuple[float, ...]], dict[str, int]]:
    """Log-probabilities of every piece of every word, and the rank of words of one piece.

    Words share a pass wherever the pieces before are the same: all words of n pieces share
    their first.
    """
    vocabulary = encoder.tokenizer.vocabulary
    _refuse_long(encoder, len(tokens), words)
    passes = passes_of(words)
    keys = list(passes)
    bearable(sum(len(tokens) + count for count, _ in keys), field="candidates")
    inputs, where = [], []
    for count, before in keys:
        wide = tokens.widened(position, count)
        put_in = [(position + i, id_, vocabulary.pieces[id_]) for i, id_ in enumerate(before)]
        inputs.append(wide.filled(put_in))
        where.append((position + len(before),))
    logs: dict[str, dict[int, float]] = {word: {} for word in words}
    ranks: dict[str, int] = {}
    for rows, logits in encoder.masked_logits(inputs, where, on_progress=on_progress):
        for (member, _), line in zip(rows, log_softmax(logits.cpu().numpy()), strict=True):
            count, before = keys[member]
            for word in passes[count, before]:
                id_ = words[word][len(before)]
                logs[word][len(before)] = float(line[id_])
                if count == 1:
                    ranks[word] = rank_of(line, id_)
    return {
        word: tuple(found[step] for step in sorted(found)) for word, found in logs.items()
    }, ranks


def _refuse_long(encoder: Encoder, length: int, words: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse words that do not fit; before their passes are listed, which takes their square."""
    most = encoder.tokenizer.max_pieces
    for word, ids in words.items():
        pieces = length - 1 + len(ids)
        if pieces > most:
            raise InputError(
                f"With {shown(word)} ({len(ids):,} word pieces) the sentence has {pieces:,} "
                f"pieces; the model reads {most:,}. Shorten the sentence.",
                field="candidates",
            )


def _row(
    word: str, pieces: tuple[str, ...], steps: tuple[float, ...], rank: int | None
) -> CandidateScore:
    total = sum(steps) if steps else None
    return CandidateScore(
        word=word,
        pieces=pieces,
        steps=steps,
        log_probability=total,
        per_piece=None if total is None else total / len(steps),
        rank=rank,
    )


def _notes(rows: Sequence[CandidateScore]) -> tuple[str, ...]:
    found = []
    if len({len(row.steps) for row in rows if row.steps}) > 1:
        found.append(
            "The words differ in their number of pieces: each further piece is one more factor "
            "below 1, and the number of masks itself tells the model how long the word is. "
            "Compare the mean per piece too."
        )
    unknown = [row.word[:30] for row in rows if row.log_probability is None]
    if unknown:
        found.append(
            f"Not scored, since the vocabulary cannot spell it: {', '.join(unknown[:5])}"
            f"{' and others' if len(unknown) > 5 else ''}."
        )
    return tuple(found)
