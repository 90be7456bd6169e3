"""Characters and changes of a text in words: what cannot be seen is named."""

import unicodedata
from itertools import pairwise

from bert_core.analysis.tokenization.steps import Step, Stretch
from bert_core.views.numbers import counted, joined

NAMES = {
    "mask": "Masks",
    "clean": "Clean",
    "chinese": "Chinese characters",
    "letters": "Case and accents",
    "normal": "One form",
    "words": "Words",
    "pieces": "Word pieces",
}
"""What the steps are called on a page."""
MOST = 8
_CONTROLS = {"\t": "tab", "\n": "line end", "\r": "carriage return", " ": "space"}
_SIGNS = {" ": "␣", "\n": "⏎"}


def seen(text: str) -> str:
    r"""A text in which everything can be seen.

    Example:
        >>> seen(" a\n"), seen("\t"), seen("\u200b"), seen("a\u200bb")
        ('␣a⏎', 'tab', 'U+200B zero width space', 'a‹U+200B›b')
    """
    if len(text) == 1:
        return _named(text)
    return "".join(_SIGNS.get(c) or (c if c.isprintable() else f"‹{_code(c)}›") for c in text)


def change(stretch: Stretch) -> str:
    r"""What a step did to a stretch that it changed.

    Example:
        >>> change(Stretch("e", 3, 4, "é")), change(Stretch("", 3, 4, "\u00ad"))
        ('é → e', 'U+00AD soft hyphen removed')
    """
    before = seen(stretch.before or "")
    return f"{before} → {seen(stretch.text)}" if stretch.text else f"{before} removed"


def changes(step: Step) -> str:
    """All that a step changed, in a sentence; the first few of many."""
    said = [change(each) for text in step.texts for each in text if each.before is not None]
    if not said:
        return "Nothing to change here."
    # The same letter may change often: each change is said once.
    kinds = list(dict.fromkeys(said))
    more = [counted(len(kinds) - MOST, "other")] if len(kinds) > MOST else []
    return f"{joined([*kinds[:MOST], *more])}."


def words(step: Step) -> str:
    """How many words there are, and which were cut off at a sign."""
    total = sum(len(text) for text in step.texts)
    apart = sum(
        before.end == after.start for text in step.texts for before, after in pairwise(text)
    )
    off = f", {counted(apart, 'cut')} without a space" if apart else ""
    return f"{counted(total, 'word')}{off}."


def pieces(step: Step, split: Step) -> str:
    """What became of the words.

    Args:
        step: the pieces.
        split: the words before.
    """
    total, before = (sum(len(text) for text in each.texts) for each in (step, split))
    cut = [
        f"{word.text} → {' '.join(found)}"
        for text, made in zip(split.texts, step.texts, strict=True)
        for word in text
        if len(found := [p.text for p in made if word.start <= p.start < word.end]) > 1
    ]
    kinds = list(dict.fromkeys(cut))
    more = [counted(len(kinds) - MOST, "other")] if len(kinds) > MOST else []
    said = f"{counted(before, 'word')}, {counted(total, 'piece')}."
    return f"{said} {joined([*kinds[:MOST], *more])}." if kinds else said


def _named(c: str) -> str:
    if c in _CONTROLS:
        return _CONTROLS[c]
    if c.isprintable() and not unicodedata.category(c).startswith("M"):
        return c
    return f"{_code(c)} {unicodedata.name(c, '').lower()}".strip()


def _code(c: str) -> str:
    return f"U+{ord(c):04X}"
