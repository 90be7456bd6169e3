"""Heads over many sentences: what is shown and kept are the core's numbers."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bert_core.analysis.attention.corpus import CorpusResult, head_statistics
from bert_core.cli import app
from bert_core.data.lines import READY, read_lines, split_lines
from bert_core.errors import InputError
from bert_core.views import corpus_views
from bert_core.views.attention_clicks import Pick
from bert_core.views.attention_files import corpus_csv, corpus_record
from bert_core.views.numbers import PER_CENT

LINES = ["The heron waits.", "", "It is late, again, near the old lake.", "lake", "Snow fell."]


@pytest.fixture
def result(tiny_bert) -> CorpusResult:  # type: ignore[no-untyped-def]
    return head_statistics(tiny_bert, LINES)


def test_every_head_has_mean_and_spread(result: CorpusResult) -> None:
    rows = corpus_views.corpus_table(result)
    json.dumps(rows, allow_nan=False)
    assert [(row["layer"], row["head"]) for row in rows] == [
        (layer, head) for layer in (1, 2) for head in (1, 2, 3, 4)
    ]
    shown = corpus_views.figures_of(result)
    assert set(shown) == set(result.names) - {"a_to_b", "b_to_a"}, "no sentence has a pair"
    for place, row in zip(np.ndindex(2, 4), rows, strict=True):
        for name in shown:
            at = (result.names.index(name), *place)
            assert row[corpus_views.TITLES[name]] == result.mean[at]
            assert row[f"{corpus_views.TITLES[name]} ±"] == result.spread[at]
        counts = result.pattern_counts[:, *place]
        assert row["how often"] == counts.max() / 3
        assert counts[result.patterns.index(row["usual pattern"])] == counts.max()


def test_one_sentence_has_no_spread(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    single = head_statistics(tiny_bert, LINES[:1])
    row = corpus_views.corpus_table(single)[5]
    assert "[CLS] ±" not in row
    assert row["[CLS]"] == single.mean[single.names.index("cls"), 1, 1]
    said = corpus_views.head_words(single, Pick(2, 2))
    assert said.startswith("Head 2.2 over 1 sentence: ")
    assert "±" not in said
    assert "of them" not in said


def test_one_head_in_a_sentence(result: CorpusResult) -> None:
    said = corpus_views.head_words(result, Pick(2, 3))
    entropy = result.names.index("entropy"), 1, 2
    assert said.startswith("Head 2.3 over 3 sentences: its pattern is “")
    assert f"{result.mean[entropy]:.2f} ± {result.spread[entropy]:.2f} bits" in said
    shares = {"itself": "itself", "previous": "before", "following": "after", "cls": "[CLS]",
              "sep": "[SEP]", "punctuation": "punctuation", "rest_of_word": "rest"}  # fmt: skip
    means = {name: float(result.mean[result.names.index(name), 1, 2]) for name in shares}
    most = max(means, key=means.__getitem__)
    assert f"{shares[most]} ({100 * means[most]:.1f}{PER_CENT} ± " in said


@pytest.mark.parametrize("spread", [False, True])
@pytest.mark.parametrize("name", ["entropy", "cls"])
def test_the_figure_has_every_head(result: CorpusResult, name: str, spread: bool) -> None:
    figure = corpus_views.corpus_figure(result, name, Pick(2, 3), spread=spread)
    figures = result.spread if spread else result.mean
    np.testing.assert_array_equal(figure.data[0].z, figures[result.names.index(name)])
    words = np.array(figure.data[0].customdata)
    assert words.shape == (2, 4)
    assert words[1, 2] == corpus_views.figure_words(result, name, 1, 2)
    frame = figure.layout.shapes[0]
    assert ((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2) == (3, 2)


def test_json_says_what_the_command_says(result: CorpusResult) -> None:
    record = json.loads(corpus_views.corpus_json(result))
    assert record.pop("versions")["torch"]
    assert record == json.loads(json.dumps(corpus_record(result)))
    assert [bad["row"] for bad in record["bad"]] == [2, 4]


@pytest.mark.parametrize("how", ["file", "pasted", "long"])
def test_the_lines_print_the_file(  # type: ignore[no-untyped-def]
    tiny_bert, result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    text = "\n".join(LINES) + "\n"
    monkeypatch.chdir(tmp_path)
    name = "sentences.txt" if how == "long" else "it's 'mine'.txt"
    (tmp_path / name).write_text(text, encoding="utf-8")
    given = {
        "file": {"path": name},
        "pasted": {"text": text},
        "long": {"text": text + "The heron waits." * 1_000},
    }[how]
    source = corpus_views.corpus_snippet(tiny_bert.choice, **given)
    assert len(source) < 1_000
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, "snippet", "exec"), {})  # noqa: S102 - that it runs is what is tested
    assert out.getvalue().splitlines() == [*corpus_csv(result).splitlines(), ""]


# ---- the sentences -----------------------------------------------------------------------------


def test_our_own_sentences_can_all_be_used(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    lines = read_lines(READY)
    assert len(lines) >= 60
    assert len(set(lines)) == len(lines)
    # "Rain." is two pieces: the shortest that can be described.
    assert all(len(tiny_bert.tokenize(line).content) >= 2 for line in lines)


def test_rows_keep_their_numbers(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_bytes("\ufeffOne.\r\n\r\nThree.\r\n".encode())
    assert read_lines(file) == ["One.", "", "Three."]
    file.write_bytes(b"One.\rTwo.\r")
    assert read_lines(file) == ["One.", "Two."]
    assert split_lines("One.") == ["One."]


BAD = {
    "empty": (b"", "a.txt: The file is empty."),
    "blank": (b" \n\n", "a.txt: The file is empty."),
    "latin": ("Es war früh.\nUnd kühl.\n".encode("latin-1"), "a.txt: The file is not UTF-8, see"),
    "nul": (b"One.\nTw\0o.\n", "a.txt: The file has NUL characters, see line 2"),
    "zip": (b"PK\x03\x04\x00", "a.txt is not a text file but a zip archive"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_is_none_is_refused_in_a_sentence(tmp_path: Path, kind: str) -> None:
    content, said = BAD[kind]
    file = tmp_path / "a.txt"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_lines(file)
    assert str(caught.value).startswith(said)
    assert "cleaned" not in str(caught.value), "nothing is cleaned here"
    done = CliRunner().invoke(app, ["heads", str(file)])
    assert (done.exit_code, done.stderr) == (2, f"error: {caught.value}\n"), "as on the page"
