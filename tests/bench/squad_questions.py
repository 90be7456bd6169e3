"""Questions of our own whose contexts are about as long as those of SQuAD's development set."""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bert_core.data.examples import QuestionExample
from bert_core.data.squad import read_squad

OWN = Path(__file__).resolve().parents[1] / "golden" / "own" / "own_squad_v1.json"
LONGEST = 700
"""Words of a text that could be one of SQuAD's."""
MEDIAN_WORDS, SPREAD = 85, 0.5
"""Of the number of words that is drawn. Contexts then have 169 pieces on average, and 1.3 % of 300
questions need several windows; in SQuAD's development set it is 161 and 1.7 %."""


def own_questions(count: int) -> list[QuestionExample]:
    """``count`` questions, each on a text that holds its answer.

    Our paragraphs are shorter than SQuAD's and all alike. Each gets sentences of the others
    before or behind it, until it has as many words as drawn for it; its questions are asked on
    several such texts. The notebooks of 1,500 words and more are like nothing in SQuAD and left
    out.
    """
    examples = read_squad(OWN, version_2=False).examples
    asked: dict[str, list[QuestionExample]] = {}
    for example in examples:
        if len(example.context.split()) <= LONGEST:
            asked.setdefault(example.context, []).append(example)
    sentences = [each for text in list(asked)[:-1] for each in re.split(r"(?<=[.!?]) ", text)]
    chance = random.Random(20)  # noqa: S311 - reproducible lengths, no secret
    found: list[QuestionExample] = []
    while len(found) < count:
        for text, questions in asked.items():
            wanted = chance.lognormvariate(math.log(MEDIAN_WORDS), SPREAD) - len(text.split())
            before, after = _padding(sentences, wanted, text, chance)
            for each in questions:
                row = len(found) + 1
                answers = tuple(replace(a, start=a.start + len(before)) for a in each.answers)
                context = before + text + after
                found.append(replace(each, row=row, id=str(row), context=context, answers=answers))
    return found[:count]


def _padding(
    sentences: Sequence[str], words: float, text: str, chance: random.Random
) -> tuple[str, str]:
    """Sentences that are not of a text, with about so many words, before it or behind it."""
    place = chance.randrange(len(sentences))
    taken: list[str] = []
    for sentence in [*sentences[place:], *sentences[:place]]:
        if len(" ".join(taken).split()) >= words:
            break
        if sentence not in text:
            taken.append(sentence)
    added = " ".join(taken)
    if not added:
        return "", ""
    return (added + " ", "") if chance.random() < 0.5 else ("", " " + added)
