"""What is right or wrong about an answer: one kind for each question."""

from collections.abc import Sequence
from typing import Literal, get_args

from bert_core.metrics.squad import f1, normalise

Kind = Literal[
    "right",
    "too long",
    "too short",
    "partly right",
    "wrong span",
    "should have abstained",
    "should have answered",
    "no prediction",
]
"""How an answer compares with the gold answer that has most words in common with it.

The first that applies, with words normalised as the official scorer does:

- ``"no prediction"``: the file has none for the question;
- ``"right"``: an exact match, or rightly no answer;
- ``"should have abstained"``: an answer to a question that has none;
- ``"should have answered"``: no answer to a question that has one;
- ``"too long"``: all words of the gold answer in their order, and others around them;
- ``"too short"``: a part of the gold answer;
- ``"partly right"``: some words in common, neither holds the other;
- ``"wrong span"``: no word in common.
"""

KINDS: tuple[Kind, ...] = get_args(Kind)


def kind_of(said: str | None, gold: Sequence[str], *, exact: float) -> Kind:
    """The kind of one answer.

    Args:
        said: the answer; "" for none, None where no prediction was made.
        gold: gold answers; none: the question cannot be answered.
        exact: whether it matches one of them, as the scorer says: 1.0 or 0.0.

    Example:
        >>> kind_of("a grey heron", ["heron", "the bird"], exact=0.0)
        'too long'
    """
    if said is None:
        return "no prediction"
    if exact:
        return "right"
    if not gold:
        return "should have abstained"
    if not said:
        return "should have answered"
    # As to the scorer, gold answers of nothing but articles and signs do not count beside others.
    texts = [text for text in gold if normalise(text)] or [""]
    nearest = max(texts, key=lambda text: f1(text, said))  # the first of equals
    if not f1(nearest, said):
        return "wrong span"
    wanted, words = normalise(nearest).split(), normalise(said).split()
    if _within(wanted, words):
        return "too long"
    return "too short" if _within(words, wanted) else "partly right"


def _within(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether some words follow each other in others."""
    size = len(part)
    return any(whole[at : at + size] == part for at in range(len(whole) - size + 1))
