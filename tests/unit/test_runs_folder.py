"""The folder of a run: files that are whole or not there, and readers that never stumble."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.errors import RunError
from bert_core.settings import PROJECT
from bert_core.training import folder as module
from bert_core.training import runs, saves
from bert_core.training.control import Control
from bert_core.training.folder import RunFolder, current_rows
from bert_core.training.states import Status
from tests.unit.runs_of_tests import order


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return order(tmp_path, "finish")


def test_what_was_ordered_is_read_back_and_never_replaced(folder: RunFolder) -> None:
    spec = folder.spec
    assert RunFolder(folder.path).spec == spec
    with pytest.raises(RunError, match="already"):
        folder.create(spec.changed(name="another"))
    assert RunFolder(folder.path).spec == spec


def test_a_folder_that_is_none_is_named(tmp_path: Path, folder: RunFolder) -> None:
    with pytest.raises(RunError, match="no run"):
        _ = RunFolder(tmp_path / "nothing").status
    (folder.path / "status.json").write_text('{"state": "dancing"}', encoding="utf-8")
    with pytest.raises(RunError, match=r"status\.json of run run-1 cannot be read"):
        _ = folder.status


WRITES = """
import sys
from pathlib import Path
from bert_core.training.folder import RunFolder
from bert_core.training.states import Status
folder, number = RunFolder(Path(sys.argv[1])), 0
while True:
    number += 1
    folder.write_status(Status(step=number, message="x" * (number % 50) * 1000))
    print(flush=True)
"""


def test_status_is_whole_whenever_its_writer_is_killed(folder: RunFolder) -> None:
    last = 0
    for kill_after in (1, 2, 3, 5, 8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITES, str(folder.path)], stdout=subprocess.PIPE, cwd=PROJECT
        )
        assert writer.stdout is not None
        for _ in range(kill_after):
            writer.stdout.readline()
            status = folder.status
            assert status.message == "x" * (status.step % 50) * 1000
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate()
        last = folder.status.step
        assert last >= kill_after


def test_half_a_last_line_waits_until_it_is_whole(folder: RunFolder) -> None:
    folder.append_metrics({"kind": "train", "step": 1, "loss": 0.5})
    with folder.metrics_file.open("ab") as file:
        file.write(b'{"kind": "train", "st')
    first = folder.read_metrics()
    assert [row["step"] for row in first.rows] == [1]
    with folder.metrics_file.open("ab") as file:
        file.write(b'ep": 2}\n')
    second = folder.read_metrics(first.offset)
    assert [row["step"] for row in second.rows] == [2]
    assert folder.read_metrics(second.offset).rows == ()


def test_a_line_after_half_a_line_is_not_lost(folder: RunFolder) -> None:
    folder.append_metrics({"kind": "train", "step": 1})
    with folder.metrics_file.open("ab") as file:
        file.write(b'{"kind": "train", "st')
    folder.append_metrics({"kind": "train", "step": 2})
    read = folder.read_metrics()
    assert [row["step"] for row in read.rows] == [1, 2]
    assert read.damaged == 1


@given(cuts=st.lists(st.integers(0, 400), max_size=6), half=st.booleans())
def test_reading_on_gives_what_reading_at_once_gives(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], half: bool
) -> None:
    path = tmp_path_factory.mktemp("run")
    folder = RunFolder(path)
    rows = [{"kind": "train", "step": n, "what": "Äpfel\n" * (n % 3)} for n in range(8)]
    whole = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    whole += b'{"kind"' if half else b""
    got, offset = [], 0
    for end in [*sorted(cuts), len(whole)]:
        folder.metrics_file.write_bytes(whole[:end])
        read = folder.read_metrics(offset)
        got, offset = [*got, *read.rows], read.offset
    assert got == rows


def test_numbers_that_are_not_finite_stay_json(folder: RunFolder) -> None:
    Control(folder).record("dev", 3, loss=float("nan"), accuracy=0.5, matthews=float("inf"))
    line = folder.metrics_file.read_text(encoding="utf-8")
    row = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert (row["loss"], row["accuracy"], row["matthews"]) == (None, 0.5, None)


def test_what_a_resume_made_void_is_left_out() -> None:
    rows = [{"kind": "train", "step": step} for step in (1, 2, 3, 4)]
    rows += [{"kind": "resumed", "step": 2}, {"kind": "train", "step": 3}]
    assert [row["step"] for row in current_rows(rows)] == [1, 2, 3]


def test_the_end_of_the_log(folder: RunFolder) -> None:
    assert folder.read_log() == ""
    folder.log_file.write_bytes("first line\nzweite Zeile: ä".encode() + b"\xff\n")
    assert folder.read_log() == "first line\nzweite Zeile: ä\ufffd\n"
    assert folder.read_log(size=24) == "zweite Zeile: ä\ufffd\n", "no line that is cut"
    folder.log_file.write_bytes(b"x" * 100)
    assert folder.read_log(size=10) == "x" * 10


def test_a_full_disk_leaves_the_old_status(folder: RunFolder) -> None:
    folder.write_status(Status(step=4))
    (folder.path / "status.json.new").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        folder.write_status(Status(step=5))
    assert folder.status.step == 4


def test_a_full_disk_fails_a_measurement_and_keeps_the_lines_before(folder: RunFolder) -> None:
    folder.metrics_file.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        folder.append_metrics({"kind": "train", "step": 1})


def test_the_end_is_written_into_the_space_that_was_kept_for_it(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = folder.path / "reserve"
    real = saves.write_atomically

    def on_a_full_disk(path: Path, content: bytes) -> None:
        if reserve.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, content)

    monkeypatch.setattr(module, "write_atomically", on_a_full_disk)
    with pytest.raises(OSError, match="No space left"):
        folder.write_status(Status(step=1))
    assert reserve.stat().st_size > 10_000, "room for a status and what the file system adds"
    folder.write_status(Status(state="failed", reason="disk"), last=True)
    assert folder.status.reason == "disk"


def test_results_are_read_back(folder: RunFolder) -> None:
    assert folder.read_result() is None
    folder.write_result({"metrics": {"accuracy": 0.9}, "task": "Größe"})
    assert folder.read_result() == {"metrics": {"accuracy": 0.9}, "task": "Größe"}


def test_runs_are_listed_newest_first_and_only_whole_ones(tmp_path: Path) -> None:
    assert runs.list_runs(tmp_path) == ()
    made = [order(tmp_path, "finish", number=number) for number in (1, 2, 3)]
    (made[0].path.parent / "half-made").mkdir()
    (made[0].path.parent / ".gone").mkdir()
    assert [each.id for each in runs.list_runs(tmp_path)] == ["run-3", "run-2", "run-1"]
    assert runs.get("run-2", tmp_path).spec == made[1].spec


@pytest.mark.parametrize("wrong", ["../run-1", "run-9", "", ".", "Run-1", "run-1/", "half-made"])
def test_ids_lead_nowhere_else(tmp_path: Path, wrong: str) -> None:
    folder = order(tmp_path, "finish")
    (folder.path.parent / "half-made").mkdir()
    with pytest.raises(RunError, match="There is no run"):
        runs.get(wrong, tmp_path)
