"""A first look at a plain text for pre-training.

Each line is a sentence, and blank lines stand between documents. The text is read once, line by
line, so that its size does not matter for the memory.
"""

import codecs
import hashlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from bert_core.data.dataset import Problem
from bert_core.data.source import bom_problem, check_file, encoding_problem, unreadable

LONGEST_LINE = 2**20
"""In bytes. No sentence is that long."""
_MOST_KEPT = 500_000


@dataclass(frozen=True, slots=True)
class Documents:
    """What a text consists of.

    Attributes:
        path: the file.
        sha256: of its bytes, in hexadecimal.
        size: in bytes.
        sentences: lines that are not blank.
        documents: runs of sentences between blank lines.
        single: documents of one sentence.
        duplicates: sentences that stood in the text before, exactly or, where there are more than
            half a million different ones, as a sample says.
        exact: whether ``duplicates`` is exact.
        problems: what should be known before training.
    """

    path: Path
    sha256: str
    size: int
    sentences: int
    documents: int
    single: int
    duplicates: int
    exact: bool
    problems: tuple[Problem, ...]


class DuplicateCounter:
    """Counts repeated texts in bounded memory.

    Each text is known by a hash. When there are too many, only those hashes stay that a growing
    power of two divides, and what is counted among them stands for all.

    Args:
        most: hashes that are kept at most.
    """

    def __init__(self, most: int = _MOST_KEPT) -> None:
        self._most = most
        self._one_in = 1
        self._seen: Counter[int] = Counter()

    @property
    def exact(self) -> bool:
        """Whether every text was counted."""
        return self._one_in == 1

    @property
    def duplicates(self) -> int:
        """Texts that came again, each time they did."""
        return (self._seen.total() - len(self._seen)) * self._one_in

    def add(self, text: bytes) -> None:
        """Count one text."""
        mark = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())
        if mark % self._one_in == 0:
            self._seen[mark] += 1
            while len(self._seen) > self._most:
                self._one_in *= 2
                kept = {m: n for m, n in self._seen.items() if m % self._one_in == 0}
                self._seen = Counter(kept)


@dataclass(slots=True)
class _Pass:
    """What gathers while the text is read."""

    lines: int = 0
    sentences: int = 0
    documents: int = 0
    single: int = 0
    here: int = 0  # sentences of the document under way
    seen: DuplicateCounter = field(default_factory=DuplicateCounter)
    problems: dict[str, Problem] = field(default_factory=dict)

    def end_document(self) -> None:
        self.documents += self.here > 0
        self.single += self.here == 1
        self.here = 0

    def note_first(self, problem: Problem) -> None:
        self.problems.setdefault(problem.kind, problem)


def look_through(
    path: str | os.PathLike[str], *, on_progress: Callable[[int, int], None] | None = None
) -> Documents:
    """Count what a text has, and find what would spoil its pre-training.

    Args:
        path: the text.
        on_progress: told the bytes read and the bytes in all, about every mebibyte; may raise.

    Raises:
        InputError: the file cannot be read at all.
    """
    path = Path(path)
    total = check_file(path)
    found, digest, size, told = _Pass(), hashlib.sha256(), 0, 0
    try:
        with path.open("rb") as file:
            while line := _next_line(file, digest, found):
                size += line[1]
                _take(line[0], found)
                if on_progress is not None and size - told >= 2**20:
                    told = size
                    on_progress(size, total)
    except OSError as error:
        raise unreadable(path, error) from None
    found.end_document()
    problems = (*found.problems.values(), *_judged(found))
    return Documents(
        path.absolute(), digest.hexdigest(), size, found.sentences, found.documents,
        found.single, found.seen.duplicates, found.seen.exact, problems,
    )  # fmt: skip


def _next_line(file: BinaryIO, digest: "hashlib._Hash", found: _Pass) -> tuple[bytes, int] | None:
    """The next line's beginning and its size in bytes, or None at the end."""
    line = file.readline(LONGEST_LINE)
    if not line:
        return None
    digest.update(line)
    found.lines += 1
    size, rest = len(line), line
    while not rest.endswith(b"\n"):  # the rest of a line that is too long, or the end
        rest = file.readline(LONGEST_LINE)
        if not rest:
            break
        digest.update(rest)
        size += len(rest)
        found.note_first(_long_line(found.lines))
    return line, size


def _take(line: bytes, found: _Pass) -> None:
    if found.lines == 1 and line.startswith(codecs.BOM_UTF8):
        line = line[len(codecs.BOM_UTF8) :]
        found.note_first(bom_problem())
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
        # A line that was cut short may end within a character.
        if len(line) < LONGEST_LINE - 3 or at < LONGEST_LINE - 3 - len(codecs.BOM_UTF8):
            looks = "another encoding, such as Windows-1252 or UTF-16"
            found.note_first(encoding_problem(found.lines, at + 1, line[at], looks))
        text = line.decode("utf-8", "replace")
    if "\0" in text:
        words = f"Line {found.lines:,} has a NUL character: the file is damaged or not a text."
        found.note_first(Problem("blocking", "nul", words, row=found.lines))
    text = text.strip()
    if text:
        found.sentences += 1
        found.here += 1
        found.seen.add(text.encode("utf-8"))
    else:
        found.end_document()


def _long_line(line: int) -> Problem:
    words = f"Line {line:,} is longer than {LONGEST_LINE:,} bytes. Put one sentence on each line."
    return Problem("blocking", "long-line", words, row=line)


def _judged(found: _Pass) -> list[Problem]:
    """What the counts say about next-sentence pairs and variety."""
    if not found.sentences:
        return [Problem("blocking", "empty-file", "The text has no sentences. Give one that has.")]
    problems = []
    if found.documents == 1:
        problems.append(
            Problem(
                "warning",
                "one-document",
                "The text is one document: the wrong second sentences come from it too. Put a "
                "blank line between documents.",
            )
        )
    elif found.single == found.documents:
        problems.append(
            Problem(
                "warning",
                "blank-lines",
                "There is a blank line after every sentence, so each is a document of its own and "
                "no pair of sentences is a true one. Leave blank lines only between documents.",
            )
        )
    elif found.single > 0.5 * found.documents:
        problems.append(
            Problem(
                "warning",
                "single-sentences",
                f"{found.single:,} of {found.documents:,} documents have one sentence, which "
                "always gets a random second one: nearly all pairs of these are random. Split "
                "their text into sentences, one a line.",
            )
        )
    if found.seen.duplicates >= 0.01 * found.sentences:
        about = "" if found.seen.exact else "About "
        words = (
            f"{about}{found.seen.duplicates:,} of {found.sentences:,} lines stood in the text "
            "before. Repeated lines are learnt by heart: remove them."
        )
        problems.append(Problem("warning", "duplicate-lines", words))
    return problems
