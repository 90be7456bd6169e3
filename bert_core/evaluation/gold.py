"""Questions and gold answers exactly as a file has them, which is what the official scorer reads.

Training moves answers to where they stand and leaves out what cannot be learnt. Here every
question stays, with every gold text as it is written.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from bert_core.data.examples import QuestionExample
from bert_core.data.jsons import as_text, is_blank, parse
from bert_core.data.source import Source, read_source
from bert_core.data.squad_form import Found, find_questions
from bert_core.errors import InputError


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with its gold answers.

    Attributes:
        row: its number in the file, from 1; in JSONL the line.
        id: the question's id.
        question: the question.
        context: the paragraph.
        texts: its gold answers, unchanged; empty: it cannot be answered; None: nobody said.
    """

    row: int
    id: str
    question: str
    context: str
    texts: tuple[str, ...] | None

    def example(self) -> QuestionExample:
        """The question as a reader takes it, without its answers."""
        return QuestionExample(self.row, self.id, "", self.question, self.context, answers=())


@dataclass(frozen=True, slots=True)
class Gold:
    """The questions of one file.

    Attributes:
        path: the file.
        sha256: of its bytes, in hexadecimal.
        read: number of questions in it, or in its first part.
        questions: those with different ids, in order. Of equal ids the last one counts, as it
            does to run_squad.py and to the scorer.
        misplaced: gold answers that do not stand at their offset, but elsewhere in the context.
        absent: gold answers that do not stand in the context at all.
    """

    path: Path
    sha256: str
    read: int
    questions: tuple[GoldQuestion, ...]
    misplaced: int
    absent: int

    @property
    def repeated(self) -> int:
        """Questions that a later one with the same id replaced."""
        return self.read - len(self.questions)

    @property
    def impossible(self) -> bool:
        """Whether some question has no answer, as in SQuAD 2.0."""
        return any(each.texts == () for each in self.questions)

    @property
    def texts(self) -> Mapping[str, tuple[str, ...]]:
        """Gold answers by id, of the questions that have been given any or none."""
        return {each.id: each.texts for each in self.questions if each.texts is not None}


class _Answer(BaseModel):
    text: str
    answer_start: Any = None


class _Question(BaseModel):
    model_config = ConfigDict(strict=True)

    id: Annotated[str, BeforeValidator(as_text)]
    question: str
    answers: list[_Answer] | None = None
    is_impossible: Any = None


class _Record(_Question):
    context: str


class _Paragraph(BaseModel):
    model_config = ConfigDict(strict=True)

    context: str
    qas: list[_Question]


class _Article(BaseModel):
    model_config = ConfigDict(strict=True)

    paragraphs: list[_Paragraph]


class _Squad(BaseModel):
    model_config = ConfigDict(strict=True)

    data: list[_Article]


def read_gold(path: str | os.PathLike[str], *, limit: int | None = None) -> Gold:
    """Read questions with their gold answers.

    Args:
        path: SQuAD's JSON, 1.1 or 2.0; or JSONL with id, question, context and answers.
        limit: only the first so many questions.

    Raises:
        InputError: the file cannot be read, is not SQuAD's form (with the path of the first
            fault), or has no questions.
    """
    source = read_source(path)
    found = find_questions(source)
    for problem in (*source.problems, *found.problems):
        if problem.severity == "blocking":
            where = "" if problem.row is None else f", line {problem.row:,}"
            form = problem.kind in ("missing-field", "structure")
            fault = _fault_of_file(source) if form else None
            raise InputError(f"{source.path.name}{where}: {fault or problem.message}", field="path")
    if not found.found:
        raise InputError(f"{source.path.name} has no questions.", field="path")
    taken = found.found[:limit]
    questions: dict[str, GoldQuestion] = {}
    misplaced = absent = 0
    for each in taken:
        record = _record(each, source)
        questions[record.id] = _question(each, record)
        for answer in record.answers or ():
            if answer.answer_start is None:
                continue  # nobody said where it stands
            if not is_blank(answer.text) and not _in_place(record.context, answer):
                stands = answer.text in record.context
                misplaced, absent = misplaced + stands, absent + (not stands)
    return Gold(
        source.path, source.sha256, len(taken), tuple(questions.values()), misplaced, absent
    )


def _question(found: Found, record: _Record) -> GoldQuestion:
    texts = None if record.answers is None else tuple(answer.text for answer in record.answers)
    if texts is None and record.is_impossible is True:
        texts = ()
    return GoldQuestion(found.row, record.id, record.question, record.context, texts)


def _in_place(context: str, answer: _Answer) -> bool:
    start = answer.answer_start
    whole = isinstance(start, int) and not isinstance(start, bool) and start >= 0
    return whole and context.startswith(answer.text, start)


def _record(found: Found, source: Source) -> _Record:
    """A question with all that it needs; a file of another form is refused."""
    try:
        return _Record.model_validate({**found.question, "context": found.context})
    except ValidationError as error:
        where = "" if found.where.startswith("article") else f", {found.where}"
        fault = (None if where else _fault_of_file(source)) or _fault(error)
        raise InputError(f"{source.path.name}{where}: {fault}", field="path") from None


def _fault_of_file(source: Source) -> str | None:
    """The first place at which a file is not SQuAD's form."""
    try:
        _Squad.model_validate(parse(source.text)[0])
    except ValidationError as error:
        return _fault(error)
    return None


def _fault(error: ValidationError) -> str:
    """The path of what was not expected, and what was."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    if first["type"] == "missing":
        return f"${path} is missing. Correct it, or give a file in SQuAD's form."
    object_ = first["type"] == "model_type"
    wanted = "an object" if object_ else first["msg"].removeprefix("Input should be ")
    return f"${path} is not {wanted}. Correct it, or give a file in SQuAD's form."
