"""Training from the command line: ordered, followed, shown, and asked."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bert_core.cli import app
from bert_core.training.samples import sample

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "own" / "pretraining_data.jsonl.gz"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Calls a command with runs in a home of their own."""
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def run(*words: object, enter: str | None = None) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], input=enter)

    return run


def test_from_a_table_to_an_answer(call, folder_of) -> None:
    train, dev = sample("sentences")
    done = call(
        "train", "--task", "sentences", "--train", train, "--dev", dev,
        "--model", folder_of("bert-pretraining"), "--set", "max_steps=4",
        "--set", "max_seq_length=32", "--name", "reviews",
    )  # fmt: skip
    assert done.exit_code == 0, done.stdout + done.stderr
    run = done.stdout.splitlines()[0]
    assert "step 4 of 4" in done.stdout
    shown = json.loads(call("runs", "show", run, "--json").stdout)
    assert shown["status"]["state"] == "finished"
    accuracy = shown["result"]["metrics"]["accuracy"]
    text = call("runs", "show", "reviews").stdout
    assert f"run:{run}" in text, "a run answers to its name"
    assert "accuracy" in text
    assert f"{100 * accuracy:.2f}" in text
    listed = json.loads(call("runs", "--json").stdout)
    assert [(each["id"], each["state"]) for each in listed] == [(run, "finished")]

    answer = json.loads(
        call("classify", "A warm and lively place.", "--model", f"run:{run}", "--json").stdout
    )
    assert answer["label"] in shown["result"]["labels"]
    refused = call("fill", "A [MASK] place.", "--model", f"run:{run}")
    assert refused.exit_code == 2
    assert "no masked word head" in refused.stderr

    assert call("runs", "delete", run, enter="n\n").exit_code == 1
    assert call("runs", "delete", run, "--yes").stdout.strip() == "deleted"
    assert json.loads(call("runs", "--json").stdout) == []


def test_the_printed_command_orders_the_same_again(call, folder_of) -> None:
    train, _ = sample("pairs")
    first = call(
        "train", "--detach", "--task", "pairs", "--train", train, "--column", "text=sentence1",
        "--column", "pair=sentence2", "--model", folder_of("bert-pretraining"),
        "--set", "max_steps=1", "--set", "seed=7", "--set", "max_seq_length=32",
    )  # fmt: skip
    assert first.exit_code == 0, first.stderr
    spec = json.loads(call("runs", "show", first.stdout.strip(), "--json").stdout)["spec"]
    import shlex

    words = shlex.split(spec["command"])[3:]
    again = call(*words, "--detach")
    assert again.exit_code == 0, again.stderr
    other = json.loads(call("runs", "show", again.stdout.strip(), "--json").stdout)["spec"]
    for name in spec.keys() - {"id", "created"}:
        assert other[name] == spec[name], name
    for run in (first, again):
        call("runs", "stop", run.stdout.strip(), "--force")


def test_a_grid_is_ordered_and_summed_up(call, folder_of) -> None:
    train, dev = sample("sentences")
    done = call(
        "grid", "--task", "sentences", "--train", train, "--dev", dev, "--seeds", 2,
        "--model", folder_of("bert-pretraining"), "--set", "max_steps=1",
        "--set", "max_seq_length=16",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    runs = done.stdout.split()
    assert len(runs) == 2
    seeds = [json.loads(call("runs", "show", run, "--json").stdout)["spec"]["settings"]["seed"]
             for run in runs]  # fmt: skip
    assert seeds == [42, 43]
    group = done.stderr.split()[-1]
    summary = call("runs", "summary", group)
    assert summary.exit_code == 0, summary.stderr
    assert call("runs", "summary", "nothing").exit_code == 2
    for run in runs:
        call("runs", "stop", run, "--force")


def test_check_data_names_rows_and_writes_what_can_be_used(call, tmp_path: Path) -> None:
    data = tmp_path / "mine.csv"
    data.write_text("text,label\nA fine day,good\nNo label here,\nA grey day,bad\n", "utf-8")
    clean = tmp_path / "clean.jsonl"
    done = call("check-data", data, "--task", "sentences", "--clean", clean)
    assert done.exit_code == 1, "something blocks training"
    assert "blocking: train, row 3:" in done.stdout
    assert len(clean.read_text("utf-8").splitlines()) == 2
    report = json.loads(call("check-data", data, "--task", "sentences", "--json").stdout)
    assert report["files"][0]["usable"] == 2
    assert call("check-data", clean, "--task", "sentences").exit_code == 0


@pytest.mark.parametrize("command", ["train", "grid"])
def test_data_that_cannot_be_trained_on_orders_nothing(call, tmp_path: Path, command: str) -> None:
    data = tmp_path / "mine.csv"
    data.write_text("text,label\nA fine day,good\nNo label here,\nA grey day,bad\n", "utf-8")
    done = call(command, "--task", "sentences", "--train", data)
    assert done.exit_code == 2
    assert "mine.csv, row 3:" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert json.loads(call("runs", "--json").stdout) == []


def test_a_cleaned_copy_is_named_as_what_it_is(call, tmp_path: Path) -> None:
    data = tmp_path / "mine.csv"
    data.write_text("text,label\nA fine day,good\nA grey day,bad\n", "utf-8")
    done = call("check-data", data, "--task", "sentences", "--clean", tmp_path / "clean.csv")
    assert done.exit_code == 2
    assert "name it clean.jsonl" in done.stderr


def test_plain_text_is_looked_through(call, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("One sentence.\nAnother one.\nOne sentence.\n", encoding="utf-8")
    done = call("check-data", text, "--task", "pretraining")
    assert done.exit_code == 0
    assert "3 sentences in 1 document" in done.stdout
    assert "1 sentence repeated" in done.stdout
    assert "warning" in done.stdout, "one document only"


def test_figures_of_span_answers_are_per_cent_already(call, folder_of) -> None:
    train, dev = sample("squad")
    done = call(
        "train", "--task", "squad", "--train", train, "--dev", dev, "--model",
        folder_of("bert-pretraining"), "--set", "max_steps=1", "--set", "max_seq_length=64",
        "--set", "max_query_length=16",
    )  # fmt: skip
    assert done.exit_code == 0, done.stdout + done.stderr
    run = done.stdout.splitlines()[0]
    f1 = json.loads(call("runs", "show", run, "--json").stdout)["result"]["metrics"]["f1"]
    rows = [line.split() for line in call("runs", "show", run).stdout.splitlines()]
    assert ["f1", f"{f1:.2f}"] in rows


def test_pretraining_data_are_the_reference_s(call, tmp_path: Path) -> None:
    with gzip.open(GOLDEN, "rt", encoding="utf-8") as lines:
        row = json.loads(next(lines))
    text, out = tmp_path / "text.txt", tmp_path / "instances.jsonl"
    text.write_text(row["input_text"], encoding="utf-8", newline="")
    settings = row["settings"]
    named = {
        "max_seq_length": settings["max_seq_length"],
        "max_predictions": settings["max_predictions_per_seq"],
        "masked_share": settings["masked_lm_prob"],
        "dupe_factor": settings["dupe_factor"],
        "short_share": settings["short_seq_prob"],
        "whole_words": settings["do_whole_word_mask"],
    }
    assert row["random_seed"] == 12345, "the command's own default"
    words = [word for name, value in named.items() for word in ("--set", f"{name}={value}")]
    done = call("pretraining-data", text, "--out", out, *words)
    assert done.exit_code == 0, done.stderr
    made = [json.loads(line) for line in out.read_text("ascii").splitlines()]
    assert made == row["instances"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train"], "Say --task and --train"),
        (["train", "--task", "nothing", "--train", "x"], "There is no task 'nothing'"),
        (["train", "--task", "sst2", "--train", "nowhere.tsv"], "nowhere.tsv"),
        (["train", "--task", "sst2", "--train", "x", "--set", "lr"], "write it as key=value"),
        (["train", "--task", "sst2", "--train", "x", "--set", "max_step=1"], "Perhaps max_steps"),
        (["train", "--run", "nothing"], "There is no run 'nothing'"),
        (["runs", "show", "nothing"], "There is no run 'nothing'"),
        (["tasks", "nothing"], "There is no task 'nothing'"),
    ],
)
def test_what_cannot_be_done_is_said(call, words: list[str], sentence: str) -> None:
    done = call(*words)
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_tasks_and_their_settings_are_listed(call) -> None:
    assert "conll2003" in call("tasks").stdout
    squad = call("tasks", "squad").stdout
    assert any(line.split()[:2] == ["max_seq_length", "384"] for line in squad.splitlines())
