"""The folder of a run: the one truth about it, for its process and for everyone who watches.

    spec.json       what was ordered; never changes
    status.json     where it is; replaced as a whole
    metrics.jsonl   one line for each measurement; only ever grows
    log.txt         what the process printed
    checkpoints/    checkpoint-STEP, each with complete.json
    result/         the trained model, a folder that opens
    result.json     the final metrics
    stop            lies here when a stop was asked for
    lock            held by the process, and by whoever writes status.json in its stead

Whoever watches reads these files and nothing else, so that a browser that closes, an app that
restarts or a second visitor changes nothing.
"""

import errno
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock
from pydantic import ValidationError

from bert_core.errors import RunError
from bert_core.settings import read_settings
from bert_core.training import saves
from bert_core.training.saves import ResumePoint, Saved, write_atomically
from bert_core.training.spec import RunSpec
from bert_core.training.states import Status

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RESERVE = 64 * 1024
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Metrics:
    """Lines of metrics.jsonl.

    Attributes:
        rows: one mapping for each whole line, with ``kind``, ``step`` and ``time``.
        offset: where to read on, in bytes.
        damaged: lines that are no JSON, as a killed process may leave behind.
    """

    rows: tuple[dict[str, Any], ...]
    offset: int
    damaged: int = 0


class RunFolder:
    """Reads and writes the files of one run.

    Args:
        path: the folder; its name is the id of the run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.metrics_file = path / "metrics.jsonl"
        self.log_file = path / "log.txt"
        self.checkpoints_folder = path / "checkpoints"
        self.result = path / "result"
        self._status = path / "status.json"
        self._stop = path / "stop"
        self._reserve = path / "reserve"

    # ---- what was ordered

    @cached_property
    def spec(self) -> RunSpec:
        """What was ordered.

        Raises:
            RunError: spec.json is missing or cannot be read.
        """
        return self._read("spec.json", RunSpec.model_validate_json)

    def create(self, spec: RunSpec) -> None:
        """Make the folder and write what was ordered; the spec comes last and is never changed.

        Raises:
            RunError: there is such a folder already.
            OSError: it cannot be written.
        """
        try:
            self.path.mkdir(parents=True)
        except FileExistsError:
            raise RunError(f"There is a run {self.id} already.", field="id") from None
        self.checkpoints_folder.mkdir()
        # Space that is given back when the disk is full, so that the end can be written.
        self._reserve.write_bytes(os.urandom(_RESERVE))
        self.write_status(Status(message="Not started yet."))
        write_atomically(self.path / "spec.json", spec.model_dump_json(indent=1).encode())

    # ---- where it is

    @property
    def status(self) -> Status:
        """What status.json says; see :func:`bert_core.training.runs.status` for what is true.

        Raises:
            RunError: it is missing or cannot be read.
        """
        return self._read("status.json", Status.model_validate_json)

    def write_status(self, status: Status, *, last: bool = False) -> None:
        """Replace status.json.

        Args:
            status: the new one.
            last: an end that must be written even on a full disk: the space that was kept free
                for it is used up.

        Raises:
            OSError: it cannot be written.
        """
        content = status.model_dump_json(indent=1).encode()
        try:
            write_atomically(self._status, content)
        except OSError as error:
            if not last or error.errno not in DISK_FULL:
                raise
            self._reserve.unlink(missing_ok=True)
            write_atomically(self._status, content)

    # ---- how it goes

    def append_metrics(self, row: Mapping[str, Any]) -> None:
        """Add one line to metrics.jsonl.

        Raises:
            OSError: it cannot be written.
        """
        with self.metrics_file.open("ab") as file:
            # A process that was killed may have left half a line: it stays a line of its own.
            begin = b"" if _ends_with_newline(self.metrics_file) else b"\n"
            file.write(begin + json.dumps(dict(row), allow_nan=False).encode() + b"\n")

    def read_metrics(self, offset: int = 0) -> Metrics:
        """The whole lines of metrics.jsonl from ``offset`` on; half a last line waits.

        Args:
            offset: 0, or what the last call returned.
        """
        try:
            with self.metrics_file.open("rb") as file:
                file.seek(offset)
                new = file.read()
        except FileNotFoundError:
            return Metrics((), 0)
        whole = new[: new.rfind(b"\n") + 1]
        rows, damaged = [], 0
        for line in filter(None, whole.split(b"\n")):
            row = _row(line)
            if row is None:
                damaged += 1
            else:
                rows.append(row)
        return Metrics(tuple(rows), offset + len(whole), damaged)

    def read_log(self, size: int = 20_000) -> str:
        """The end of log.txt: at most ``size`` bytes, without a first line that is cut."""
        try:
            with self.log_file.open("rb") as file:
                length = file.seek(0, os.SEEK_END)
                file.seek(max(0, length - size))
                tail = file.read()
        except FileNotFoundError:
            return ""
        if length > size and b"\n" in tail:
            tail = tail[tail.index(b"\n") + 1 :]
        return tail.decode("utf-8", errors="replace")

    # ---- what it leaves

    def checkpoint_path(self, step: int) -> Path:
        """Where the checkpoint of a step is saved. It counts once :func:`saves.seal` was called."""
        return self.checkpoints_folder / f"checkpoint-{step}"

    def checkpoints(self, *, deep: bool = False) -> tuple[Saved, ...]:
        """All checkpoints by step, with what is wrong with each; ``deep`` reads every byte."""
        return saves.list_saved(self.checkpoints_folder, deep=deep)

    def resume_point(self) -> ResumePoint:
        """The newest whole checkpoint, and a sentence for each newer one that is refused."""
        return saves.resume_point(self.checkpoints_folder)

    def write_result(self, result: Mapping[str, Any]) -> None:
        """Write result.json: the final metrics.

        Raises:
            OSError: it cannot be written.
        """
        content = json.dumps(dict(result), indent=1, ensure_ascii=False)
        write_atomically(self.path / "result.json", content.encode())

    def read_result(self) -> dict[str, Any] | None:
        """What result.json says, or None as long as there is none."""
        try:
            return dict(json.loads((self.path / "result.json").read_bytes()))
        except (FileNotFoundError, ValueError):
            return None

    # ---- who may

    @property
    def stop_asked(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop.exists()

    def ask_to_stop(self) -> None:
        """Ask the run's process to save and end."""
        self._stop.touch()

    def forget_stop(self) -> None:
        """Take back the wish to stop, before a resume."""
        self._stop.unlink(missing_ok=True)

    def lock(self) -> FileLock:
        """The lock that the run's process holds as long as it lives."""
        return FileLock(self.path / "lock", thread_local=False)

    def _read(self, name: str, parse: Callable[[bytes], T]) -> T:
        try:
            return parse((self.path / name).read_bytes())
        except FileNotFoundError:
            raise RunError(f"There is no run {self.id}.", field="id") from None
        except ValidationError as error:
            what = error.errors(include_url=False)[0]["msg"]
            raise RunError(f"{name} of run {self.id} cannot be read: {what}.", field="id") from None


def runs_folder(home: Path | None = None) -> Path:
    """Where the folders of all runs are: below ``home``, or where the environment says."""
    return (home or read_settings().home).resolve() / "runs"


def current_rows(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Metrics without those that a resume made void.

    A run that goes on from a checkpoint does the steps after it anew; its first line then has
    the kind ``"resumed"`` and the step of the checkpoint.
    """
    kept: list[Mapping[str, Any]] = []
    for row in rows:
        if row.get("kind") == "resumed":
            kept = [each for each in kept if each["step"] <= row["step"]]
        else:
            kept.append(row)
    return kept


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and {"kind", "step"} <= row.keys() else None


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
