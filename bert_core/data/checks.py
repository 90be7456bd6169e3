"""What only shows when all rows of a file, or two files, are seen together."""

import difflib
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from bert_core.data.dataset import Problem
from bert_core.data.examples import (
    ChoiceExample,
    Example,
    QuestionExample,
    TaggedExample,
    TextExample,
)

_MANY = 20
"""Labels that may occur once before the column is doubted."""


def classes(example: Example) -> tuple[str, ...]:
    """The classes that an example counts for; none for a number."""
    match example:
        case TextExample(label=str(label)):
            return (label,)
        case TaggedExample(tags=tags):
            return tags
        case ChoiceExample(label=int(place)):
            return (str(place),)
        case QuestionExample(impossible=impossible):
            return ("unanswerable" if impossible else "answerable",)
    return ()


def check_labels(examples: Sequence[Example]) -> list[Problem]:
    """Training data from which nothing can be learnt, or some class hardly."""
    numbers = {e.label for e in examples if isinstance(e, TextExample) and e.label is not None}
    if len(numbers) == 1 and all(isinstance(number, float) for number in numbers):
        words = f"Every row has the number {numbers.pop()}: there is nothing to learn."
        return [Problem("blocking", "one-class", words)]
    counts = Counter(name for example in examples for name in set(classes(example)))
    if len(counts) == 1 and examples:
        return _one_class(examples[0], next(iter(counts)), len(examples))
    rare = {name for name, count in counts.items() if count == 1}
    if not rare or isinstance(examples[0], ChoiceExample | QuestionExample):
        return []
    if len(rare) > max(_MANY, len(counts) / 2):
        words = f"There are {len(counts):,} different labels in {len(examples):,} rows, "
        words += f"{len(rare):,} of them once only. Is this the right column for the label?"
        return [Problem("blocking", "many-classes", words)]
    return [
        Problem(
            "warning",
            "rare-class",
            f"The label '{name[:60]}' is in this row only, too rarely to be learnt or measured. "
            "Look for a typing mistake.",
            row=example.row,
        )
        for example in examples
        for name in sorted(rare.intersection(classes(example)))
    ]


def _one_class(example: Example, name: str, count: int) -> list[Problem]:
    match example:
        case QuestionExample(impossible=True):
            words = "No question has an answer: there is nothing to learn."
            return [Problem("blocking", "one-class", words)]
        case QuestionExample():
            return []
        case ChoiceExample():
            words = (
                f"In all {count:,} rows ending {name} is the right one: the labels were perhaps "
                "taken away, as in test files."
            )
        case _:
            words = f"Every label is '{name[:60]}': there is nothing to learn. Add other classes."
    return [Problem("blocking", "one-class", words)]


def check_answers(examples: Iterable[Example], *, training: bool) -> list[Problem]:
    """Questions with too few answers, and in training with too many."""
    problems = []
    for example in examples:
        if not isinstance(example, QuestionExample) or example.impossible:
            continue
        if not example.answers:
            words = "This question has no answer to learn from or to measure with."
            problems.append(
                Problem("blocking", "missing-answer", words, row=example.row, field="answers")
            )
        elif training and len(example.answers) > 1:
            words = f"This question has {len(example.answers)} answers; the first is learnt."
            problems.append(
                Problem("warning", "several-answers", words, row=example.row, field="answers")
            )
    return problems


def check_repeats(examples: Sequence[Example]) -> list[Problem]:
    """Rows that say the same, or say the same and are labelled otherwise."""
    first: dict[Hashable, Example] = {}
    problems = []
    for example in examples:
        other = first.setdefault(_content(example), example)
        if other is example:
            continue
        if _gold(example) == _gold(other):
            words = f"The same as {_place(other)}."
            problems.append(Problem("warning", "duplicate-row", words, row=example.row))
        else:
            words = f"The same text as {_place(other)}, which has another label. Decide for one."
            problems.append(Problem("warning", "contradiction", words, row=example.row))
    return problems


def check_overlap(train: Sequence[Example], dev: Sequence[Example]) -> list[Problem]:
    """Rows of the development data that are in the training data too."""
    known: dict[Hashable, Example] = {}
    for example in train:
        known.setdefault(_content(example), example)
    problems = []
    for example in dev:
        other = known.get(_content(example))
        if other is not None:
            words = f"This is {_place(other)} of the training data too: what was learnt by heart "
            words += "is measured."
            problems.append(Problem("warning", "overlap", words, row=example.row))
    return problems


def check_unknown(train: Sequence[Example], dev: Sequence[Example]) -> list[Problem]:
    """Labels of the development data that the training data does not have."""
    if not train or not isinstance(train[0], TextExample | TaggedExample):
        return []
    known = sorted({name for example in train for name in classes(example)})
    unknown = {name for example in dev for name in classes(example)}.difference(known)
    words = {name: _unknown_words(name, known) for name in unknown if known}
    return [
        Problem("blocking", "unknown-label", words[name], row=example.row)
        for example in dev
        for name in sorted(words.keys() & set(classes(example)))
    ]


def _unknown_words(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" Perhaps '{close[0]}' is meant." if close else ""
    shown = ", ".join(f"'{other[:40]}'" for other in known[:20])
    return (
        f"The label '{name[:60]}' is not in the training data, which has {shown}.{hint} Correct "
        "it, or leave the row out."
    )


def _content(example: Example) -> Hashable:
    """What an example asks, without case and spacing."""
    match example:
        case TextExample(text=text, pair=pair):
            return _folded(text), pair and _folded(pair)
        case TaggedExample(words=words):
            return words
        case ChoiceExample(context=context, start=start, endings=endings):
            return _folded(context), _folded(start), endings
        case QuestionExample(context=context, question=question):
            return context, _folded(question)


def _gold(example: Example) -> Hashable:
    match example:
        case TextExample(label=label) | ChoiceExample(label=label):
            return label
        case TaggedExample(tags=tags):
            return tags
        case QuestionExample():  # two people may answer one question in other words
            return None


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _place(example: Example) -> str:
    return f"{'question' if isinstance(example, QuestionExample) else 'line'} {example.row:,}"
