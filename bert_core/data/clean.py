"""A cleaned copy of a data file: its usable examples in one form, and an account of the rest.

Sentences, tags and choices become JSONL, questions SQuAD's JSON. The readers of this package
read the copy back to equal examples, without a mapping of columns.
"""

import json
import os
from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from bert_core.data.dataset import Dataset, Problem
from bert_core.data.examples import (
    ChoiceExample,
    Example,
    QuestionExample,
    TaggedExample,
    TextExample,
)
from bert_core.errors import InputError


def write_clean(
    dataset: Dataset[Example], target: str | os.PathLike[str], *, without: Collection[int] = ()
) -> Path:
    """Write the cleaned copy, and beside it ``NAME.account.txt``.

    Args:
        dataset: what a reader returned.
        target: the new file, or a folder for it.
        without: rows to leave out besides, such as the doctor's ``unusable`` ones.

    Returns:
        The cleaned file.

    Raises:
        InputError: nothing is usable, the target is the file itself or cannot be written.
    """
    content = clean_bytes(dataset, without=without)
    path = Path(target)
    if path.is_dir():
        path = path / clean_name(dataset)
    if path.resolve() == dataset.path.resolve():
        raise InputError("The cleaned copy would replace the file itself. Name another.")
    wanted = clean_name(dataset).rpartition(".")[2]
    if path.suffix.lower() != f".{wanted}":
        raise InputError(
            f"The cleaned copy is written as {wanted.upper()}: name it {path.stem}.{wanted}, or "
            "name a folder.",
            field="clean",
        )
    try:
        path.write_bytes(content)
        account_path = path.with_name(path.name + ".account.txt")
        account_path.write_text(account(dataset, without=without), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}).", field="path") from None
    return path


def clean_name(dataset: Dataset[Example]) -> str:
    """What to call the cleaned copy."""
    questions = any(isinstance(example, QuestionExample) for example in dataset.examples[:1])
    return f"{dataset.path.stem}.clean.{'json' if questions else 'jsonl'}"


def clean_bytes(dataset: Dataset[Example], *, without: Collection[int] = ()) -> bytes:
    """The cleaned copy, for a download; see :func:`write_clean`.

    Raises:
        InputError: nothing is usable.
    """
    left = set(without)
    kept = [example for example in dataset.examples if example.row not in left]
    if not kept:
        raise InputError(f"{dataset.path.name} has no usable rows, so there is nothing to clean.")
    questions = [example for example in kept if isinstance(example, QuestionExample)]
    if questions:
        return _json(_squad(questions)).encode("utf-8")
    return "".join(_json(_record(example)) + "\n" for example in kept).encode("utf-8")


def account(dataset: Dataset[Example], *, without: Collection[int] = ()) -> str:
    """What was left out or changed, kind by kind with every row."""
    left = sorted(set(without) & {example.row for example in dataset.examples})
    written = sum(example.row not in set(left) for example in dataset.examples)
    lines = [
        f"Cleaned copy of {dataset.path.name} (SHA-256 {dataset.sha256})",
        f"{dataset.read:,} records were read, {written:,} written.",
    ]
    kinds: dict[str, list[Problem]] = defaultdict(list)
    for problem in dataset.problems:
        kinds[problem.kind].append(problem)
    for kind, problems in kinds.items():
        lines += ["", f"{kind} ({len(problems):,}): {problems[0].message}"]
        rows = [problem.row for problem in problems if problem.row is not None]
        lines += [f"Rows: {', '.join(map(str, rows))}"] if rows else []
    if left:
        lines += ["", f"Left out besides, {len(left):,} rows: {', '.join(map(str, left))}"]
    return "\n".join(lines) + "\n"


def _record(example: Example) -> dict[str, Any]:
    match example:
        case TextExample(text=text, pair=pair, label=label, id=name):
            values = {"id": name, "text": text, "pair": pair, "label": label}
            return {key: value for key, value in values.items() if value is not None}
        case TaggedExample(words=words, tags=tags):
            return {"words": words, "tags": tags}
        case ChoiceExample(context=context, start=start, endings=endings, label=label):
            return {"context": context, "start": start, "endings": endings, "label": label}
    raise TypeError(f"{type(example).__name__} has no place in JSONL")


def _squad(questions: Iterable[QuestionExample]) -> dict[str, Any]:
    articles, second = [], False
    for title, of_title in groupby(questions, key=lambda question: question.title):
        paragraphs = []
        for context, of_context in groupby(of_title, key=lambda question: question.context):
            asked = list(of_context)
            second = second or any(question.impossible for question in asked)
            paragraphs.append({"context": context, "qas": [_question(one) for one in asked]})
        articles.append({"title": title, "paragraphs": paragraphs})
    return {"version": "v2.0" if second else "1.1", "data": articles}


def _question(question: QuestionExample) -> dict[str, Any]:
    found: dict[str, Any] = {"id": question.id, "question": question.question}
    if question.answers or question.impossible:  # without the key: nobody gave an answer
        found["answers"] = [
            {"text": answer.text, "answer_start": answer.start} for answer in question.answers
        ]
    return {**found, "is_impossible": question.impossible}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
