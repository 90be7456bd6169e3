"""``evaluate squad`` as it is typed: JSON alone on stdout, sentences, and how it is stopped."""

import io
import json
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bert_core.cli import app
from bert_core.commands import evaluating
from bert_core.evaluation.report import Evaluation
from bert_core.settings import PROJECT
from bert_core.views import evaluation_text
from tests.unit.fine_tuned import write

V2 = PROJECT / "tests" / "golden" / "own" / "own_squad_v2.json"


def call(*words: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, words)])


@pytest.fixture(scope="module")
def model(tmp_path_factory, models) -> Path:  # type: ignore[no-untyped-def]
    """A random BERT that answers, and reads 64 pieces."""
    return write(tmp_path_factory.mktemp("cli") / "bert", "bert", "span")


def test_json_is_alone_on_stdout_and_in_the_folder(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = call(
        "squad", V2, "--out", out, "--model", model, "--limit", 5, "--decoder", "hf",
        "--max-answer-length", 5, "--json",
    )  # fmt: skip
    assert (done.exit_code, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found == json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert found["counts"]["read"] == found["metrics"]["total"] == 5
    asked = found["asked"]
    assert (asked["decoder"], asked["overlap"], asked["max_answer_length"]) == ("hf", True, 5)
    assert asked["max_seq_length"] == 64, "what the model reads"
    assert {path.name for path in out.iterdir()} == {
        "evaluation.json", "answers.jsonl", "predictions.json", "nbest_predictions.json",
        "metrics.json", "lock",
    } | ({"null_odds.json"} if asked["impossible"] else set())  # fmt: skip

    scored = call("squad", "--predictions", out / "predictions.json", V2, "--json")
    assert scored.exit_code == 0
    counts = json.loads(scored.stdout)["counts"]
    assert (counts["scored"], counts["missing"]) == (180, 175)

    text = call("squad", V2, "--out", out, "--model", model, "--limit", 5, "--decoder", "hf",
                "--max-answer-length", 5)  # fmt: skip
    assert text.exit_code == 0
    assert f"{found['metrics']['f1']:.2f}" in text.stdout
    for words in ("question word", "words of the answer", "words of the document", "decoder hf"):
        assert words in text.stdout


def test_rules_can_be_chosen(model: Path, tmp_path: Path) -> None:
    done = call(
        "squad", V2, "--out", tmp_path, "--model", model, "--limit", 3, "--impossible",
        "--null-threshold", "-100", "--overlap", "--doc-stride", 9, "--json",
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert set(json.loads((tmp_path / "predictions.json").read_text()).values()) == {""}
    assert found["asked"]["overlap"] is True
    assert found["asked"]["doc_stride"] == 9
    assert "best_f1" in found["metrics"]
    scored = call(
        "squad", "--predictions", tmp_path / "predictions.json", V2,
        "--na-probs", tmp_path / "null_odds.json", "--na-threshold", "-3", "--json",
    )  # fmt: skip
    assert json.loads(scored.stdout)["na_threshold"] == -3.0
    assert call("squad", "--predictions", tmp_path / "predictions.json", V2).stdout.count("Note:")


def test_ctrl_c_says_what_is_kept(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupting() -> Callable[[int, int], None]:
        def tell(done: int, total: int) -> None:
            if done > 128:
                signal.raise_signal(signal.SIGINT)

        return tell

    questions = tmp_path / "many.jsonl"
    records = [
        {"id": str(n), "question": "Who waits?", "context": f"Heron {n // 7} waits."}
        for n in range(150)
    ]
    questions.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    command = ("squad", questions, "--out", tmp_path / "out", "--model", model, "--json")
    monkeypatch.setattr(evaluating, "_follow", interrupting)
    # What a shell starts in the background, the tests themselves perhaps, ignores Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        stopped = call(*command)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (stopped.exit_code, stopped.stdout) == (130, "")
    kept = (tmp_path / "out" / "answers.jsonl").read_bytes().count(b"\n")
    assert kept == 112, "whole contexts of seven questions"
    assert f"Stopped. 112 answers are kept in {tmp_path / 'out'}. Run the same" in stopped.stderr
    monkeypatch.undo()
    went_on = call(*command)
    assert went_on.exit_code == 0, went_on.stderr
    assert json.loads(went_on.stdout)["counts"]["read"] == 150
    assert len(json.loads((tmp_path / "out" / "predictions.json").read_text())) == 150


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["squad"], "Name the file with the questions"),
        (["squad", "--predictions", V2], "Name the file with the questions"),
        (["squad", V2], "Give --out DIR to ask a model, or --predictions FILE"),
        (["squad", V2, "--out", "x", "--predictions", V2], "Give --out DIR"),
        (["squad", V2, "--out", "x", "--na-probs", V2], "--na-probs goes with --predictions"),
        (["squad", "no-such-file.json", "--predictions", V2], "There is no file no-such-file"),
        (["squad", V2, "--predictions", V2], "the prediction for 'version' is|'data' is no text"),
        (["squad", V2, "--predictions", V2, "--limit", "5"], "Only with --out.*--limit. Leave"),
        (["squad", V2, "--out", "x", "--model", "embedded"], "span"),
        (["squad", V2, "--out", "x", "--decoder", "bing"], "decoder is 'bing'"),
        (["squad", V2, "--out", "x", "--limit", "0"], "limit is 0"),
        (["squad", V2, "--out", V2], "is a file"),
        (["squad", "empty.json", "--out", "x"], "empty.json has no questions"),
        (["squad", "list.json", "--out", "x"], r"list.json.*\$\.question is missing"),
    ],
)
def test_bad_input_ends_in_a_sentence(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.json").write_text("")
    Path("list.json").write_text('[{"id": "a"}]')
    done = call(*words, *([] if {"--model", "--predictions"} & {*words} else ["--model", model]))
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert re.search(expected, done.stderr)
    assert not Path("x").exists()


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    tell = evaluating._follow()
    assert tell is not None
    for number in (0, 40, 80):
        tell(number, 80)
    said = terminal.getvalue()
    assert said.startswith("\r0 of 80 questions · 0 %")
    assert said.rstrip(" \n").endswith("80 of 80 questions · 100 %")
    assert said.count("\n") == 1
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert evaluating._follow() is None


def test_time_left_counts_from_where_it_went_on() -> None:
    line = evaluation_text.progress(600, 1_000, since=500, seconds=60.0)
    assert line == "600 of 1,000 questions · 60 % · 4 min left"
    assert evaluation_text.progress(500, 1_000, since=500, seconds=0.0).endswith("50 %")


def test_without_gold_the_text_says_so(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps({"id": "a", "question": "Who?", "context": "The heron waits."}))
    done = call("squad", path, "--out", tmp_path / "out", "--model", model)
    assert done.exit_code == 0
    assert "Note: The file has no gold answers" in done.stdout
    assert "exact" not in done.stdout
    found = Evaluation.from_json(tmp_path / "out" / "metrics.json")
    assert found.counts.scored == 0
