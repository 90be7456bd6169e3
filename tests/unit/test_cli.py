"""The command line: JSON alone on stdout, sentences on stderr, exit code 2 for bad input."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bert_core import cli
from bert_core.cli import app
from bert_core.model.inventory import list_models
from bert_core.settings import PROJECT
from bert_core.tasks.masked import fill
from bert_core.views import plain
from bert_core.views.records import to_json, to_record
from tests.unit.results import all_results

PARIS = "Paris is the capital of [MASK]."
GAP = "The [MASK] waits near the [MASK]."


def shell(*arguments: str | bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A real call in its own process, without a network."""
    return subprocess.run(
        [sys.executable, "-m", "bert_core", *arguments],
        cwd=PROJECT,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_WAIT_POLICY": "PASSIVE", **environment},
        capture_output=True,
        timeout=180,
        check=False,
    )


def call(*arguments: str):
    """The same in this process, which is faster."""
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def tiny_model(folder_of) -> tuple[str, str]:
    return "--model", str(folder_of("bert-pretraining"))


def answer(*arguments: str):
    done = call(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_fill_json_is_alone_on_stdout(embedded) -> None:
    done = shell("fill", PARIS, "--json", "--top-k", "5")
    assert done.returncode == 0
    assert done.stderr == b""
    found = json.loads(done.stdout)
    (mask,) = found["masks"]
    words = [each["word"] for each in mask["candidates"]]
    assert "france" in words
    assert len(words) == 5
    assert sum(each["probability"] for each in mask["candidates"]) <= 1
    expected = to_record(fill(embedded, PARIS, k=5))["masks"][0]["candidates"]
    for each, other in zip(mask["candidates"], expected, strict=True):
        assert each["probability"] == pytest.approx(other["probability"], abs=1e-6)
        assert each["word"] == other["word"]


def test_bytes_that_are_no_text_end_in_a_sentence() -> None:
    done = shell("fill", b"the \xff\xfe ___", "--json")
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"error: Character 5 is half of a surrogate pair")
    assert done.stderr.count(b"\n") == 1


# What a shell without a locale, and one of the last century, give a program.
NO_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LATIN_1 = {"PYTHONIOENCODING": "latin-1"}


def test_a_terminal_that_lacks_letters_shows_their_numbers(folder_of) -> None:
    model = str(folder_of("bert-multilingual"))
    done = shell("fill", "the ___", "--model", model, "--top-k", "1000", **LATIN_1)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    table = done.stdout.decode("latin-1")
    assert "\u00e4" in table
    assert "\\u4eca" in table


@pytest.mark.parametrize("terminal", [NO_LOCALE, LATIN_1], ids=["no locale", "Latin-1"])
def test_json_is_utf_8_whatever_the_terminal_is(terminal: dict[str, str], folder_of) -> None:
    model = str(folder_of("bert-multilingual"))
    done = shell("fill", "the ___", "--model", model, "--top-k", "1000", "--json", **terminal)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.decode("utf-8"))
    words = {each["word"] for each in found["masks"][0]["candidates"]}
    assert {"\u4eca", "\u00e4", "\u041f"} <= words


def test_models() -> None:
    record = answer("models")
    assert record == json.loads(to_json(list_models()))
    assert record["models"][0]["source"] == "embedded"
    assert "masked_word" in record["models"][0]["heads"]
    table = call("models")
    assert table.exit_code == 0
    assert table.stdout == plain.models(list_models()) + "\n"


@pytest.fixture(scope="module")
def expected(tiny_bert, tiny_distilbert):
    return all_results(tiny_bert, tiny_distilbert, GAP)


def close(found, wanted, where: str = "") -> None:
    """Equal but for the last digits, since other batches add up in another order."""
    if isinstance(wanted, dict):
        assert list(found) == list(wanted), where
        for key in wanted:
            close(found[key], wanted[key], f"{where}.{key}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), where
        for number, (each, other) in enumerate(zip(found, wanted, strict=True)):
            close(each, other, f"{where}[{number}]")
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, abs=1e-4), where
    else:
        assert found == wanted, where


COMMANDS = {
    "fill": ("fill", GAP, "--top-k", "12", "--strategy", "beam", "--pieces"),
    "candidates": ("fill", GAP, "--candidates", "lake, herons"),
    "surprise": ("surprise", GAP),
    "lens": ("lens", GAP, "--top-k", "4"),
    "directions": ("directions", GAP, "--top-k", "4"),
    "compare": ("compare", GAP, "--top-k", "6", "--with", "OTHER"),
    "probe": ("probe", "The {slot} and the ___.", "A ___ by {slot}.", "--slots", "lake,herons",
              "--group-a", "river", "--group-b", "snow"),
}  # fmt: skip


@pytest.mark.parametrize("kind", COMMANDS)
def test_every_command_gives_what_the_core_gives(
    kind: str, expected, tiny_model, folder_of
) -> None:
    other = str(folder_of("distilbert"))
    command = [other if part == "OTHER" else part for part in COMMANDS[kind]]
    close(answer(*command, *tiny_model), to_record(expected[kind]))
    table = call(*command, *tiny_model)
    assert table.exit_code == 0
    assert table.stdout == getattr(plain, kind)(expected[kind]) + "\n"


def test_options_reach_the_core(tiny_bert, tiny_model) -> None:
    found = answer("fill", GAP, "--pair", "It is ___.", "--width", "3", "--strategy",
                   "confident-first", "--top-k", "2", *tiny_model)  # fmt: skip
    assert found["tokens"]["pair"] == "It is ___."
    assert found["strategy"] == "confident-first"
    assert len(found["sentences"]) == 3
    assert [len(mask["candidates"]) for mask in found["masks"]] == [2, 2, 2]
    positions = tiny_bert.tokenize(GAP).masks
    for command in (("lens",), ("directions",)):
        for number in (1, 2):
            one = answer(*command, GAP, "--mask", str(number), *tiny_model)
            assert one["position"] == positions[number - 1]
    second = answer("fill", GAP, "--candidates", "lake", "--mask", "2", *tiny_model)
    assert second["position"] == positions[1]


def test_a_text_that_begins_with_a_dash(tiny_model) -> None:
    done = call("fill", *tiny_model, "--json", "--", "--json ___")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["tokens"]["text"] == "--json ___"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fill", ""), "The text is empty"),
        (("fill", "no gap"), "Nothing is masked"),
        (("fill", "\0 \u200b"), "no character that the model can see"),
        (("fill", GAP, "--top-k", "0"), "k is 0"),
        (("fill", GAP, "--top-k", "1001"), "1 to 1,000"),
        (("fill", GAP, "--width", "11"), "The width is 11"),
        (("fill", GAP, "--strategy", "best"), "strategy is 'best'"),
        (("fill", "___ " * 11, "--strategy", "beam"), "11 masks"),
        (("fill", "lake " * 100 + "___"), "64"),
        (("fill", GAP, "--pair", " "), "The second text is empty"),
        (("fill", GAP, "--candidates", ""), "0 words"),
        (("fill", GAP, "--candidates", "lake", "--mask", "3"), "no mask number 3"),
        (("fill", GAP, "--candidates", "lake", "--mask", "0"), "no mask number 0"),
        (("fill", GAP, "--device", "gpu"), "'gpu' is no device"),
        (("fill", GAP, "--device", "cuda:99"), "There is no device cuda:99"),
        (("fill", GAP, "--precision", "double"), "precision is 'double'"),
        (("surprise", "___"), "Every piece is a mask"),
        (("lens", GAP, "--mask", "3"), "There is no mask 3"),
        (("lens", GAP, "--mask", "0"), "There is no mask 0"),
        (("lens", GAP, "--top-k", "101"), "1 to 100"),
        (("directions", "no gap"), "There is no mask 1"),
        (("probe", "no slot ___", "--slots", "a", "--group-a", "b", "--group-b", "c"), "{slot}"),
        (("compare", GAP, "--with", "./nowhere"), "./nowhere"),
    ],
)  # fmt: skip
def test_bad_input_is_a_sentence_and_exit_code_2(tiny_model, arguments, said: str) -> None:
    for more in ((), ("--json",)):
        done = call(*arguments, *tiny_model, *more)
        assert done.exit_code == 2
        assert done.stdout == ""
        assert done.stderr.startswith("error: ")
        assert said in done.stderr


@pytest.mark.parametrize(
    "model", ["/nowhere/at/all", "./nowhere", "a model", "../..", "x" * 300, "a//b", " "]
)
def test_a_bad_model_name(models, model: str) -> None:
    done = call("fill", GAP, "--model", model)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")


def test_a_model_without_the_head_is_refused_by_name(folder_of) -> None:
    done = call("fill", GAP, "--model", str(folder_of("bert-tagging")))
    assert done.exit_code == 2
    assert "no masked word head (it has: tagging)" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("fill",), ("fill", "a", "b"),
                                       ("fill", "a", "--top-k", "many")])  # fmt: skip
def test_a_call_that_is_none_explains_the_usage(arguments) -> None:
    done = call(*arguments)
    assert done.exit_code == 2
    assert "Usage:" in done.stderr + done.stdout


def test_every_command_has_help() -> None:
    groups = {"runs", "evaluate"}
    single = set(cli.COMMANDS) - groups
    assert {"fill", "surprise", "lens", "models", "convert", "train", "classify"} <= single
    for command in single:
        done = call(command, "--help")
        assert done.exit_code == 0
        # What does not answer but makes something has nothing to print as JSON.
        makes = command in ("tasks", "train", "grid", "pretraining-data", "serve")
        assert ("--json" in done.stdout) is not makes


def test_progress_is_not_for_pipes(tiny_model) -> None:
    assert call("fill", GAP, *tiny_model).stderr == ""
