"""What one record of a data set is, whatever file it came from.

``row`` is where a person finds the record: the line of the file at which it begins, counted
from 1, or the record's number where a file has no lines of its own (SQuAD's JSON).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextExample:
    """A sentence or a pair of sentences, with a class or a number.

    Attributes:
        row: where the record begins.
        text: the sentence.
        pair: the second sentence, or None.
        label: the class as the file spells it, a number for regression, or None without one.
        id: the record's own name in the file, or None.
    """

    row: int
    text: str
    pair: str | None
    label: str | float | None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class TaggedExample:
    """A sentence in words, each with a tag.

    Attributes:
        row: line of the first word.
        words: N words.
        tags: N tags, such as ``B-PER``, in the scheme of the file.
    """

    row: int
    words: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChoiceExample:
    """A beginning and several endings, one of which is right (SWAG).

    Attributes:
        row: where the record begins.
        context: the sentence before.
        start: how each ending begins; may be "".
        endings: the candidates.
        label: index of the right one, or None without one.
    """

    row: int
    context: str
    start: str
    endings: tuple[str, ...]
    label: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A gold answer.

    Attributes:
        text: the answer as written in the context.
        start: character offset of it in the context.
    """

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class QuestionExample:
    """A question on a context (SQuAD).

    Attributes:
        row: number of the question in the file, from 1.
        id: the question's id.
        title: the article's title, or "".
        question: the question.
        context: the paragraph.
        answers: gold answers; empty where the question cannot be answered or has no gold.
        impossible: whether the file says that it cannot be answered.
    """

    row: int
    id: str
    title: str
    question: str
    context: str
    answers: tuple[Answer, ...]
    impossible: bool = False


Example = TextExample | TaggedExample | ChoiceExample | QuestionExample
