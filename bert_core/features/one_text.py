"""Hidden states of one text as an array, for those who want no file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from bert_core.checks import a_choice
from bert_core.errors import InputError
from bert_core.features.extract import states
from bert_core.features.layers import from_end
from bert_core.features.lines import Line
from bert_core.features.writing import Pool
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats

MOST_VALUES = 500_000
"""Numbers in one answer: 512 pieces of one layer of BERT-base are 393,216."""


@dataclass(frozen=True, slots=True, eq=False)
class EmbedResult:
    """Vectors of one text.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the text in pieces, T.
        layers: K layers, counted from the end, -1 is the last.
        pool: ``"none"``: a row for each piece; ``"cls"``, ``"mean"``: one for the text.
        vectors: float32 of shape (T, K, H), or (1, K, H) where it is pooled.
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    layers: tuple[int, ...]
    pool: Pool
    vectors: Floats
    notes: tuple[str, ...]


def embed(
    encoder: Encoder,
    text: str,
    pair: str | None = None,
    *,
    layers: Sequence[int] = (-1,),
    pool: Pool = "mean",
) -> EmbedResult:
    """Hidden states of a text, as :func:`.extract.extract` writes them for a line of a file.

    Args:
        encoder: the model.
        text: the text; a typed ``[MASK]`` or ``[SEP]`` is ordinary text.
        pair: an optional second text.
        layers: counted from the end, -1 is the last; 0 is the input of the first.
        pool: ``"none"``: a row for each piece; ``"cls"``: the first piece; ``"mean"``: the mean
            over all pieces, special ones included.

    Raises:
        InputError: the text is empty or too long, there is no such layer or pooling, the answer
            would be too large, or the model computed values that are no numbers.
    """
    a_choice("pooling", pool, get_args(Pool), field="pool")
    named = from_end(layers, encoder.checkpoint.layers)
    tokens = encoder.tokenize(text, pair, masks=False)
    rows = len(tokens) if pool == "none" else 1
    values = rows * len(named) * encoder.checkpoint.hidden
    if values > MOST_VALUES:
        raise InputError(
            f"These are {values:,} numbers; at most {MOST_VALUES:,} are given at once. Name fewer "
            "layers, or pool the pieces.",
            field="layers",
        )
    line = Line(0, tokens.ids, tokens.segments, 0, paired=pair is not None, blank=False)
    (vectors,) = states(encoder, [line], named, pool)
    notes = text_notes(tokens, encoder.tokenizer.vocabulary)
    return EmbedResult(encoder.label, tokens, named, pool, vectors, notes)
