"""Text as BERT's basic tokenizer leaves it, before word pieces (google's tokenization.py).

The library's tokenizer gives pieces and offsets; aligning an answer needs the plain form of a
text, and with the reference's own rules, which differ from the library's in rare characters.
"""

import unicodedata

_KEPT = "\t\n\r"
"""Control characters that count as white space; all others are dropped."""
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class BasicTokenizer:
    """Texts in basic tokens; remembers the words that it has met.

    Args:
        lower: whether text is lower-cased and loses its accents.
    """

    def __init__(self, *, lower: bool) -> None:
        self._lower = lower
        self._known: dict[str, str] = {}

    def spaced(self, text: str) -> str:
        """A text's basic tokens with a space between each two.

        Example:
            >>> BasicTokenizer(lower=True).spaced("Café, (1895-1943).")
            'cafe , ( 1895 - 1943 ) .'
        """
        known = self._known
        found = []
        # No rule looks beyond a space, so that words can be remembered one by one.
        for word in text.split(" "):
            if word not in known:
                known[word] = self._word(word)
            found.append(known[word])
        return " ".join(filter(None, found))

    def _word(self, word: str) -> str:
        tokens = []
        for token in "".join(map(_cleaned, word)).split():
            tokens.append("".join(map(_apart, self._plain(token))))
        return " ".join(" ".join(tokens).split())

    def _plain(self, token: str) -> str:
        if not self._lower:
            return token
        # The whole token at once: a capital sigma at its end becomes a final one.
        letters = unicodedata.normalize("NFD", token.lower())
        return "".join(c for c in letters if unicodedata.category(c) != "Mn")


def _cleaned(c: str) -> str:
    """A character as it is, a space, or nothing; ideographs stand apart."""
    category = unicodedata.category(c)
    if c in _KEPT or category == "Zs":
        return " "
    if c in "\0\ufffd" or category in ("Cc", "Cf"):
        return ""
    code = ord(c)
    if any(first <= code <= last for first, last in _IDEOGRAPHS):
        return f" {c} "
    return c


def _apart(c: str) -> str:
    """Punctuation with spaces around it; all ASCII signs count as such."""
    sign = "!" <= c <= "~" and not c.isalnum()
    return f" {c} " if sign or unicodedata.category(c).startswith("P") else c
