"""Questions sorted by what they ask for, by how long their answer is, and by their document."""

import re
from collections.abc import Sequence
from typing import Literal, get_args

QuestionWord = Literal[
    "what", "who", "when", "where", "which", "why", "how", "how many/how much", "other"
]
"""The first question word of a question; whom and whose count as who."""

QUESTION_WORDS: tuple[QuestionWord, ...] = get_args(QuestionWord)
_SAME: dict[str, QuestionWord] = {
    "what": "what", "who": "who", "whom": "who", "whose": "who", "when": "when",
    "where": "where", "which": "which", "why": "why", "how": "how",
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+")

ANSWER_LENGTHS = ("none", "1", "2", "3-5", "6-10", "11+")
"""Words of the shortest gold answer."""
_ANSWER_BANDS = (0, 1, 2, 5, 10)

DOCUMENT_LENGTHS = ("1-100", "101-200", "201-400", "401-800", "801+")
"""Words of the context."""
_DOCUMENT_BANDS = (100, 200, 400, 800)


def question_word(question: str) -> QuestionWord:
    """Which question word comes first in a question.

    Example:
        >>> question_word("In which year?"), question_word("How much is it, and why?")
        ('which', 'how many/how much')
    """
    words = _WORD.findall(question.lower())
    for place, word in enumerate(words):
        if word == "how" and words[place + 1 : place + 2] in (["many"], ["much"]):
            return "how many/how much"
        if word in _SAME:
            return _SAME[word]
    return "other"


def answer_length(gold: Sequence[str]) -> str:
    """The band of the shortest gold answer; ``"none"`` where there is no word to answer.

    Example:
        >>> answer_length(["the old tram depot", "depot"]), answer_length([])
        ('1', 'none')
    """
    words = [len(text.split()) for text in gold if text.strip()]
    return _band(min(words, default=0), _ANSWER_BANDS, ANSWER_LENGTHS)


def document_length(context: str) -> str:
    """The band of a context, by its words between white space."""
    return _band(len(context.split()), _DOCUMENT_BANDS, DOCUMENT_LENGTHS)


def _band(number: int, most: Sequence[int], names: Sequence[str]) -> str:
    return next((name for name, top in zip(names, most, strict=False) if number <= top), names[-1])
