r"""A pasted paragraph cut into sentences by one rule that can be told in a sentence.

A sentence ends at ``.``, ``!``, ``?`` or ``…`` (and closing quotation marks or brackets after it)
when a line end follows, or white space and then something that can begin a sentence. Blank lines
end one too.
"""

import re

_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sr jr vs etc no fig e.g i.e cf approx dept inc ltd co".split()
)
_CLOSING = r"[\"'”’»)\]]*"
_END = re.compile(
    rf"(?<=[.!?…]){_CLOSING}(?:[^\S\n]*\n\s*|\s+(?=[\"'“‘«(\[¿¡]*[^\W_a-zà-ÿ]))"
    rf"|(?<=[。！？])[”’」』）]*\s*|\n[^\S\n]*\n\s*"
)


def split_sentences(text: str) -> tuple[str, ...]:
    r"""The sentences of a text, in order, without white space around them.

    Args:
        text: a paragraph, in any number of lines; a line end inside a sentence is a space.

    Example:
        >>> split_sentences("Dr. Moss came at 5.30 p.m. She left. \"Why?\" he asked.\nno one knew")
        ('Dr. Moss came at 5.30 p.m.', 'She left.', '"Why?" he asked.', 'no one knew')
    """
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        part = text[start : end.end()]
        if not _abbreviated(part):
            found.append(part)
            start = end.end()
    found.append(text[start:])
    return tuple(filter(None, (" ".join(part.split()) for part in found)))


def _abbreviated(part: str) -> bool:
    """Whether a part ends with a short form or an initial instead of a sentence."""
    words = part.split()
    last = words[-1].lstrip("\"'“‘«([") if words else ""
    if not last.endswith(".") or "\n" in part[len(part.rstrip()) :]:
        return False
    stem = last[:-1]
    return stem.lower() in _ABBREVIATIONS or (len(stem) == 1 and stem.isupper() and stem != "I")
