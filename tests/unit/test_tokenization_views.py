"""Tokenization on the page and in the terminal: chips, marks, tables, files, snippets, command."""

import contextlib
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bert_core.analysis.tokenization.compare import changed_cutter, compare_tokenizers, own_cutter
from bert_core.analysis.tokenization.statistics import token_statistics
from bert_core.analysis.tokenization.tokenize import Tokenization, tokenize
from bert_core.cli import app
from bert_core.examples import examples
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load_tokenizer
from bert_core.model.tokenizer import Tokenizer
from bert_core.views import token_tables, token_text, token_words
from bert_core.views.chips import chip_payload
from bert_core.views.document import cut_runs
from bert_core.views.records import to_csv, to_json, to_record, to_rows
from bert_core.views.token_figures import lengths_figure
from bert_core.views.token_snippets import (
    comparison_snippet,
    statistics_snippet,
    tokens_snippet,
)

NASTY = "</script><img src=x onerror=alert(1)> =1+1"
TEXT, PAIR = "Zoë's caf\u00e9 \u200b東京, unflappable \U0001f9a9", "On [MASK]."


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(ModelChoice())


@pytest.fixture(scope="module")
def result(tokenizer: Tokenizer) -> Tokenization:
    return tokenize(tokenizer, TEXT, PAIR)


def call(*arguments: str):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(app, ["tokenize", *map(str, arguments)])


def test_chips_tell_the_characters_of_each_piece(result: Tokenization) -> None:
    chips = token_tables.piece_chips(result)
    assert [chip.text for chip in chips] == [each.piece for each in result.pieces]
    shown = {chip.text: chip.note for chip in chips}
    assert "Zoë's «café» \u200b東京" in shown["cafe"]
    assert "characters 7–10" in shown["cafe"]
    assert "of text B" in shown["[MASK]"]
    assert shown["[CLS]"] == "id 101, segment 0, position 0"
    for chip in chips:
        json.dumps(chip_payload(chip))


def test_marks_cover_every_piece_once(result: Tokenization) -> None:
    marks = token_tables.typed_marks(result, 0, 5)
    pieces = [each for each in result.pieces if each.sequence == 0]
    assert [(mark.start, mark.end) for mark in marks] == [(p.start, p.end) for p in pieces]
    assert [mark.kind for mark in marks].count("answer") == 1
    chosen = next(mark for mark in marks if mark.kind == "answer")
    assert TEXT[chosen.start : chosen.end] == result.pieces[5].characters
    assert cut_runs(len(TEXT), marks)
    assert not any(m.kind == "answer" for m in token_tables.typed_marks(result, 1, 5))


def test_a_step_marks_what_it_changed(result: Tokenization) -> None:
    step = next(step for step in result.steps if step.name == "letters")
    text, marks = token_tables.step_text(step.texts[0])
    assert text.startswith("zoe's cafe ")
    assert [text[mark.start : mark.end] for mark in marks] == ["z", "e", "e"]
    assert [mark.label for mark in marks] == ["Z → z", "ë → e", "é → e"]
    assert token_words.changes(step) == "Z → z, ë → e, é → e and O → o."
    clean = next(step for step in result.steps if step.name == "clean")
    assert token_words.changes(clean) == "U+200B zero width space removed."
    assert token_tables.changed_texts(clean) == [0]
    words, pieces = result.steps[-2:]
    assert token_words.words(words).startswith("12 words, ")
    assert "unflappable → un ##fl ##app ##able" in token_words.pieces(pieces, words)


def test_the_table_has_every_piece(result: Tokenization) -> None:
    table = token_tables.piece_table(result)
    assert len(table.rows) == len(result.pieces)
    row = next(row for row in table.rows if row.cells[1] == "cafe")
    assert row.cells == ("4", "cafe", "7668", "0", "7–10", "4", "café")


def test_files_say_all_of_it(result: Tokenization, tokenizer: Tokenizer, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(result))))
    assert [row["piece"] for row in rows] == [each.piece for each in result.pieces]
    read = json.loads(to_json(result))
    assert read["steps"][-1]["texts"][0][0]["text"] == "zoe"
    assert read["pieces"][1]["characters"] == "Zoë"
    assert read["google"]["differences"][0]["characters"] == "[MASK]."
    second = changed_cutter(tokenizer, "other case")
    compared = compare_tokenizers(own_cutter(tokenizer), second, TEXT)
    assert to_rows(compared)[0]["second"] == "[UNK]"
    assert to_record(compared)["second"]["unknown"] == compared.second.unknown
    path = tmp_path / "a.txt"
    path.write_text("Rain.\nMore rain falls.\n", encoding="utf-8")
    figures = token_statistics(tokenizer, path)
    assert to_rows(figures) == [{"pieces": "4", "lines": 1}, {"pieces": "6", "lines": 1}]
    assert sum(json.loads(to_json(figures))["lengths"]) == 2


@pytest.mark.parametrize(("words", "bars"), [(1, [1]), (126, [1]), (200, [1]), (600, [0, 1])])
def test_the_histogram_counts_every_line(
    words: int, bars: list[int], tokenizer: Tokenizer, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("rain " * words + "\n", encoding="utf-8")
    figure = lengths_figure(token_statistics(tokenizer, path))
    counts = list(figure.data[0].y)
    assert sum(counts) == 1
    assert len(counts) == 32 + (len(bars) == 2)
    if words == 126:
        assert counts[31] == 1, "a line of 128 pieces stands left of the limit"
    json.loads(figure.to_json())


def test_the_terminal_shows_steps_and_pieces(result: Tokenization) -> None:
    said = token_text.tokenization(result)
    assert "1. Masks" in said
    assert "U+200B zero width space removed." in said
    assert "(1) A typed mask" in said
    assert "##app" in said


def test_json_on_the_command_line_is_the_core(result: Tokenization) -> None:
    done = call(TEXT, "--pair", PAIR, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == to_record(result)
    plain = call(TEXT, "--pair", PAIR)
    assert plain.stdout == token_text.tokenization(result) + "\n"


def test_compare_and_file_on_the_command_line(tmp_path: Path, folder_of: Callable) -> None:  # type: ignore[type-arg]
    done = call("The Heron", "--with", "other case", "--json")
    assert json.loads(done.stdout)["second"]["unknown"] == 2
    other = call("The heron", "--with", str(folder_of("roberta")))
    assert other.exit_code == 0, other.stderr
    assert "vocabulary" in other.stdout
    same = call("The heron", "--with", "reader")
    assert "Both cut this text alike." in same.stdout
    path = tmp_path / "a.csv"
    path.write_text("id,body\n1,Rain falls.\n", encoding="utf-8")
    figures = call("--file", path, "--column", "body", "--json")
    assert json.loads(figures.stdout)["pieces"] == 3
    shown = call("--file", path, "--column", "body").stdout
    assert "a.csv, column body: 1 line" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("a", "--file", "x.txt"),
        ("--file", "x.txt", "--pair", "b"),
        ("a", "--column", "text"),
        ("a", "--pair", "b", "--with", "reader"),
        ("--file", "no such file.txt"),
        ("\u200b",),
        ("a", "--model", "./nowhere"),
        ("a", "--with", "no model of any kind"),
    ],
)
def test_bad_calls_end_in_a_sentence(arguments: tuple[str, ...]) -> None:
    done = call(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_snippets_run_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Rain.\n", encoding="utf-8")
    choice = ModelChoice("reader")
    code = "\n".join(
        [
            tokens_snippet(choice, NASTY, 'It\'s "so".', masks=False),
            comparison_snippet(choice, "other case", NASTY),
            comparison_snippet(choice, "embedded", NASTY),
            statistics_snippet(choice, str(path), None),
        ]
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "snippet", "exec"), {})  # noqa: S102 - what is tested is that it runs
    heads = ["position,piece,id,", "start,end,characters,", "pieces,lines"]
    lines = printed.getvalue().splitlines()
    assert [sum(line.startswith(head) for line in lines) for head in heads] == [1, 2, 1]


@pytest.mark.parametrize("name", list(examples("tokens")))
def test_every_example_shows_something(name: str, tokenizer: Tokenizer) -> None:
    example = examples("tokens")[name]
    found = tokenize(tokenizer, example.text, example.pair or None)
    assert any(step.changes for step in found.steps)
    assert len(found.pieces) - 2 > len(example.text.split())
