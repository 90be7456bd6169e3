"""A word in sentences, as the model's tokenizer sees it: whole words, capitals if it has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bert_core.analysis.embeddings.sentences import Sentence
from bert_core.checks import a_text, is_whole, shown
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens

LONGEST_WORD = 100  # characters; a phrase of several words is one, too


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The word in one sentence.

    Attributes:
        sentence: the sentence.
        tokens: its pieces.
        positions: those of the word.
        start: the word's first character in the sentence.
        end: the character after its last.
        number: which occurrence of the word this is, counted from 1.
        count: how many there are in the sentence.
    """

    sentence: Sentence
    tokens: Tokens
    positions: tuple[int, ...]
    start: int
    end: int
    number: int
    count: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A sentence that is not used.

    Attributes:
        line: its line, counted from 1.
        reason: in a sentence.
    """

    line: int
    reason: str


def find_word(
    encoder: Encoder,
    sentences: Sequence[Sentence],
    word: str,
    which: Mapping[int, int] | None = None,
) -> tuple[tuple[Occurrence, ...], tuple[LeftOut, ...]]:
    """Find one occurrence of a word in each sentence.

    Args:
        encoder: whose tokenizer is asked. One that knows no capitals finds ``Bank`` too.
        sentences: where to look. Everything in them is text: a typed ``[MASK]`` is no mask.
        word: the word, or several words that follow each other.
        which: for lines that have it more than once, which one is taken, counted from 1; the
            first of every other line.

    Returns:
        The occurrences, in order, and the sentences without one.

    Raises:
        InputError: no word was given, the vocabulary cannot spell it, or ``which`` names an
            occurrence that a line does not have.
    """
    spellings = _spellings(encoder, word)
    if which is not None and not isinstance(which, Mapping):
        raise InputError(
            f"The chosen occurrences are {shown(which)}; a number by line is expected.",
            field="which",
        )
    found, left_out = [], []
    for sentence in sentences:
        try:
            tokens = encoder.tokenize(sentence.text, masks=False)
        except InputError as error:
            left_out.append(LeftOut(sentence.line, str(error)))
            continue
        places = _places(tokens, spellings)
        if places:
            number = (which or {}).get(sentence.line, 1)
            found.append(_occurrence(sentence, tokens, places, number))
        else:
            left_out.append(LeftOut(sentence.line, _missing(encoder, word)))
    return tuple(found), tuple(left_out)


def _spellings(encoder: Encoder, word: str) -> set[tuple[int, ...]]:
    """The ids of the word inside a sentence and at its start, which some tokenizers tell apart."""
    a_text("The word", word, field="word")
    if not word.strip():
        raise InputError("There is no word to follow. Type one.", field="word")
    if len(word) > LONGEST_WORD:
        raise InputError(
            f"The word has {len(word):,} characters; at most {LONGEST_WORD} are looked for.",
            field="word",
        )
    tokens = encoder.tokenize(word.strip(), masks=False)
    spellings = {tuple(tokens.ids[p] for p in tokens.content), encoder.pieces_of(word.strip())}
    unknown = encoder.tokenizer.vocabulary.unknown_id
    if any(unknown in spelling for spelling in spellings):
        raise InputError(
            f"The model's vocabulary cannot spell '{word.strip()}'. Choose another word.",
            field="word",
        )
    return spellings


def _places(tokens: Tokens, spellings: set[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Where the word stands, each as the positions of its pieces; none overlaps another."""
    found: list[tuple[int, ...]] = []
    for start in tokens.content:
        if found and start <= found[-1][-1]:
            continue
        for ids in spellings:
            end = start + len(ids)
            if tokens.ids[start:end] == ids and _is_whole(tokens, start, end):
                found.append(tuple(range(start, end)))
                break
    return found


def _is_whole(tokens: Tokens, start: int, end: int) -> bool:
    """Whether no word goes on beyond either end."""
    words = tokens.words
    return words[start - 1] != words[start] and (
        end == len(words) or words[end - 1] != words[end] or words[end] is None
    )


def _occurrence(
    sentence: Sentence, tokens: Tokens, places: list[tuple[int, ...]], number: int
) -> Occurrence:
    if not is_whole(number, 1, len(places)):
        raise InputError(
            f"Line {sentence.line} has no occurrence {shown(number)} of the word; it has "
            f"{len(places)}.",
            field="which",
        )
    positions = places[number - 1]
    spans = [span for span in (tokens.offsets[p] for p in positions) if span is not None]
    start, end = spans[0][0], spans[-1][1]
    return Occurrence(sentence, tokens, positions, start, end, number, len(places))


def _missing(encoder: Encoder, word: str) -> str:
    capitals = "" if encoder.tokenizer.lower else " (this model tells capitals apart)"
    return f"It does not have '{word.strip()}' as a whole word{capitals}."
