"""The snippets of the panels run as they are and print the panel's numbers."""

import subprocess
import sys

import pytest

from bert_core.model.choice import ModelChoice
from bert_core.settings import PROJECT
from bert_core.views.snippets import call_snippet, model_line, tokens_line

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
    script = call_snippet(ModelChoice(), call, *before)
    done = subprocess.run(
        [sys.executable, "-"],
        input=script,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert proof in done.stdout
