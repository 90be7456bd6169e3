"""Sentences with the sense that a word has in each: typed, from a file, or ready ones."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

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


def read_lines(text: str) -> tuple[Sentence, ...]:
    """Sentences as they are typed, one a line; empty lines are none but count as lines.

    A sense stands before its sentence, parted by a tab, or by a bar between spaces.

    Example:
        >>> read_lines("river | The bank was steep.")
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
    """Sentences as :func:`read_lines` reads them."""
    return "\n".join(
        f"{each.label}{BAR}{each.text}" if each.label else each.text for each in sentences
    )


def read_table(data: bytes, name: str) -> tuple[Sentence, ...]:
    """Sentences of a table with the columns ``sentence`` (or ``text``) and, where known, ``label``.

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
    layouts = (Layout(text="sentence", label="label"), Layout(text="sentence", label=None))
    with TemporaryDirectory() as folder:
        path = Path(folder, f"sentences{suffix}")
        path.write_bytes(data)
        found = read_texts(path, layouts)
    for problem in found.problems:
        if problem.severity == "blocking":
            where = "" if problem.row is None else f"Row {problem.row}: "
            raise InputError(f"{where}{problem.message}", field="file")
    return tuple(
        Sentence(line, " ".join(each.text.split()), " ".join(str(each.label or "").split()))
        for line, each in enumerate(found.examples, start=1)
    )


def read_path(path: str | os.PathLike[str]) -> tuple[Sentence, ...]:
    """Sentences of a file: a table as in :func:`read_table`, else lines as in :func:`read_lines`.

    Raises:
        InputError: the file cannot be read, or a table is not as it should be.
    """
    name = Path(path)
    try:
        data = name.read_bytes()
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}).", field="file") from None
    if name.suffix.lower() in SUFFIXES:
        return read_table(data, name.name)
    try:
        return read_lines(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(f"{name} is no UTF-8 text.", field="file") from None


def as_sentences(given: str | Sequence[str | Sentence]) -> tuple[Sentence, ...]:
    """Sentences in whatever form they are given, counted.

    Raises:
        InputError: there are none, or more than 100.
    """
    if isinstance(given, str):
        found = read_lines(given)
    else:
        found = tuple(
            each if isinstance(each, Sentence) else Sentence(line, each)
            for line, each in enumerate(given, start=1)
        )
    if not found:
        raise InputError("There are no sentences. Type two or more, one a line.", field="text")
    if len(found) > MOST_SENTENCES:
        raise InputError(
            f"These are {len(found):,} sentences; at most {MOST_SENTENCES} are compared. Leave "
            f"{len(found) - MOST_SENTENCES:,} out.",
            field="text",
        )
    return found
