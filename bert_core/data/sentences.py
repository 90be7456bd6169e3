r"""A pasted paragraph cut into sentences by one rule that can be told in a sentence.

A sentence ends at ``.``, ``!``, ``?`` or ``…`` (and closing quotation marks or brackets after it)
when a line end follows, or white space and then something that can begin a sentence. Blank lines
end one too. The point of a short form or an initial ends none, nor that of ``No.`` before a number.
"""

import re

_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sr jr vs etc fig e.g i.e cf approx dept inc ltd co".split()
)
_LONGEST_WORD = 12
"""Characters that are looked at before an end; no short form and no initial is longer."""
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
        if not _abbreviated(text, start, end):
            found.append(text[start : end.end()])
            start = end.end()
    found.append(text[start:])
    return tuple(filter(None, (" ".join(part.split()) for part in found)))


def _abbreviated(text: str, start: int, end: re.Match[str]) -> bool:
    """Whether what looks like the end of a sentence from ``start`` is that of a short form."""
    words = text[max(start, end.start() - _LONGEST_WORD) : end.start()].split()
    last = words[-1].lstrip("\"'“‘«([") if words else ""
    if not last.endswith(".") or "\n" in end[0] or not end[0][:1].isspace():
        return False
    stem = last[:-1]
    if stem.lower() == "no":
        return text[end.end() : end.end() + 1].isdigit()
    return stem.lower() in _ABBREVIATIONS or (len(stem) == 1 and stem.isupper() and stem != "I")
