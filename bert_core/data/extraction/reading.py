"""What every reader of a format gives back, and how it refuses."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from bert_core.errors import InputError
from bert_core.settings import MAX_DOCUMENT, read_settings

MAX_CHARACTERS = MAX_DOCUMENT
"""Of text, in one document, if the operator does not say otherwise."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a format's reader found, before characters are repaired.

    Attributes:
        parts: text of each page; one part where the format has no pages.
        notes: sentences on what was left out, guessed or mended.
    """

    parts: tuple[str, ...]
    notes: tuple[str, ...] = ()


def refused(sentence: str) -> InputError:
    """The error for a document that cannot be read."""
    return InputError(sentence, field="document")


def check_length(characters: int, name: str) -> None:
    """Refuse a text that is too long.

    Args:
        characters: of text.
        name: of the document, for the sentence.

    Raises:
        InputError: there are more than the operator allows.
    """
    most = read_settings().document_characters
    if characters > most:
        parts = -(-characters // most)
        raise refused(
            f"{name} has {characters:,} characters of text; at most {most:,} are read. "
            f"Split it into {parts} files or more, by chapter for instance, and ask each of them."
        )


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun.

    Example:
        >>> counted(1, "picture", "pictures"), counted(1200, "picture", "pictures")
        ('1 picture', '1,200 pictures')
    """
    return f"{number:,} {one if number == 1 else many}"


def ranges(numbers: Iterable[int]) -> str:
    """Ascending numbers in words, runs of them shortened.

    Example:
        >>> ranges([2, 4, 5, 6, 9])
        '2, 4–6, 9'
    """
    numbers = list(numbers)
    starts = [b for a, b in pairwise([-1, *numbers]) if b != a + 1 or a == -1]
    ends = [a for a, b in pairwise([*numbers, -1]) if b != a + 1]
    return ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in zip(starts, ends, strict=True))
