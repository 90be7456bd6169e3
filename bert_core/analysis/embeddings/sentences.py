"""Sentences with the sense that a word has in each: typed, from a file, or ready ones."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bert_core.checks import a_list, a_text
from bert_core.data import lines
from bert_core.data.texts import Layout, read_texts
from bert_core.errors import InputError
from bert_core.permissions import refuse_upload
from bert_core.settings import PROJECT

MOST_SENTENCES = 100
BAR = " | "
SUFFIXES = (".csv", ".tsv", ".jsonl", ".json")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence.

    Attributes:
        line: where it stands among what was given, counted from 1.
        text: the sentence.
        label: the sense of the word in it; "" where none was given.
    """

    line: int
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class ReadySet:
    """A word of several senses with sentences of our own.

    Attributes:
        word: the word.
        sentences: the senses one after the other.
    """

    word: str
    sentences: tuple[Sentence, ...]


def ready_sets() -> dict[str, ReadySet]:
    """The sets of the page by their words, in order."""
    stored = json.loads((PROJECT / "assets" / "words.json").read_text(encoding="utf-8"))
    found = {}
    for each in stored:
        pairs = [(label, text) for label, texts in each["senses"].items() for text in texts]
        sentences = [Sentence(n, text, label) for n, (label, text) in enumerate(pairs, start=1)]
        found[each["word"]] = ReadySet(each["word"], tuple(sentences))
    return found


def parse_lines(text: str) -> tuple[Sentence, ...]:
    """Sentences as they are typed, one a line; empty lines are none but count as lines.

    A sense stands before its sentence, parted by a tab, or by a bar between spaces.

    Example:
        >>> parse_lines("river | The bank was steep.")
        (Sentence(line=1, text='The bank was steep.', label='river'),)
    """
    found = []
    for line, typed in enumerate(text.split("\n"), start=1):
        if not typed.strip():
            continue
        mark = "\t" if "\t" in typed.strip() else BAR
        label, between, sentence = typed.partition(mark)
        found.append(
            Sentence(line, sentence.strip(), label.strip())
            if between
            else Sentence(line, typed.strip())
        )
    return tuple(found)


def write_lines(sentences: Sequence[Sentence]) -> str:
    r"""Sentences as :func:`parse_lines` reads them.

    Example:
        >>> write_lines([Sentence(1, "A bank."), Sentence(2, "A | B"), Sentence(3, "C", "a | b")])
        'A bank.\n | A | B\na | b\tC'
    """
    return "\n".join(map(_written, sentences))


def _written(sentence: Sentence) -> str:
    """The sense is parted by a bar where that is read again as it was, else by a tab."""
    between = "\t" if "|" in sentence.label else BAR
    marked = sentence.label or BAR in sentence.text
    return f"{sentence.label}{between}{sentence.text}" if marked else sentence.text


def read_table(data: bytes, name: str) -> tuple[Sentence, ...]:
    """Sentences of an uploaded table: ``sentence`` (or ``text``) and, where known, ``label``.

    Args:
        data: the file.
        name: what it is called; by its ending it is CSV, TSV, JSONL or JSON.

    Raises:
        InputError: the file cannot be read, has no such column, a row has no sentence, or uploads
            are switched off.
    """
    refuse_upload()
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"'{name[-60:]}' does not end in {', '.join(SUFFIXES)}.", field="file")
    with TemporaryDirectory() as folder:
        path = Path(folder, f"sentences{suffix}")
        path.write_bytes(data)
        return _of_table(path)


def read_path(path: str | os.PathLike[str]) -> tuple[Sentence, ...]:
    """Sentences of a file: a table as in :func:`read_table`, else lines as in :func:`parse_lines`.

    Raises:
        InputError: the file cannot be read or is too large, or a table is not as it should be.
    """
    if Path(path).suffix.lower() in SUFFIXES:
        return _of_table(Path(path))
    return parse_lines("\n".join(lines.read_lines(path)))


def _of_table(path: Path) -> tuple[Sentence, ...]:
    layouts = (Layout(text="sentence", label="label"), Layout(text="sentence", label=None))
    found = read_texts(path, layouts)
    for problem in found.problems:
        where = "" if problem.row is None else f"Row {problem.row}: "
        if problem.kind == "empty-text":
            raise InputError(
                f"{where}There is no sentence. Type one, or take the row out.", field="file"
            )
        if problem.severity == "blocking":
            raise InputError(f"{where}{problem.message}", field="file")
    return tuple(
        Sentence(line, " ".join(each.text.split()), " ".join(str(each.label or "").split()))
        for line, each in enumerate(found.examples, start=1)
    )


def as_sentences(given: str | Sequence[str | Sentence]) -> tuple[Sentence, ...]:
    """Sentences in whatever form they are given, counted.

    Raises:
        InputError: there are none, or more than 100.
    """
    if isinstance(given, str):
        found = parse_lines(given)
    else:
        a_list("The sentences", given, field="text")
        found = tuple(
            each if isinstance(each, Sentence) else Sentence(line, each)
            for line, each in enumerate(given, start=1)
        )
    for each in found:
        a_text(f"Sentence {each.line:,}", each.text, field="text")
    if not found:
        raise InputError("There are no sentences. Type two or more, one a line.", field="text")
    if len(found) > MOST_SENTENCES:
        raise InputError(
            f"These are {len(found):,} sentences; at most {MOST_SENTENCES} are compared. Leave "
            f"{len(found) - MOST_SENTENCES:,} out.",
            field="text",
        )
    return found
