"""Checkpoints: only a whole one counts, and a damaged one is refused by its name."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bert_core.settings import PROJECT
from bert_core.training import saves


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three whole checkpoints: of steps 9, 10 and 100."""
    for step in (10, 9, 100):
        _save(tmp_path, step)
    return tmp_path


def _save(folder: Path, step: int, *, partial: bool = False) -> Path:
    path = folder / f"checkpoint-{step}"
    (path / "adapter").mkdir(parents=True)
    (path / "model.safetensors").write_bytes(b"w" * 5000)
    (path / "adapter" / "weights.safetensors").write_bytes(b"a" * 100)
    saves.seal(path, partial=partial)
    return path


def test_they_are_listed_by_step_not_by_name(folder: Path) -> None:
    (folder / "best").mkdir()
    assert [saved.step for saved in saves.list_saved(folder)] == [9, 10, 100]
    assert [saved.problem for saved in saves.list_saved(folder, deep=True)] == [None] * 3
    point = saves.resume_point(folder)
    assert point.checkpoint is not None
    assert (point.checkpoint.step, point.refused) == (100, ())


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a bit": (
        lambda path: _flip(path / "model.safetensors"),
        "model.safetensors has other bytes than when it was saved",
    ),
    "cut": (
        lambda path: (path / "model.safetensors").write_bytes(b"w" * 10),
        "model.safetensors has 10 bytes instead of 5,000",
    ),
    "a file in a folder": (
        lambda path: (path / "adapter" / "weights.safetensors").unlink(),
        "adapter/weights.safetensors is missing",
    ),
    "unfinished": (lambda path: (path / saves.MARKER).unlink(), "it was not saved to its end"),
    "marker": (
        lambda path: (path / saves.MARKER).write_text("[]", encoding="utf-8"),
        "its complete.json cannot be read",
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_one_is_refused_by_name_and_the_one_before_is_offered(
    folder: Path, what: str
) -> None:
    damage, problem = DAMAGE[what]
    damage(folder / "checkpoint-100")
    point = saves.resume_point(folder)
    assert point.checkpoint is not None
    assert point.checkpoint.step == 10
    sentence = f"checkpoint-100 cannot be used: {problem}. checkpoint-10 is used instead."
    assert point.refused == (sentence,)


def test_without_a_whole_one_the_run_begins_anew(folder: Path) -> None:
    for step in (9, 10, 100):
        (folder / f"checkpoint-{step}" / "model.safetensors").unlink()
    point = saves.resume_point(folder)
    assert point.checkpoint is None
    assert [sentence.split()[0] for sentence in point.refused] == [
        "checkpoint-100", "checkpoint-10", "checkpoint-9",
    ]  # fmt: skip
    assert all("begins anew" in sentence for sentence in point.refused)
    assert saves.resume_point(folder / "nothing").checkpoint is None


def test_a_partial_one_is_labelled(tmp_path: Path) -> None:
    _save(tmp_path, 3, partial=True)
    _save(tmp_path, 4)
    assert [saved.partial for saved in saves.list_saved(tmp_path)] == [True, False]


def test_old_ones_go_and_the_best_stays(folder: Path) -> None:
    (folder / "checkpoint-200").mkdir()
    _save(folder, 150)
    (folder / "checkpoint-150" / "model.safetensors").write_bytes(b"")
    saves.prune(folder, 1, best=9)
    assert [saved.step for saved in saves.list_saved(folder)] == [9, 100]


def test_only_unfinished_ones_are_cleared_away(folder: Path) -> None:
    (folder / "checkpoint-200").mkdir()
    (folder / "checkpoint-100" / "model.safetensors").unlink()
    saves.remove_unfinished(folder)
    assert [saved.step for saved in saves.list_saved(folder)] == [9, 10, 100]


FILLS_UP = """
import resource, sys
from pathlib import Path
from bert_core.training import saves
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
path = Path(sys.argv[1])
path.mkdir()
(path / "small").write_bytes(b"x")
try:
    (path / "model.safetensors").write_bytes(b"w" * 1_000_000)
    saves.seal(path)
except OSError as error:
    print(error.strerror)
"""


def test_one_that_did_not_fit_on_the_disk_does_not_count(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILLS_UP, str(folder / "checkpoint-200")],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "File too large"
    point = saves.resume_point(folder)
    assert point.checkpoint is not None
    assert point.checkpoint.step == 100
    assert point.refused[0].startswith("checkpoint-200 cannot be used: it was not saved to its end")
