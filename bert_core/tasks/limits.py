"""Checks of numbers and words that callers give, the same for every task."""

from collections.abc import Iterable

from bert_core.checks import a_text
from bert_core.errors import InputError

MAX_SHOWN = 100
"""Most words per row or layer that an analysis lists."""

MOST_READ = 300_000
"""Most word pieces that a model reads for one question in all its passes: about a minute of the
embedded model on two cores."""


def bearable(pieces: int, *, field: str) -> None:
    """Refuse a question that would keep a machine busy for minutes.

    Args:
        pieces: word pieces that would be read in all passes together.
        field: name of the input at fault.

    Raises:
        InputError: they are more than ``MOST_READ``.
    """
    if pieces > MOST_READ:
        raise InputError(
            f"For this the model would read {pieces:,} word pieces; {MOST_READ:,} are the most. "
            "Give fewer or shorter words, or a shorter sentence.",
            field=field,
        )


def writable_words(words: Iterable[str], *, field: str) -> None:
    """Refuse what is no text, and words with half of a surrogate pair, which no file can hold.

    Raises:
        InputError: a word is no text, or cannot be written as UTF-8.
    """
    for number, word in enumerate(words, start=1):
        a_text(f"Word {number:,}", word, field=field)
        try:
            word.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InputError(
                f"Character {error.start + 1:,} of word {number:,} is half of a surrogate pair "
                "and no text. Remove it.",
                field=field,
            ) from None
