"""The snippets of the panels run as they are and print the panel's numbers."""

import csv
import io
import subprocess
import sys

import pytest

from bert_core.analysis.reasons import IN_THE_TEXT
from bert_core.analysis.windows import inspect
from bert_core.examples import documents
from bert_core.model.choice import READER, ModelChoice
from bert_core.model.loading import load
from bert_core.settings import PROJECT
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.features import SpanSettings
from bert_core.tasks.squad import answer, trace_answer
from bert_core.views.records import to_rows
from bert_core.views.snippets import (
    answer_snippet,
    call_snippet,
    inspect_snippet,
    model_line,
    tokens_line,
)

NASTY = 'it\'s a "quoted" \\ ___ \n line'


@pytest.mark.parametrize(
    ("call", "before", "proof"),
    [
        ("bert_core.lens(encoder, trace, tokens.masks[0], k=1)",
         (tokens_line("A [MASK].", None), "trace = bert_core.trace_masks(encoder, tokens)"),
         "layer,entropy_bits"),
        ("bert_core.directions(encoder, tokens, tokens.masks[0], k=1)",
         (tokens_line("A cat.", "B.", (2,)),), "left,"),
        ("bert_core.score_candidates(encoder, tokens, ['tea', 'it\\'s'], mask=0)",
         (tokens_line(NASTY, None),), "tea,"),
        ("bert_core.surprise(encoder, tokens)", (tokens_line(NASTY, None),), "quoted"),
        ("bert_core.compare(encoder, other, tokens, mask=0)",
         (model_line("other", ModelChoice()), tokens_line("A [MASK].", None)), "rank_1"),
    ],
    ids=["lens", "directions", "candidates", "surprise", "compare"],
)  # fmt: skip
def test_a_panels_snippet_runs(call: str, before: tuple[str, ...], proof: str) -> None:
    assert proof in run(call_snippet(ModelChoice(), call, *before))


def run(script: str) -> str:
    """What a snippet prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-"],
        input=script,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_snippet_of_an_answer_runs() -> None:
    document = next(iter(documents().values()))
    question, settings = document.questions[0], DecodeSettings(n_best=5, impossible=True)
    layout, choice = SpanSettings(128, 48, 24), ModelChoice(READER)
    expected = answer(
        load(choice), question, document.text, n_best=5, impossible=True, layout=layout,
    )  # fmt: skip
    script = answer_snippet(choice, question, document.text, settings, "google", layout)
    first, *rows = run(script).splitlines()
    assert first == expected.text != ""
    assert expected.windows > 1
    for row, each in zip(rows, expected.nbest, strict=True):
        probability, start, end, *words = row.split()
        assert float(probability) == pytest.approx(each.probability, abs=2e-6)
        assert (int(start), int(end)) == (each.start, each.end)
        assert " ".join(words) == each.text


def test_the_snippet_of_the_windows_runs(encoder_of) -> None:
    encoder = encoder_of("bert-span")
    question, context = "Where is the heron?", f"The heron waits. {NASTY} " * 4
    settings, layout = DecodeSettings(n_best=6), SpanSettings(48, 11, 9)
    trace = trace_answer(encoder, question, context, layout=layout)
    expected = to_rows(inspect(trace, settings, rules=IN_THE_TEXT))
    script = inspect_snippet(
        encoder.choice, question, context, settings, "google", layout, None, 200
    )
    found = list(csv.DictReader(io.StringIO(run(script))))
    assert len(found) == len(expected) > 20
    for row, each in zip(found, expected, strict=True):
        assert list(row) == list(each)
        for name, value in each.items():
            if isinstance(value, float):
                assert float(row[name]) == pytest.approx(value, abs=1e-4)
            else:
                assert row[name].lstrip("'") == ("" if value is None else str(value).lstrip("'"))
