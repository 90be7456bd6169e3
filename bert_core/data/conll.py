"""Words with tags: CoNLL's column files, and JSONL with one list of words and one of tags.

In a column file each line is a word, its first column the word and its last the tag; a blank
line ends a sentence. Tags are brought to BIO, in which every entity begins with ``B-``: the
CoNLL-2003 files are IOB1, where ``B-`` only parts two neighbours of one type (Tjong Kim Sang
and De Meulder 2003, section 2).
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bert_core.data.dataset import Dataset, Problem
from bert_core.data.examples import TaggedExample
from bert_core.data.jsons import as_text, is_blank
from bert_core.data.records import is_json, objects
from bert_core.data.source import LIMIT_MIB, Source, read_source
from bert_core.data.tables import PLACE, check_roles, empty_file, missing_column, places
from bert_core.errors import InputError

WORDS = ("words", "tokens")
TAGS = ("tags", "ner_tags", "labels")
_BREAK = re.compile(r"[ \t]+")


@dataclass(slots=True)
class _Reading:
    """What gathers while a file is read."""

    columns: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    examples: list[TaggedExample] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    read: int = 0

    def block(self, kind: str, message: str, row: int, column: str | None = None) -> None:
        self.problems.append(Problem("blocking", kind, message, row=row, field=column))


def read_tagged(
    path: str | os.PathLike[str],
    mapping: Mapping[str, str] | None = None,
    *,
    limit_mib: float = LIMIT_MIB,
) -> Dataset[TaggedExample]:
    """Read sentences whose words have tags.

    Args:
        path: a column file, or JSONL.
        mapping: what is called or placed otherwise: ``{"words": "tokens", "tags": "pos_tags"}``
            for JSONL, ``{"tags": "#2"}`` for the second column of a column file.
        limit_mib: largest size in MiB.

    Returns:
        The sentences with BIO tags. An ``I-`` that begins an entity became ``B-``, each with a
        warning on its line.

    Raises:
        InputError: the file cannot be read at all, or the mapping cannot be meant.
    """
    mapping = mapping or {}
    check_roles(mapping, ("words", "tags"))
    source = read_source(path, limit_mib=limit_mib)
    reading = _Reading(problems=list(source.problems))
    if is_json(source):
        _read_json(source, mapping, reading)
    else:
        _read_columns(source, mapping, reading)
    if not reading.read:
        reading.problems.append(empty_file())
    return Dataset(
        source.path, source.sha256, reading.columns, reading.read, tuple(reading.examples),
        tuple(reading.problems), reading.mapping,
    )  # fmt: skip


def to_bio(tags: Sequence[str]) -> tuple[tuple[str, ...], list[int]]:
    """Tags in which every entity begins with ``B-``.

    Args:
        tags: in IOB1 or BIO, or of any other kind: what has no prefix ``I-`` stays.

    Returns:
        The tags, and the places whose ``I-`` had no entity before it and became ``B-``.
    """
    found, changed, before = list(tags), [], "O"
    for place, tag in enumerate(tags):
        inside = before[:2] in ("B-", "I-") and before[2:] == tag[2:]
        if tag.startswith("I-") and not inside:
            found[place] = "B-" + tag[2:]
            changed.append(place)
        before = tag
    return tuple(found), changed


# ---- column files --------------------------------------------------------------------------------


def _read_columns(source: Source, mapping: Mapping[str, str], reading: _Reading) -> None:
    word_place = _place(mapping.get("words", "#1"))
    tag_place = _place(mapping["tags"]) if "tags" in mapping else -1
    for sentence in _sentences(source.text):
        reading.read += 1
        width = max(len(cells) for _, cells in sentence)
        if width > len(reading.columns):
            reading.columns = places(width)
        good = [_good_line(line, cells, word_place, tag_place, reading)
                for line, cells in sentence]  # fmt: skip
        if all(good):
            words = [cells[word_place] for _, cells in sentence]
            tags = [cells[tag_place] for _, cells in sentence]
            _add(words, tags, [line for line, _ in sentence], reading)
    last = reading.columns[-1] if reading.columns else "#2"
    reading.mapping = {"words": f"#{word_place + 1}", "tags": mapping.get("tags", last)}


def _place(name: str) -> int:
    if not PLACE.fullmatch(name):
        raise InputError(
            f"'{name[:60]}' is no column of this file: its columns have no names, so give one by "
            "its place, as in #2.",
            field="mapping",
        )
    return int(name[1:]) - 1


def _sentences(text: str) -> Iterator[list[tuple[int, list[str]]]]:
    """The lines of each sentence, numbered from 1 and cut into columns."""
    sentence: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            if sentence:
                yield sentence
            sentence = []
        elif not line.startswith("-DOCSTART-"):
            # With tabs a word may have spaces in it.
            line = line.rstrip(" \t\r")
            cells = line.split("\t") if "\t" in line else _BREAK.split(line)
            sentence.append((number, cells))
    if sentence:
        yield sentence


def _good_line(
    line: int, cells: list[str], word_place: int, tag_place: int, reading: _Reading
) -> bool:
    if len(cells) <= max(word_place, tag_place, 1 if tag_place < 0 else 0):
        reading.block(
            "missing-tag",
            f"The word {cells[0][:40]!r} has no tag. A line is a word, a space or tab, and a "
            "tag; a blank line ends a sentence. The sentence was left out.",
            line,
        )
        return False
    if is_blank(cells[word_place]) or is_blank(cells[tag_place]):
        reading.block(
            "empty-word", "The word or the tag of this line is empty; the sentence was left out.",
            line,
        )  # fmt: skip
        return False
    return True


# ---- JSONL ---------------------------------------------------------------------------------------


def _read_json(source: Source, mapping: Mapping[str, str], reading: _Reading) -> None:
    found, broken, problems = objects(source)
    reading.read = len(found) + broken
    reading.problems += problems
    reading.columns = tuple(dict.fromkeys(name for _, value in found for name in value))
    chosen = {
        role: mapping.get(role) or next((n for n in usual if n in reading.columns), usual[0])
        for role, usual in (("words", WORDS), ("tags", TAGS))
    }
    reading.mapping = chosen
    lacking = [role for role in chosen if chosen[role] not in reading.columns]
    if lacking:
        reading.problems += [
            missing_column(chosen[role], role, reading.columns, by_place=False)
            for role in lacking
            if found
        ]
        return
    for line, value in found:
        _add_record(line, value.get(chosen["words"]), value.get(chosen["tags"]), reading)


def _add_record(line: int, words: object, tags: object, reading: _Reading) -> None:
    lists = {"words": words, "tags": tags}
    texts: dict[str, list[str]] = {}
    for role, value in lists.items():
        name = reading.mapping[role]
        cells = [as_text(cell) for cell in value] if isinstance(value, list) else []
        if not cells or any(cell is None or is_blank(cell) for cell in cells):
            reading.block(
                "empty-word",
                f"'{name}' must be a list of texts none of which is empty; the record was left "
                "out.",
                line,
                name,
            )
            return
        texts[role] = [str(cell) for cell in cells]
    if len(texts["words"]) != len(texts["tags"]):
        reading.block(
            "length",
            f"There are {len(texts['words'])} words and {len(texts['tags'])} tags. Each word "
            "needs one tag; the record was left out.",
            line,
        )
        return
    _add(texts["words"], texts["tags"], [line] * len(words), reading)  # type: ignore[arg-type]


def _add(
    words: Sequence[str], tags: Sequence[str], lines: Sequence[int], reading: _Reading
) -> None:
    """Keep a sentence, its tags as BIO; ``lines`` has the line of each word."""
    bio, changed = to_bio(tags)
    for place in changed:
        reading.problems.append(
            Problem(
                "warning",
                "i-without-b",
                f"{tags[place][:40]!r} of the word {words[place][:40]!r} begins an entity without "
                f"B-, as in the older scheme IOB1. It is read as {bio[place][:40]!r}.",
                row=lines[place],
            )
        )
    reading.examples.append(TaggedExample(lines[0], tuple(words), bio))
