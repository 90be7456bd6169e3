"""``embed``: files as the core writes them, what was cut said, errors in a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bert_core.cli import app
from bert_core.features.extract import extract
from tests import tiny


def call(*arguments: object):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def npz(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


@pytest.fixture
def given(tmp_path, folder_of):  # type: ignore[no-untyped-def]
    """A file with a long line, and the beginning of a command."""
    path = tmp_path / "lines.txt"
    path.write_text("\n".join([*tiny.SENTENCES, "", "fresh bread " * 30]) + "\n")
    return path, ("embed", path, "--model", folder_of("bert-pretraining"))


def test_the_file_is_that_of_the_core(given, tiny_bert, tmp_path) -> None:  # type: ignore[no-untyped-def]
    path, command = given
    out = tmp_path / "f.npz"
    done = call(*command, "--layers", "-1,0", "--out", out, "--max-length", "32", "--json")
    assert done.exit_code == 0, done.stderr
    summary = json.loads(done.stdout)
    extract(tiny_bert, path, out=tmp_path / "core.npz", layers=[-1, 0], max_length=32)
    ours, core = npz(out), npz(tmp_path / "core.npz")
    np.testing.assert_array_equal(ours["features"], core["features"])
    assert summary["lines"] == 7
    assert summary["pieces"] == len(core["ids"])
    assert (summary["cut"], summary["first_cut"], summary["left_out"]) == (1, [7], 30)
    assert summary["layers"] == [-1, -3]
    assert summary["bytes"] == out.stat().st_size
    assert "7 lines," in done.stderr
    assert "about " in done.stderr


def test_text_says_what_was_cut(given, tmp_path) -> None:  # type: ignore[no-untyped-def]
    _, command = given
    done = call(
        *command, "--layers", "-1", "--out", tmp_path / "f.jsonl", "--max-length", "32",
        "--pool", "mean",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "7 rows of 1 layer x 32." in done.stdout
    assert "7 lines, of them 0 pairs and 1 blank" in done.stdout
    assert "1 line longer than 32 word pieces was cut, 30 pieces left out: line 7." in done.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--layers", "last", "--out", "f.npz"), "'last' is no layer"),
        (("--layers", "-4", "--out", "f.npz"), "There is no layer -4"),
        (("--layers", "-1", "--out", "f.txt"), "ends in '.txt'"),
        (("--layers", "-1", "--out", "f.npz", "--pool", "sum"), "pooling is 'sum'"),
        (("--layers", "-1", "--out", "f.npz", "--max-length", "65"), "reads 8 to 64"),
    ],
)
def test_errors_are_sentences(given, tmp_path, monkeypatch, options, sentence) -> None:  # type: ignore[no-untyped-def]
    path, command = given
    monkeypatch.chdir(tmp_path)
    done = call(*command, *options)
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert done.stdout == ""
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
