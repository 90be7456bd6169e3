"""``ask`` as it is typed: a text or a document, the core's own answer, and bad input."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import bert_core
from bert_core.cli import app
from bert_core.commands import asking
from bert_core.data.extraction.extract import LIMIT_MIB, extract_text
from bert_core.model.choice import READER, ModelChoice
from bert_core.settings import PROJECT
from bert_core.tasks.spans.decoders import DECODERS
from bert_core.tasks.spans.features import SpanSettings
from bert_core.views import plain
from bert_core.views.records import to_json
from tests import documents, tiny

QUESTION = "How many kayaks did the members repair?"
PAGES = (
    "# The boat house\n\nThe club was founded in 1902 by a\nbaker who could not swim.",
    "",
    "In winter the members repaired eleven kayaks\nand one very old rowing boat.",
)
TEXT = " ".join(f"{each} {other}" for each in tiny.SENTENCES for other in tiny.SENTENCES)
LENGTHS = ("--max-seq-length", "40", "--max-query-length", "12")
"""Windows with room for 25 pieces of the text."""


def ask(*words: object) -> Result:
    return CliRunner().invoke(app, ["ask", *map(str, words)])


def record(*words: object) -> dict[str, object]:
    """What is printed as JSON, which is alone on stdout."""
    done = ask(*words, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def reader():  # type: ignore[no-untyped-def]
    """The reader that ships with the project, which the command takes unasked."""
    return bert_core.load(ModelChoice(READER))


@pytest.fixture(scope="module")
def small(encoder_of):  # type: ignore[no-untyped-def]
    """A random reader as the command loads it."""
    return encoder_of("bert-span")


@pytest.fixture
def model(small) -> tuple[str, str]:  # type: ignore[no-untyped-def]
    return "--model", small.choice.source


@pytest.fixture(scope="module")
def pdf(tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    """Three pages, the second of which is a picture."""
    path = tmp_path_factory.mktemp("sent") / "The boat house.pdf"
    path.write_bytes(documents.pdf(*PAGES))
    return path


# ---- answers -----------------------------------------------------------------------------------


def test_a_pdf_is_asked_and_the_text_of_it_gives_the_same(reader, pdf: Path) -> None:  # type: ignore[no-untyped-def]
    extracted = extract_text(pdf.read_bytes(), pdf.name)
    assert extracted.notes == ("Pages without text, perhaps pictures: 2.",)
    expected = json.loads(to_json(bert_core.answer(reader, QUESTION, extracted.text)))
    assert "eleven" in expected["text"]
    assert expected["model"] == reader.label
    from_text = record("--question", QUESTION, "--context", extracted.text)
    assert from_text == expected
    from_file = record("--question", QUESTION, "--file", pdf)
    assert from_file == {**expected, "notes": [*extracted.notes, *expected["notes"]]}


def test_the_answer_as_text(small, model, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "notes.txt"
    path.write_text(TEXT, encoding="utf-8")
    found = bert_core.answer(small, QUESTION, TEXT)
    for given in (("--context", TEXT), ("--file", path)):
        done = ask("--question", QUESTION, *given, *model)
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout == plain.answer(found) + "\n"
    assert found.text == done.stdout.split("\n")[0] != ""


@pytest.mark.parametrize("decoder", DECODERS)
def test_options_reach_the_core(small, model, decoder) -> None:  # type: ignore[no-untyped-def]
    found = record(
        "--question", QUESTION, "--context", TEXT, *model, "--decoder", decoder,
        "--n-best", 7, "--max-answer-length", 12, "--impossible", "--null-threshold", 1.5,
    )  # fmt: skip
    expected = bert_core.answer(
        small, QUESTION, TEXT, decoder=decoder, n_best=7, max_answer_length=12,
        impossible=True, null_threshold=1.5,
    )  # fmt: skip
    assert found == json.loads(to_json(expected))
    assert found["decoder"] == decoder
    assert found != record("--question", QUESTION, "--context", TEXT, *model)
    assert 1 < len(expected.nbest) <= 8, "no answer may be the eighth"


@pytest.mark.parametrize("overlap", [False, True])
def test_lengths_of_windows_reach_the_core(small, model, overlap: bool) -> None:  # type: ignore[no-untyped-def]
    words = [*LENGTHS, "--doc-stride", 8, *(["--overlap"] if overlap else [])]
    found = record("--question", QUESTION, "--context", TEXT, *model, *words)
    layout = SpanSettings(40, 8, 12, overlap=overlap)
    assert found == json.loads(to_json(bert_core.answer(small, QUESTION, TEXT, layout=layout)))
    assert found["windows"] != record("--question", QUESTION, "--context", TEXT, *model)["windows"]


def test_decoders_differ(small, model) -> None:  # type: ignore[no-untyped-def]
    texts = {
        decoder: ask("--question", QUESTION, "--context", TEXT, *model, "--decoder", decoder).stdout
        for decoder in DECODERS
    }
    assert len(set(texts.values())) == len(DECODERS)


def test_a_threshold_decides_between_an_answer_and_none(model) -> None:  # type: ignore[no-untyped-def]
    given = ("--question", QUESTION, "--context", TEXT, *model, "--impossible")
    odds = record(*given)["null_odds"]
    assert isinstance(odds, float)
    yes = record(*given, "--null-threshold", odds)
    no = record(*given, "--null-threshold", odds - 0.01)
    assert yes["text"]
    assert (no["text"], no["best"]) == ("", None)
    assert yes["nbest"] == no["nbest"]
    done = ask(*given, "--null-threshold", odds - 0.01)
    assert done.exit_code == 0, "no answer is an answer"
    assert done.stdout.startswith("(no answer)\nNo answer: its score less the best")


def test_a_question_of_two_thousand_words_says_what_was_left_out(model) -> None:  # type: ignore[no-untyped-def]
    """The model reads 64 pieces at once, so a question may have 21 of them."""
    words = " ".join(["heron"] * 2_000)
    found = record("--question", words, "--context", TEXT, *model)
    assert found["notes"] == [
        "The last 1,979 of the question's 2,000 word pieces were left out: at most 21 are read."
    ]
    assert found["question"] == words
    assert found["text"] == record("--question", words[: 21 * 6 - 1], "--context", TEXT, *model)[
        "text"
    ]  # fmt: skip
    done = ask("--question", words, "--context", TEXT, *model)
    assert done.stdout.rstrip().endswith("left out: at most 21 are read.")


# ---- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "neither --context nor --file. Give one"),
        (["--context", "A text.", "--file", "a.txt"], "both --context and --file. Give one"),
        (["--file", "no-such.pdf"], r"no-such\.pdf cannot be read: No such file"),
        (["--file", "folder"], "folder cannot be read: Is a directory"),
        (["--file", "empty.txt"], "empty.txt is empty"),
        (["--file", "sheet.xlsx"], "no document that can be read"),
        (["--file", "broken.pdf"], "broken.pdf"),
        (["--file", "picture.pdf"], "picture.pdf.*OCR"),
        (["--file", "5 MB.txt"], r"5 MB\.txt has 5,000,000 characters.*at most 1,000,000 are read"),
        (["--file", "huge.txt"], rf"at most {LIMIT_MIB} MiB are read"),
        (["--context", ""], "The context is empty"),
        (["--context", "\u200b"], "The context has no character that the model can see"),
        (["--context", "x " * 600_000], "has 1,200,000 characters"),
        (["--context", "A text.", "--question", " "], "The question is empty"),
        (["--context", "A text.", "--question", "\u200b"], "The question has no character"),
        (["--context", "A text.", "--n-best", "0"], "n_best is 0"),
        (["--context", "A text.", "--n-best", "201"], "n_best is 201; .* 1 to 200"),
        (["--context", "A text.", "--max-answer-length", "0"], "max_answer_length is 0"),
        (["--context", "A text.", "--decoder", "nonsense"], "decoder is 'nonsense'.*google, hf"),
        (["--context", "A text.", "--max-seq-length", "65"], "reads at most 64"),
        (
            ["--context", "A text.", "--max-seq-length", "64", "--max-query-length", "61"],
            "61 word pieces .*leaves a context no room",
        ),
        (["--context", "A text.", *LENGTHS, "--doc-stride", "26"], "Set it to 25 or less"),
        (["--context", "A text.", *LENGTHS, "--doc-stride", "0"], "doc_stride is 0"),
        (["--context", "A text.", *LENGTHS, "--doc-stride", "25", "--overlap"], "cannot move on"),
        (["--context", "A text.", "--precision", "rough"], "precision is 'rough'"),
        (["--context", "A text.", "--model", "embedded"], "no answer span head"),
        (["--context", "A text.", "--model", "no/such/folder"], "no/such/folder"),
        (["--context", "A text.", "--device", "abacus"], "'abacus' is no device"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_bad_input_ends_in_a_sentence(
    model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("empty.txt").touch()
    Path("sheet.xlsx").write_bytes(b"PK")
    Path("broken.pdf").write_bytes(documents.pdf(PAGES[0])[:200])
    Path("picture.pdf").write_bytes(documents.pdf(""))
    Path("5 MB.txt").write_text("heron " * 833_333 + "ab")
    with Path("huge.txt").open("wb") as file:
        file.truncate(LIMIT_MIB * 2**20 + 1)
    given = [] if "--question" in words else ["--question", QUESTION]
    given += [] if "--model" in words else list(model)
    done = ask(*words, *given)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert re.search(expected, done.stderr)


def test_without_a_question_the_option_is_named() -> None:
    done = ask("--context", "A text.")
    assert done.exit_code == 2
    assert "--question" in done.stderr


def test_a_real_call_is_refused_on_stderr(tmp_path: Path) -> None:
    given = ("--question", QUESTION, "--file", str(tmp_path / "none.pdf"))
    refused = subprocess.run(
        [sys.executable, "-m", "bert_core", "ask", *given],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == f"error: {tmp_path / 'none.pdf'} cannot be read: " + (
        "No such file or directory.\n"
    )


# ---- progress ----------------------------------------------------------------------------------


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_on_a_terminal(small, model, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    asking.ask(question=QUESTION, context=TEXT, model=model[1])
    loading, said = terminal.getvalue().split(" ...\n")
    assert loading.startswith("Loading ")
    expected = bert_core.answer(small, QUESTION, TEXT)
    assert expected.windows > 1
    assert said.endswith(f"\rread {expected.windows} of {expected.windows} windows\n")
    assert said.count("\n") == 1
    assert capsys.readouterr().out == plain.answer(expected) + "\n"
