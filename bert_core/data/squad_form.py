"""Where a file has its questions: in SQuAD's articles and paragraphs, or one on each line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bert_core.data.dataset import Problem
from bert_core.data.jsons import parse
from bert_core.data.records import objects, surrogate_problem
from bert_core.data.source import Source
from bert_core.errors import InputError

_FORM = (
    'SQuAD\'s form is {"data": [{"title": ..., "paragraphs": [{"context": ..., "qas": '
    '[{"id": ..., "question": ..., "answers": [...]}]}]}]}.'
)


class Found(NamedTuple):
    """A question before it is checked.

    Attributes:
        row: its number in the file from 1, or its line.
        where: its place in words (``"article 1, paragraph 2, question 3"``).
        title: the article's.
        context: the paragraph's.
        question: its own keys.
    """

    row: int
    where: str
    title: object
    context: object
    question: dict[str, Any]


@dataclass(slots=True)
class Questions:
    """All questions of a file.

    Attributes:
        found: those that could be reached.
        read: their number and that of broken lines.
        problems: what was found on the way.
    """

    found: list[Found] = field(default_factory=list)
    read: int = 0
    problems: list[Problem] = field(default_factory=list)

    def block(self, kind: str, message: str, at: str | None = None) -> None:
        """Add a blocking problem of the whole file."""
        self.problems.append(Problem("blocking", kind, message, field=at))


def find_questions(source: Source) -> Questions:
    """The questions of a file, not yet checked."""
    questions = Questions()
    if _is_flat(source):
        _flat(source, questions)
    elif source.text.strip():
        _nested(source, questions)
    return questions


def _nested(source: Source, questions: Questions) -> None:
    try:
        value, mended = parse(source.text)
    except InputError as error:
        questions.block("json", f"{error} {_FORM}")
        return
    if mended:
        questions.problems.append(surrogate_problem(None, mended))
    articles = value.get("data") if isinstance(value, dict) else None
    if not isinstance(articles, list):
        questions.block("structure", f"There is no list 'data' at the top. {_FORM}")
        return
    for row, found in enumerate(_of_articles(articles, questions), 1):
        questions.found.append(found._replace(row=row))
    questions.read = len(questions.found)


def _is_flat(source: Source) -> bool:
    """Whether each record is a question of its own."""
    first = source.text.strip().partition("\n")[0].rstrip()
    if source.path.suffix.lower() in (".jsonl", ".ndjson") or first.startswith("["):
        return True
    question = '"question"' in first or '"context"' in first
    return (
        question and first.startswith("{") and '"data"' not in first[:1000] and first.endswith("}")
    )


def _flat(source: Source, questions: Questions) -> None:
    found, broken, problems = objects(source)
    questions.problems += problems
    questions.read = len(found) + broken
    for line, value in found:
        own = {name: part for name, part in value.items() if name not in ("title", "context")}
        questions.found.append(
            Found(line, f"record {line}", value.get("title"), value.get("context"), _paired(own))
        )


def _paired(question: dict[str, Any]) -> dict[str, Any]:
    """The hub stores answers as one list of texts and one of starts; SQuAD, pairs of them."""
    answers = question.get("answers")
    texts = answers.get("text") if isinstance(answers, dict) else None
    if not isinstance(answers, dict) or not isinstance(texts, list):
        return question
    starts = answers.get("answer_start")
    if not isinstance(starts, list) or len(starts) != len(texts):
        starts = [None] * len(texts)
    pairs = [
        {"text": text, "answer_start": start} for text, start in zip(texts, starts, strict=True)
    ]
    return {**question, "answers": pairs}


def _of_articles(articles: list[Any], questions: Questions) -> Iterator[Found]:
    for a, article in enumerate(articles, 1):
        for p, paragraph in _list(article, "paragraphs", f"article {a}", questions):
            where = f"article {a}, paragraph {p}"
            for q, question in _list(paragraph, "qas", where, questions):
                own = question if isinstance(question, dict) else {}
                place = f"{where}, question {q}"
                yield Found(0, place, article.get("title"), paragraph.get("context"), own)


def _list(value: Any, name: str, where: str, questions: Questions) -> list[tuple[int, Any]]:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, list):
        words = f"{where.capitalize()} has no list '{name}'; nothing in it was read."
        questions.block("missing-field", words, name)
        return []
    return list(enumerate(found, 1))
