"""``senses``: the core's numbers, a file of one's own, errors in a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bert_core.analysis.embeddings.geometry import Geometry, space
from bert_core.analysis.embeddings.senses import senses
from bert_core.analysis.embeddings.sentences import read_path
from bert_core.analysis.embeddings.vectors import word_in_context
from bert_core.cli import app
from bert_core.views.embedding_tables import text

LINES = """bird | The heron waits near the cold lake.
bird | A heron reads slow letters.
ship | Our heron ships bread by the river.
ship | She writes to the heron every morning.
No such bird here.
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "herons.txt"
    path.write_text(LINES, encoding="utf-8")
    return path


@pytest.fixture
def tiny_model(folder_of) -> tuple[str, str]:  # type: ignore[no-untyped-def]
    return "--model", str(folder_of("bert-pretraining"))


def call(*arguments: object):
    return CliRunner().invoke(app, ["senses", *map(str, arguments)])


def test_a_file_of_ones_own(file: Path, tiny_model, tiny_bert) -> None:
    trace = word_in_context(tiny_bert, read_path(file), "heron")
    done = call("heron", file, *tiny_model)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith(text(senses(tiny_bert, trace)))
    assert "Line 5 is left out." in done.stdout

    options = ["--metric", "euclidean", "--centre", "--drop", "1", "--layer", "2", "--json"]
    record = json.loads(call("heron", file, *tiny_model, *options).stdout)
    here = space(trace, 2, Geometry("euclidean", centre=True, drop=1))
    assert np.allclose(record["similarities"], here.values)
    assert record["dropped"][0]["dimension"] == here.dropped[0].dimension
    assert [each["line"] for each in record["left_out"]] == [5]


def test_a_table_is_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "herons.csv"
    path.write_text("sentence,label\nA heron.,bird\n", encoding="utf-8")
    (sentence,) = read_path(path)
    assert (sentence.text, sentence.label) == ("A heron.", "bird")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bonk"], "Ready are: bank, bark"),
        (["heron", "{file}", "--metric", "dot"], "none of cosine, euclidean"),
        (["heron", "{file}", "--pooling", "max"], "use one of mean, first, last"),
        (["heron", "{file}", "--drop", "99"], "dimensions to drop are 99; 0 to 31 can be"),
        (["heron", "{file}", "--layer", "9", "--json"], "no layer 9"),
        (["heron", "{file}", "--layer", "1"], "--layer goes with --json"),
        (["waits", "{file}"], "found in 1 of 5"),
        (["heron", "nowhere.txt"], "no file nowhere.txt"),
        (["heron", "nowhere.csv"], "no file nowhere.csv"),
    ],
)
def test_errors_are_sentences(file: Path, tiny_model, arguments: list[str], said: str) -> None:
    done = call(*(each.format(file=file) for each in arguments), *tiny_model)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert said in done.stderr


def test_bytes_that_are_no_text(tmp_path: Path, tiny_model) -> None:
    path = tmp_path / "bytes.txt"
    path.write_bytes(b"\xff\xfe\xfa")
    assert "not UTF-8, see line 1" in call("heron", path, *tiny_model).stderr
