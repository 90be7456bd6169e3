"""Typed text into words as corpora of tagged words have them: punctuation apart from words."""

import re
import unicodedata

_JOINING = frozenset("-.,'’/&@:_")
"""Signs that stay inside a word between letters or digits: O'Neill, 3,000, 1996-08-22, AC/DC."""
_CLITIC = re.compile(r"(?<=.)['’](?:s|m|d|re|ve|ll|t)$", re.IGNORECASE)
# Over one sign per character: l letter, a other part of a word, c ideograph, j joining sign,
# . full stop, p other punctuation.
_WORD = re.compile(r"(?:l\.){2,}(?![la])|[la]+(?:[j.][la]+)*|[cjp.]")
_IDEOGRAPHS = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words of a text are.

    White space parts words. A punctuation mark is a word of its own unless it joins two parts of
    one (``O'Neill``) or belongs to an abbreviation (``U.S.``); ``'s`` and its like are words of
    their own, as in CoNLL-2003 (Tjong Kim Sang and De Meulder 2003), and so is an ideograph.

    Returns:
        Half-open character ranges, in order.

    Example:
        >>> text = "Ann's U.S. office, in 1996-97."
        >>> [text[start:end] for start, end in word_spans(text)]
        ['Ann', "'s", 'U.S.', 'office', ',', 'in', '1996-97', '.']
    """
    found: list[tuple[int, int]] = []
    for match in _WORD.finditer("".join(map(_sign, text))):
        start, end = match.span()
        clitic = _CLITIC.search(text[start:end])
        if clitic is not None:
            found.append((start, start + clitic.start()))
            start += clitic.start()
        found.append((start, end))
    return found


def _sign(character: str) -> str:
    """The kind of a character; punctuation is what google-research/bert takes for it."""
    if character.isspace():
        return " "
    if character == ".":
        return "."
    if character in _JOINING:
        return "j"
    code = ord(character)
    ascii_sign = 33 <= code < 127 and not character.isalnum()
    if ascii_sign or unicodedata.category(character).startswith("P"):
        return "p"
    if any(first <= code <= last for first, last in _IDEOGRAPHS):
        return "c"
    return "l" if character.isalpha() else "a"
