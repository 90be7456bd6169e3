"""How people write a mask: ``[MASK]``, ``[mask]``, ``<mask>`` or three underscores and more.

Each spelling is replaced by the checkpoint's own mask token, and every character of the
result remembers where it came from, so that offsets still point into the text as typed.
"""

import re
from dataclasses import dataclass

MASK_SPELLINGS = re.compile(r"\[MASK\]|\[mask\]|<mask>|_{3,}")


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text whose masks are spelled as the checkpoint spells them.

    Attributes:
        text: the rewritten text.
        origins: for each boundary between characters of ``text`` (its length + 1 of them),
            the boundary in the original text.
    """

    text: str
    origins: tuple[int, ...]

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """Translate a half-open range of characters to the original text."""
        return self.origins[start], self.origins[end]


def mark(text: str, mask_token: str) -> MarkedText:
    """Rewrite every mask spelling of ``text`` as ``mask_token``.

    Example:
        >>> mark("a ___ b", "[MASK]").text
        'a [MASK] b'
        >>> mark("a ___ b", "[MASK]").to_original(2, 8)
        (2, 5)
    """
    parts: list[str] = []
    origins: list[int] = []
    done = 0
    for match in MASK_SPELLINGS.finditer(text):
        parts += [text[done : match.start()], mask_token]
        origins += range(done, match.start())
        # All inner boundaries of the token stand for the start of what was typed.
        origins += [match.start()] * len(mask_token)
        done = match.end()
    parts.append(text[done:])
    origins += range(done, len(text) + 1)
    return MarkedText(text="".join(parts), origins=tuple(origins))
