"""Effects of heads and words as rows and as lines of Python."""

import csv
import io

import pytest

from bert_core.analysis.attention.ablation import HeadName, ablate
from bert_core.analysis.attention.leave_one_out import leave_one_out
from bert_core.analysis.attention.ranking import rank_heads
from bert_core.analysis.attention.targets import Target
from bert_core.model.choice import ModelChoice
from bert_core.views.attention_tables import followed, ranking
from bert_core.views.effect_snippets import effect_snippet
from bert_core.views.records import to_csv

TEXT = "The cats sat [MASK] the mat."


def results(encoder):
    tokens = encoder.tokenize(TEXT)
    yield ablate(encoder, tokens, (HeadName(1, 1),), Target())
    yield rank_heads(encoder, tokens, Target())
    yield leave_one_out(encoder, tokens, Target())


def test_every_figure_is_in_the_rows(embedded) -> None:
    off, ranked, left_out = (
        list(csv.DictReader(io.StringIO(to_csv(each)))) for each in results(embedded)
    )
    assert {row["off"] for row in off} == {"1.1"}
    assert [row["followed"] for row in off].count("True") == 1
    heads = embedded.checkpoint.layers * embedded.checkpoint.attention_heads
    assert len({(row["layer"], row["head"]) for row in ranked}) == len(ranked) == heads
    sizes = [float(row["divergence_nats"]) for row in ranked]
    assert sizes == sorted(sizes, reverse=True)
    assert [row["text"] for row in left_out] == ["the", "cats", "sat", "the", "mat", "."]


def test_the_lines_give_the_same_table(embedded) -> None:
    for result in results(embedded):
        lines = effect_snippet(ModelChoice(), result)
        lines = lines.replace("encoder = bert_core.load()", "").replace("print(", "found.append(")
        found: list[str] = []
        exec(lines, {"encoder": embedded, "found": found})  # noqa: S102 - lines of our own
        mine, theirs = (list(csv.reader(io.StringIO(each))) for each in (to_csv(result), found[0]))
        assert mine[0] == theirs[0]
        for one, other in zip(mine[1:], theirs[1:], strict=True):
            assert [number(cell) for cell in one] == pytest.approx(
                [number(cell) for cell in other], rel=1e-4, abs=1e-6
            )


def number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return hash(cell)


def test_a_ranking_says_how_many_are_left_out(embedded) -> None:
    off, ranked, _ = results(embedded)
    assert ranking(ranked, most=5).badge == "5 of 72 heads"
    assert ranking(ranked, most=72).badge == "72 heads"
    assert off.label in followed(off)
