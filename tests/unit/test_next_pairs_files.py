"""Pairs from files and to files: tables, sentences of a paragraph, rows, and ``next``."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bert_core import InputError
from bert_core.analysis.attention.leave_one_out import leave_one_out
from bert_core.analysis.attention.ranking import rank_heads
from bert_core.analysis.attention.targets import Target
from bert_core.cli import app
from bert_core.data.sentences import split_sentences
from bert_core.data.text_pairs import read_pairs
from bert_core.settings import PROJECT
from bert_core.tasks.next_pairs import rank_candidates, score_pairs
from bert_core.tasks.next_sentence import NextScore, next_sentence
from bert_core.tasks.paragraph import matrix, paragraph
from bert_core.views import next_sentences
from bert_core.views.next_files import table_lines
from bert_core.views.records import to_csv, to_json, to_record

SENTENCES = ("The heron waits.", "It is cold.", "Our bakery opens late.", "<b>&amp; bread</b>")
SCORE = NextScore("is-next", 0.75, 0.25, 0.5, -0.5986)


def table_of(tmp_path: Path, content: str, name: str = "pairs.csv") -> Path:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


def parsed(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def call(*arguments: object):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def tiny_model(folder_of) -> tuple[str, str]:
    return "--model", str(folder_of("bert-pretraining"))


# ---- sentences ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One went. Two came! Three? Four", ("One went.", "Two came!", "Three?", "Four")),
        ("Dr. Moss met J. K. Lind at 5.30 p.m. in town.", None),
        ("wrapped at\nsome width. It\ngoes on.", ("wrapped at some width.", "It goes on.")),
        ("he left .\nshe stayed .", ("he left .", "she stayed .")),
        ("“Why?” he asked. (Nobody knew.) “So!”", ("“Why?” he asked.", "(Nobody knew.)", "“So!”")),
        ("no stop\n \nnext part", ("no stop", "next part")),
        ("It cost 3.50 euros. 12 came. Ärger blieb.", ("It cost 3.50 euros.", "12 came.",
                                                       "Ärger blieb.")),
        ("今天很好。我们去公园！", ("今天很好。", "我们去公园！")),
        ("He said no. She left. See no. 5 there.", ("He said no.", "She left.",
                                                    "See no. 5 there.")),
        ("Boats (and so on etc.) Trains came.", ("Boats (and so on etc.)", "Trains came.")),
        (" \n\t", ()),
    ],
)  # fmt: skip
def test_a_paragraph_is_cut_into_sentences(text: str, expected: tuple[str, ...] | None) -> None:
    assert split_sentences(text) == (expected if expected is not None else (text,))


def test_no_character_of_a_paragraph_is_lost() -> None:
    text = (PROJECT / "tests" / "golden" / "held_out.txt").read_text("utf-8")[:20_000]
    assert "".join(split_sentences(text)).replace(" ", "") == "".join(text.split())


def test_short_forms_without_end_are_read_in_one_go() -> None:
    """Each was once looked at with all that stood before it: hours for a mebibyte."""
    text = "Dr. A " * 100_000
    assert split_sentences(text) == (text.strip(),)


# ---- tables ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "taken"),
    [
        ("a.csv", "id,Text_A,text_b\n7,one,two\n", ("Text_A", "text_b")),
        ("b.tsv", "sentence1\tsentence2\none\ttwo\n", ("sentence1", "sentence2")),
        ("c.csv", "\ufefftext;pair\r\none;two\r\n", ("text", "pair")),
        ("d.jsonl", '{"a": "one", "b": "two"}\n', ("a", "b")),
    ],
)
def test_columns_are_found_by_their_usual_names(tmp_path, name, content, taken) -> None:
    table = read_pairs(table_of(tmp_path, content, name))
    assert table.taken == taken
    assert [(row.text, row.pair) for row in table.rows] == [("one", "two")]


def test_columns_can_be_named_and_a_file_can_lack_a_header(tmp_path: Path) -> None:
    named = read_pairs(table_of(tmp_path, "reply,question\nB,A\n"), ("question", "reply"))
    assert [(row.line, row.text, row.pair, row.cells) for row in named.rows] == [
        (2, "A", "B", ("B", "A"))
    ]
    bare = read_pairs(table_of(tmp_path, "x,A,B\ny,C,D\n"), ("#2", "#3"))
    assert [(row.line, row.text, row.pair) for row in bare.rows] == [(1, "A", "B"), (2, "C", "D")]


@pytest.mark.parametrize(
    ("content", "columns", "words"),
    [
        ("", (), "has no records"),
        ("a,c\n1,2\n", (), "no column 'text_a' for the first text. There are: 'a', 'c'"),
        ("text_a,c\n1,2\n", (), "no column 'text_b' for the second text"),
        ("text_a,text_b\n1,2\n", ("text_a", "txt_b"), "Perhaps 'text_b' is meant"),
        ("text_a,text_b,text_a\n1,2,3\n", (), "Line 1: 2 columns are called 'text_a'"),
    ],
)
def test_a_table_without_the_columns_is_refused(tmp_path, content, columns, words) -> None:
    with pytest.raises(InputError, match=words):
        read_pairs(table_of(tmp_path, content), columns)


def test_a_table_that_is_not_utf_8_is_refused_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_bytes("text_a,text_b\none,two\ncaf\xe9,three\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"^The file is not UTF-8, see line 3"):
        read_pairs(path)


def test_a_scored_table_keeps_its_columns_and_tells_what_has_no_score(tmp_path: Path) -> None:
    content = 'id,text_a,text_b\n1,=1+1,"two\nlines"\n2,,x\nthree,cells,too,many\n-4,c,d\n'
    table = read_pairs(table_of(tmp_path, content))
    assert (table.read, len(table.rows)) == (4, 3)
    assert [problem.row for problem in table.problems] == [5]
    lines = parsed("".join(table_lines(table, [[SCORE], ["The text is empty.", SCORE]])))
    names = ["p_is_next", "p_not_next", "logit_is_next", "logit_not_next", "problem"]
    assert lines[0] == ["id", "text_a", "text_b", *names]
    assert lines[1] == ["1", "'=1+1", "two\nlines", "0.75", "0.25", "0.5", "-0.5986", ""]
    assert lines[2] == ["2", "", "x", "", "", "", "", "The text is empty."]
    assert lines[3][:3] == ["'-4", "c", "d"]
    rows = next_sentences.scored_rows(table, [SCORE, "Why.", SCORE], most=2)
    assert [row["line"] for row in rows] == [2, 4]
    assert [row["problem"] for row in rows] == ["", "Why."]
    assert [row["P(is next)"] for row in rows] == [SCORE.p_is_next, None]
    assert "problem" not in next_sentences.scored_rows(table, [SCORE] * 3)[0]


def test_a_table_can_be_scored_twice(tmp_path: Path) -> None:
    first = read_pairs(table_of(tmp_path, "text_a,text_b\none,two\n"))
    again = read_pairs(table_of(tmp_path, "".join(table_lines(first, [[SCORE]])), "again.csv"))
    head = parsed("".join(table_lines(again, [[SCORE]])))[0]
    assert len(set(head)) == len(head) == 2 + 5 + 5
    assert head[-1] == "problem_2"


def test_ready_pairs_follow_by_turns(embedded) -> None:
    table = read_pairs(PROJECT / "assets" / "samples" / "next_pairs.csv")
    scores = score_pairs(embedded, [(row.text, row.pair) for row in table.rows])
    right = [
        (score.answer == "is-next") == (number % 2 == 0) for number, score in enumerate(scores)
    ]
    assert len(right) == 10
    assert sum(right) >= 8


# ---- views -------------------------------------------------------------------------------------


def test_results_become_rows_and_json(tiny_bert) -> None:
    pair = next_sentence(tiny_bert, "=one", "two")
    rows = parsed(to_csv(pair))
    assert [row[:2] for row in rows[1:]] == [["'=one", "two"], ["two", "'=one"]]
    assert float(rows[2][2]) == pair.swapped.p_is_next
    ranked = rank_candidates(tiny_bert, "one", SENTENCES)
    assert [row[:3] for row in parsed(to_csv(ranked))[1:]] == [
        [str(rank), str(each.index + 1), each.text]
        for rank, each in enumerate(ranked.ranked, start=1)
    ]
    whole = paragraph(tiny_bert, SENTENCES)
    rows = parsed(to_csv(whole))
    assert len(rows) == 1 + 12
    assert [row[0] + row[1] for row in rows if row[2] == "True"] == ["12", "23", "34"]
    for result in (pair, ranked, whole):
        assert json.loads(to_json(result)) == to_record(result)


def test_the_map_shows_every_pair_but_no_sentence_with_itself(tiny_bert) -> None:
    result = paragraph(tiny_bert, SENTENCES)
    figure = next_sentences.sentence_map(result)
    (heat,) = [trace for trace in figure.data if trace.type == "heatmap"]
    grid = matrix(result.pairs, 4)
    assert [[cell is None for cell in row] for row in heat.z] == np.isnan(grid).tolist()
    assert heat.z[0][3] == grid[0, 3]
    assert "&lt;b&gt;" in heat.customdata[0][3]
    assert "<b>" not in heat.customdata[0][3]
    shown = [text for trace in figure.data if trace.type == "scatter" for text in trace.text]
    assert len(shown) == 12
    assert [(shape.x0, shape.y0) for shape in figure.layout.shapes] == [
        (0.5, -0.5), (1.5, 0.5), (2.5, 1.5),
    ]  # fmt: skip


def test_words_and_heads_are_weighed_in_log_odds(tiny_bert) -> None:
    tokens = tiny_bert.tokenize(SENTENCES[0], SENTENCES[1], masks=False)
    target = Target("next_sentence", follows=True)
    left_out = leave_one_out(tiny_bert, tokens, target, level="word")
    tables = [next_sentences.words_left_out(left_out, sequence) for sequence in (0, 1)]
    assert [[row.cells[0] for row in table.rows] for table in tables] == [
        ["The", "heron", "waits", "."], ["It", "is", "cold", "."],
    ]  # fmt: skip
    assert tables[0].scale == tables[1].scale
    before, after = (
        tiny_bert.head_logits("next_sentence", [each])[0][0]
        for each in (tokens, tokens.masked(left_out.units[1].pieces))
    )
    lost = float((before[0] - before[1]) - (after[0] - after[1]))
    assert tables[0].rows[1].value == pytest.approx(lost, abs=1e-4)
    heads = next_sentences.heads(rank_heads(tiny_bert, tokens, target), most=5)
    values = [abs(row.value) for row in heads.rows]
    assert len(values) == 5
    assert values == sorted(values, reverse=True)


# ---- command -----------------------------------------------------------------------------------


def test_next_prints_both_orders_as_json(embedded) -> None:
    text = "the man went to the store ."
    found = {}
    for pair in ("he bought a gallon of milk .", "penguins are flightless ."):
        done = call("next", text, pair, "--json")
        assert (done.exit_code, done.stderr) == (0, "")
        found[pair] = json.loads(done.stdout)
        assert found[pair] == to_record(next_sentence(embedded, text, pair))
    milk, penguins = (each["score"] for each in found.values())
    assert milk["answer"] == "is-next"
    assert milk["p_is_next"] - penguins["p_is_next"] >= 0.3


def test_next_prints_tables(tiny_model, tmp_path: Path) -> None:
    listed = table_of(tmp_path, "It is cold.\n\nOur bakery opens late.\n", "listed.txt")
    text = table_of(tmp_path, " ".join(SENTENCES[:3]), "text.txt")
    for arguments, words in (
        (("next", "one", "two"), ["segment 0, A: one", "A, then B", "B, then A", "0 = is next"]),
        (("next", "one", "--candidate", "x", "--candidates", listed), ["After: one", "x",
                                                                       "Our bakery"]),
        (("next", "--paragraph", text), ["Our bakery opens late.", "shuffled orders", "AUC"]),
    ):  # fmt: skip
        done = call(*arguments, *tiny_model)
        assert (done.exit_code, done.stderr) == (0, "")
        assert all(word in done.stdout for word in words)


def test_next_scores_a_file(tiny_bert, tiny_model, tmp_path: Path) -> None:
    pairs = table_of(tmp_path, "q,r\nThe heron waits.,It is cold.\n,x\na,b,c\nrain,snow\n")
    out = tmp_path / "scored.csv"
    done = call("next", "--pairs", pairs, "--columns", "q,r", "--out", out, *tiny_model)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines()[0] == f"Scored 2 of 4 rows. Wrote {out}."
    assert [line.split(":")[0] for line in done.stderr.splitlines()[1:]] == ["Line 3", "Line 4"]
    rows = parsed(out.read_text("utf-8"))
    assert [row[:2] for row in rows[1:]] == [["The heron waits.", "It is cold."], ["", "x"],
                                             ["rain", "snow"]]  # fmt: skip
    expected = score_pairs(tiny_bert, [("The heron waits.", "It is cold."), ("rain", "snow")])
    assert [float(rows[1][2]), float(rows[3][2])] == pytest.approx(
        [each.p_is_next for each in expected], abs=1e-5
    )


def test_next_refuses_in_a_sentence_and_leaves_no_file(tiny_model, folder_of, tmp_path) -> None:
    good = table_of(tmp_path, "text_a,text_b\none,two\n")
    empty = table_of(tmp_path, "text_a,text_b\n,two\n", "empty.csv")
    out = tmp_path / "out.csv"
    headless = ("--model", folder_of("bert-masked"))
    for arguments, words in (
        (("next", "one"), "Give two texts"),
        (("next", "one", "two", "--candidate", "x"), "Candidates go with one text"),
        (("next", "one", "--pairs", good, "--out", out), "--pairs goes without other texts"),
        (("next", "--pairs", good), "--pairs and --out go together"),
        (("next", "--pairs", good, "--out", tmp_path / "out.xlsx"), "is a CSV file"),
        (("next", "--pairs", good, "--out", out, "--columns", "a"), "--columns names two"),
        (("next", "--pairs", good, "--out", tmp_path / "no" / "out.csv"), "There is no folder"),
        (("next", "--pairs", good, "--out", good), "is the file that is read"),
        (("next", "--pairs", good, "--out", out, "--json"), "--json prints"),
        (("next", "--pairs", empty, "--out", out), "No row of empty.csv can be scored. Line 2"),
        (("next", "--pairs", tmp_path / "none.csv", "--out", out), "There is no file"),
        (("next", "one", " "), "The second text is empty"),
        (("next", "one", "two", *headless), "has no next sentence head"),
        (("next", "--pairs", good, "--out", out, *headless), "has no next sentence head"),
    ):
        model = () if "--model" in arguments else tiny_model
        done = call(*arguments, *model)
        assert (done.exit_code, done.stdout) == (2, ""), arguments
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.csv", "pairs.csv"]
