"""Characters of an extracted text: line ends made one, what cannot be seen or read dealt with."""

import re

_SURROGATES = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n|[\r\v\x85\u2028]")
_PAGE_ENDS = re.compile("[\f\u2029]")
_INVISIBLE = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u2060\ufeff]")
_BLANK_LINES = re.compile("\n{3,}")


def repaired(text: str) -> tuple[str, int]:
    r"""Make a text fit to be shown and searched.

    Line ends become ``\n`` and more than one blank line becomes one. Control characters, soft
    hyphens, zero-width spaces and byte order marks are removed. Two halves of a character
    (surrogates) are put together; a half alone becomes U+FFFD.

    Args:
        text: as a format's reader gave it.

    Returns:
        The text without white space around it, and the number of characters removed.

    Example:
        >>> repaired("a\x00b\r\n\r\n\r\n\r\nc ")
        ('ab\n\nc', 1)
    """
    if _SURROGATES.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _PAGE_ENDS.sub("\n\n", _LINE_ENDS.sub("\n", text))
    text, removed = _INVISIBLE.subn("", text)
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", text).strip(), removed
