"""One text, or a pair, from what was typed to what a model is fed, with every step between."""

from dataclasses import dataclass

from bert_core.analysis.tokenization.google import GoogleCheck, check_google
from bert_core.analysis.tokenization.steps import Step, steps_of
from bert_core.model.notes import text_notes
from bert_core.model.tokenizer import Tokenizer
from bert_core.model.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Piece:
    """One word piece of the input.

    Attributes:
        position: from 0, as in the position embeddings.
        piece: as the vocabulary spells it.
        id: its vocabulary id.
        segment: its segment (token type) id.
        word: index of its word, counted through both texts; None for a special piece.
        sequence: 0 if it comes from the text, 1 from the second; None for a special piece.
        start: its first character in that text; None for a special piece.
        end: the character after its last.
        characters: what was typed there.
        unknown: whether the vocabulary cannot spell it.
    """

    position: int
    piece: str
    id: int
    segment: int
    word: int | None
    sequence: int | None
    start: int | None
    end: int | None
    characters: str
    unknown: bool


@dataclass(frozen=True, slots=True)
class Tokenization:
    """A text's way to ids.

    Attributes:
        model: whose tokenizer it is.
        text: the text as typed.
        pair: the second text, or None.
        limit: most pieces that the model reads, special ones included.
        words: number of words after the split at spaces and punctuation, masks included.
        steps: what was done, in order; the last one holds the pieces.
        pieces: what the model is fed, special pieces included.
        google: where google-research/bert's own tokenizer differs.
        notes: what a reader should know.
    """

    model: str
    text: str
    pair: str | None
    limit: int
    words: int
    steps: tuple[Step, ...]
    pieces: tuple[Piece, ...]
    google: GoogleCheck
    notes: tuple[str, ...]


def tokenize(
    tokenizer: Tokenizer, text: str, pair: str | None = None, *, masks: bool = True
) -> Tokenization:
    """Follow a text to its ids.

    Args:
        tokenizer: a checkpoint's: ``encoder.tokenizer``, or one loaded without its model by
            :func:`bert_core.load_tokenizer`.
        text: the text.
        pair: an optional second text.
        masks: whether ``[MASK]``, ``[mask]``, ``<mask>`` and ``___`` mean the mask token.

    Raises:
        InputError: as :meth:`Tokenizer.encode`: nothing the model can see, or too long for it.
    """
    tokens = tokenizer.encode(text, pair, masks=masks)
    return Tokenization(
        model=tokenizer.source,
        text=text,
        pair=pair,
        limit=tokenizer.max_pieces,
        words=len({tokens.words[position] for position in tokens.content}),
        steps=steps_of(tokenizer, tokens, masks=masks),
        pieces=tuple(_piece(tokenizer, tokens, position) for position in range(len(tokens))),
        google=check_google(tokenizer, tokens),
        notes=(*text_notes(tokens, tokenizer.vocabulary), *_special_notes(tokenizer, tokens)),
    )


def _piece(tokenizer: Tokenizer, tokens: Tokens, position: int) -> Piece:
    start, end = tokens.offsets[position] or (None, None)
    return Piece(
        position=position,
        piece=tokens.pieces[position],
        id=tokens.ids[position],
        segment=tokens.segments[position],
        word=tokens.words[position],
        sequence=tokens.sequences[position],
        start=start,
        end=end,
        characters=tokens.surface(position),
        unknown=tokens.ids[position] == tokenizer.vocabulary.unknown_id,
    )


def _special_notes(tokenizer: Tokenizer, tokens: Tokens) -> list[str]:
    """A sentence on typed special tokens, which look like the real ones and are none."""
    real = (tokenizer.cls_id, tokenizer.sep_id, tokenizer.pad_id, tokenizer.vocabulary.unknown_id)
    names = [tokenizer.vocabulary.pieces[id_] for id_ in real if id_ is not None]
    both = f"{tokens.text} {tokens.pair or ''}"
    typed = [name for name in dict.fromkeys(names) if name in both]
    if not typed:
        return []
    return [
        f"{' and '.join(typed)} in a text is text, here as in Google's tokenizer; the transformers "
        "library by itself would make a special token of it."
    ]
