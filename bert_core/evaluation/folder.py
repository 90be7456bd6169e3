"""The folder of an evaluation: what was asked, the answers so far, and at the end the results.

evaluation.json          what was asked; never changes
answers.jsonl            one line for each question, in the order in which they are read
predictions.json         run_squad's files, written when all questions are answered
nbest_predictions.json
null_odds.json           where a question may have no answer
metrics.json             the figures
lock                     held by the process that writes here
"""

import errno
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from bert_core.errors import InputError
from bert_core.evaluation.rows import ROW, AnswerRow
from bert_core.evaluation.settings import Asked

RESULTS = ("predictions.json", "nbest_predictions.json", "null_odds.json", "metrics.json")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class EvaluationFolder:
    """Reads and writes the files of one evaluation.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked_file = path / "evaluation.json"
        self.answers_file = path / "answers.jsonl"

    # ---- what was asked

    @property
    def asked(self) -> Asked:
        """What was asked.

        Raises:
            InputError: evaluation.json is missing or damaged.
        """
        try:
            return TypeAdapter(Asked).validate_json(self.asked_file.read_bytes())
        except (OSError, ValidationError):
            raise InputError(
                f"{self.asked_file} cannot be read, so it is not known what was asked. Name "
                "another folder.",
                field="out",
            ) from None

    @contextmanager
    def opened(self, asked: Asked) -> Iterator[None]:
        """Hold the folder for an evaluation, which is begun or gone on with.

        Raises:
            InputError: the folder holds something else, is in use, or cannot be written.
        """
        lock = FileLock(self.path / "lock", thread_local=False)
        try:
            with self._writing():
                self.path.mkdir(parents=True, exist_ok=True)
                self._take(lock)
                self._begin(asked)
            yield
        finally:
            lock.release()

    def _take(self, lock: FileLock) -> None:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise InputError(
                f"Another evaluation is writing to {self.path}. Wait for it, or name another "
                "folder.",
                field="out",
            ) from None

    def _begin(self, asked: Asked) -> None:
        """Write what is asked, or compare it with what was."""
        if self.asked_file.exists():
            for difference in self.asked.differences(asked):
                raise InputError(
                    f"{self.path} holds an evaluation {difference}. Name another folder, or ask "
                    "for the same to go on.",
                    field="out",
                )
            return
        for name in (self.answers_file.name, *RESULTS):
            if (self.path / name).exists():
                raise InputError(
                    f"{self.path} has a {name} of something else, for it has no evaluation.json. "
                    "Name another folder.",
                    field="out",
                )
        content = json.dumps(TypeAdapter(Asked).dump_python(asked), ensure_ascii=False, indent=1)
        with replacing(self.asked_file) as file:
            file.write(content + "\n")

    # ---- the answers

    def kept(self, ids: Sequence[str]) -> int:
        """How many of the first questions are answered; half a last line is dropped.

        Args:
            ids: of all questions, in the order in which they are read.

        Raises:
            InputError: other questions are answered, or a line is damaged.
        """
        whole = number = 0
        for number, row in enumerate(self.rows(), 1):
            if number > len(ids) or row.id != ids[number - 1]:
                raise InputError(
                    f"Line {number:,} of {self.answers_file} is not the answer to question "
                    f"{number:,}: the file was changed. Name another folder.",
                    field="out",
                )
        if self.answers_file.exists():
            whole = sum(len(line) for line in self._lines())
            if whole != self.answers_file.stat().st_size:
                with self._writing():
                    os.truncate(self.answers_file, whole)
        return number

    def append(self, rows: Iterable[AnswerRow]) -> None:
        """Add answers, and see to it that they are on the disk.

        Raises:
            InputError: the disk is full, for one.
        """
        with self._writing(), self.answers_file.open("ab") as file:
            for row in rows:
                file.write(ROW.dump_json(row) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def rows(self) -> Iterator[AnswerRow]:
        """The answers so far, one after the other.

        Raises:
            InputError: a line is damaged.
        """
        for number, line in enumerate(self._lines(), 1):
            try:
                yield ROW.validate_json(line)
            except ValidationError:
                raise InputError(
                    f"Line {number:,} of {self.answers_file} is damaged. Name another folder.",
                    field="out",
                ) from None

    def _lines(self) -> Iterator[bytes]:
        """The whole lines of answers.jsonl."""
        if self.answers_file.exists():
            with self.answers_file.open("rb") as file:
                yield from (line for line in file if line.endswith(b"\n"))

    # ---- the results

    def write_predictions(self, *, impossible: bool) -> None:
        """Write run_squad's files from the answers, a question at a time.

        Raises:
            InputError: the disk is full, for one; the old files are then as they were.
        """
        self._write_object("predictions.json", ((row.id, row.text) for row in self.rows()))
        self._write_object(
            "nbest_predictions.json",
            ((row.id, [asdict(each) for each in row.nbest]) for row in self.rows()),
        )
        if impossible:
            self._write_object("null_odds.json", ((row.id, row.null_odds) for row in self.rows()))

    def _write_object(self, name: str, items: Iterable[tuple[str, Any]]) -> None:
        """Write what ``json.dumps(dict(items), indent=4)`` gives, without holding it."""
        with self._writing(), replacing(self.path / name) as file:
            before = "{\n    "
            for id_, value in items:
                text = json.dumps(value, indent=4).replace("\n", "\n    ")
                file.write(f"{before}{json.dumps(id_)}: {text}")
                before = ",\n    "
            file.write("\n}\n")

    def write_metrics(self, content: str) -> None:
        """Write metrics.json; see :meth:`write_predictions` for what may go wrong."""
        with self._writing(), replacing(self.path / "metrics.json") as file:
            file.write(content)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Errors of the disk as sentences that say what is kept and how to go on."""
        try:
            yield
        except (FileExistsError, NotADirectoryError):
            raise InputError(
                f"{self.path} is a file or lies in one; give a folder.", field="out"
            ) from None
        except OSError as error:
            what = f"{self.path} cannot be written: {error.strerror}."
            if error.errno in _FULL:
                what = "The disk is full."
            raise InputError(f"{what} {self.how_to_go_on()}", field="out") from error

    def how_to_go_on(self) -> str:
        """How much is kept and what to do, for an evaluation that ended early."""
        kept = sum(1 for _ in self._lines())
        answers = "1 answer is" if kept == 1 else f"{kept:,} answers are"
        return f"{answers} kept in {self.path}. Run the same again to go on."


@contextmanager
def replacing(path: Path) -> Iterator[Any]:
    """A text file that takes the place of another when it is whole.

    Raises:
        OSError: the disk is full, for one; the old file is then as it was.
    """
    new = path.with_name(path.name + ".new")
    try:
        with new.open("w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)
