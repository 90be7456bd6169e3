"""Questions on paragraphs: SQuAD's JSON, 1.1 and 2.0, and the flat JSONL of the hub.

The form is that of Rajpurkar et al. (2016, 2018): ``data`` is a list of articles, each with
``title`` and ``paragraphs``, each with ``context`` and ``qas``, each with ``id``, ``question``,
``answers`` (``text`` and ``answer_start``, in characters) and in 2.0 ``is_impossible``.
"""

import os
from dataclasses import dataclass, field
from typing import Any

from bert_core.data.dataset import Dataset, Problem, Severity
from bert_core.data.examples import Answer, QuestionExample
from bert_core.data.jsons import as_text, is_blank
from bert_core.data.source import LIMIT_MIB, read_source
from bert_core.data.squad_form import Found, find_questions
from bert_core.data.tables import empty_file


@dataclass(slots=True)
class _Reading:
    """What gathers while a file is read."""

    version_2: bool
    problems: list[Problem]
    ids: dict[str, int] = field(default_factory=dict)

    def note(
        self, severity: Severity, kind: str, message: str, row: int | None = None, at: str = ""
    ) -> None:
        self.problems.append(Problem(severity, kind, message, row=row, field=at or None))


def read_squad(
    path: str | os.PathLike[str], *, version_2: bool, limit_mib: float = LIMIT_MIB
) -> Dataset[QuestionExample]:
    """Read questions with their paragraphs and answers.

    An answer that is not at its offset is moved to the nearest place where it stands, with a
    warning; one that stands nowhere is left out. A question without the key ``answers`` is one
    whose answer nobody gave; with an empty list it cannot be answered.

    Args:
        path: SQuAD's JSON; or JSONL with id, question, context and answers on each line.
        version_2: whether questions may have no answer (SQuAD 2.0).
        limit_mib: largest size in MiB.

    Returns:
        The questions. ``row`` counts them from 1 (in JSONL it is the line).

    Raises:
        InputError: the file cannot be read at all.
    """
    source = read_source(path, limit_mib=limit_mib)
    questions = find_questions(source)
    reading = _Reading(version_2, [*source.problems, *questions.problems])
    columns = {"title": None, "context": None} if questions.found else {}
    examples = []
    for found in questions.found:
        columns |= dict.fromkeys(found.question)
        example = _example(found, reading)
        if example is not None:
            examples.append(example)
    if not questions.read and not questions.problems:
        reading.problems.append(empty_file())
    return Dataset(
        source.path, source.sha256, tuple(columns), questions.read, tuple(examples),
        tuple(reading.problems),
    )  # fmt: skip


def _example(found: Found, reading: _Reading) -> QuestionExample | None:
    texts = _required(found, reading)
    if texts is None:
        return None
    identity, question, context = texts
    for name, text in (("question", question), ("context", context)):
        if is_blank(text):
            words = f"The {name} of {found.where} is empty; it was left out."
            reading.note("warning", "empty-text", words, found.row, name)
            return None
    if reading.ids.setdefault(identity, found.row) != found.row:
        reading.note(
            "blocking",
            "duplicate-id",
            f"The id {identity[:60]!r} is question {reading.ids[identity]} too. Predictions are "
            "kept by id, so this second one was left out.",
            found.row,
            "id",
        )
        return None
    impossible = _is_impossible(found)
    if impossible and not reading.version_2:
        reading.note(
            "blocking",
            "unanswerable",
            "This question has no answer, as in SQuAD 2.0. Train for SQuAD 2.0, or take the "
            "cleaned file, which is without such questions.",
            found.row,
        )
        return None
    answers = _answers(found, context, impossible, reading)
    if answers is None:
        return None
    return QuestionExample(
        found.row, identity, as_text(found.title) or "", question, context, answers, impossible
    )


def _required(found: Found, reading: _Reading) -> tuple[str, str, str] | None:
    """Id, question and context, or None with a problem when one is not there."""
    raw = {
        "id": as_text(found.question.get("id")),
        "question": found.question.get("question"),
        "context": found.context,
    }
    texts = [value for value in raw.values() if isinstance(value, str)]
    if len(texts) == len(raw):
        return texts[0], texts[1], texts[2]
    name = next(name for name, value in raw.items() if not isinstance(value, str))
    reading.note(
        "blocking",
        "missing-field",
        f"{found.where.capitalize()} has no text '{name}'; it was left out.",
        found.row,
        name,
    )
    return None


def _is_impossible(found: Found) -> bool:
    """Whether the file says that there is no answer: by its mark, or by an empty list."""
    mark = found.question.get("is_impossible")
    if isinstance(mark, bool):
        return mark
    return isinstance(found.question.get("answers"), list) and not _real(found)


def _real(found: Found) -> list[Any]:
    """The answers but for empty texts, with which some files say that there is none."""
    given = found.question.get("answers")
    pairs = given if isinstance(given, list) else []
    texts = [pair.get("text") if isinstance(pair, dict) else None for pair in pairs]
    return [
        pair
        for pair, text in zip(pairs, texts, strict=True)
        if not (isinstance(text, str) and is_blank(text))
    ]


def _answers(
    found: Found, context: str, impossible: bool, reading: _Reading
) -> tuple[Answer, ...] | None:
    """The answers at their places; None when there are some and none can be used."""
    given, real = found.question.get("answers"), _real(found)
    if given is not None and not isinstance(given, list):
        words = f"The answers of {found.where} are no list; the question was left out."
        reading.note("blocking", "missing-field", words, found.row, "answers")
        return None
    if impossible:
        if real:
            words = "This question is marked as impossible and has an answer, which was left out."
            reading.note("warning", "impossible-answer", words, found.row, "answers")
        return ()
    placed = [_placed(pair, context, found, reading) for pair in real]
    kept = tuple(answer for answer in placed if answer is not None)
    return None if real and not kept else kept


def _placed(pair: Any, context: str, found: Found, reading: _Reading) -> Answer | None:
    """An answer where it stands in the context, or None with a problem."""
    text = pair.get("text") if isinstance(pair, dict) else None
    if not isinstance(text, str):
        words = f"An answer of {found.where} has no 'text'; it was left out."
        reading.note("blocking", "missing-field", words, found.row, "answers")
        return None
    start = pair.get("answer_start")
    if not isinstance(start, int) or isinstance(start, bool):
        start = -1
    if start >= 0 and context.startswith(text, start):
        return Answer(text, start)
    right = nearest(context, text, start)
    if right is None:
        words = f"The answer {_short(text)} does not stand in the context. Correct it; it was "
        reading.note("blocking", "answer-missing", words + "left out.", found.row, "answers")
        return None
    stands = context[start : start + len(text)] if start >= 0 else ""
    words = f"The answer {_short(text)} is not at its offset {start}"
    words += f", where {_short(stands)} stands" if stands else ""
    words += f", but at {right}. It was moved there."
    reading.note("warning", "answer-offset", words, found.row, "answers")
    return Answer(text, right)


def nearest(context: str, text: str, start: int) -> int | None:
    """Where a text stands in a context, as near to an offset as can be; None if nowhere."""
    after = context.find(text, max(start, 0))
    before = context.rfind(text, 0, max(start, 0) + len(text))
    places = [place for place in (before, after) if place >= 0]
    return min(places, key=lambda place: abs(place - start)) if places else None


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
