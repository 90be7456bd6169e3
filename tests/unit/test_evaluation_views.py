"""An evaluation on the page: its tables and figures, and another threshold from stored scores."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bert_core.evaluation.folder import EvaluationFolder
from bert_core.evaluation.gold import GoldQuestion, read_gold
from bert_core.evaluation.judging import Judgement
from bert_core.evaluation.kinds import KINDS
from bert_core.evaluation.listing import NullOdds, mistakes, null_odds
from bert_core.evaluation.report import Group
from bert_core.evaluation.run import evaluate, judge_folder, judge_kept, read_kept
from bert_core.evaluation.scoring import judge_files
from bert_core.evaluation.settings import EvaluationSettings
from bert_core.evaluation.summary import summarise
from bert_core.metrics.thresholds import Curve
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.settings import PROJECT
from bert_core.views import evaluation_figures, evaluations
from bert_core.views.bars import bars_payload
from bert_core.views.numbers import signed
from bert_core.views.tables import BarTable
from tests.unit.fine_tuned import write

OWN = PROJECT / "tests" / "golden" / "own" / "own_squad_v2.json"
NEVER = -1_000.0
"""A threshold at which no question is answered: all answers have to be found again."""
MOST, SOME = 120, 50
"""Questions that are asked."""
LONG = "a great many words that do not stand in any text, one after the other, "


@pytest.fixture(scope="module")
def reader(tmp_path_factory, models):  # type: ignore[no-untyped-def]
    """A random BERT that answers, and reads 384 pieces."""
    folder = write(
        tmp_path_factory.mktemp("m") / "bert", "bert", "span", max_position_embeddings=384
    )
    return load(ModelChoice(source=str(folder)))


@pytest.fixture(scope="module")
def silent(reader, tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    """The folder of an evaluation in which nothing is answered."""
    out = tmp_path_factory.mktemp("evaluated") / "silent"
    evaluate(reader, OWN, out, EvaluationSettings(null_threshold=NEVER, limit=MOST))
    return out


@pytest.fixture(scope="module")
def judged(tmp_path_factory) -> Judgement:  # type: ignore[no-untyped-def]
    """Somebody's predictions, in which every kind of mistake is made."""
    folder = tmp_path_factory.mktemp("predicted")
    questions = read_gold(OWN).questions
    said = {each.id: text for each in questions if (text := _predicted(each)) is not None}
    odds = {each.id: float(np.cos(each.row)) for each in questions}
    (folder / "said.json").write_text(json.dumps(said), encoding="utf-8")
    (folder / "odds.json").write_text(json.dumps(odds), encoding="utf-8")
    return judge_files(folder / "said.json", OWN, folder / "odds.json", 0.9)


def _predicted(each: GoldQuestion) -> str | None:
    """A right answer, or one that is wrong in one of the ways."""
    gold = each.texts[0] if each.texts else ""
    words = gold.split()
    ways = [
        gold,
        f"perhaps {gold} indeed",
        " ".join(words[: len(words) // 2]) or gold,
        f"perhaps {words[0]}" if words else "perhaps",
        LONG * 2,
        "",
        None,
    ]
    return ways[each.row % len(ways)]


def cells(table: BarTable) -> list[dict[str, str]]:
    """The rows by their headings, after the browser's own checks."""
    bars_payload(table.rows, table.columns, table.scale)
    titles = [column.title for column in table.columns if column.kind != "bar"]
    return [dict(zip(titles, row.cells, strict=True)) for row in table.rows]


# ---- another threshold -------------------------------------------------------------------------


def same_but_probability(found: Judgement, expected: Judgement) -> None:
    """Equal question by question; a probability is that of a fresh evaluation or not known."""
    for ours, theirs in zip(found.questions, expected.questions, strict=True):
        assert ours == replace(theirs, probability=ours.probability)
        assert ours.probability in (None, theirs.probability)
    assert dict(found.metrics) == dict(expected.metrics)
    assert list(found.curves) == list(expected.curves)
    for name, curve in expected.curves.items():
        np.testing.assert_array_equal(found.curves[name].precision, curve.precision)
        np.testing.assert_array_equal(found.curves[name].thresholds, curve.thresholds)


def answered(judged: Judgement) -> int:
    return sum(bool(each.prediction) for each in judged.questions)


def test_deciding_again_equals_a_fresh_evaluation(reader, silent: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    before = judge_folder(silent, OWN)
    odds = sorted(each.null_odds for each in before.questions if each.null_odds is not None)
    assert (len(odds), answered(before)) == (MOST, 0)
    # That of a question itself: it leads by this much and by no more, so there is an answer.
    threshold = odds[len(odds) // 2]
    evaluate(reader, OWN, tmp_path, EvaluationSettings(null_threshold=threshold, limit=MOST))
    fresh = judge_folder(tmp_path, OWN)
    assert answered(fresh) == len(odds) // 2 + 1
    passes = reader.passes
    same_but_probability(judge_kept(read_kept(silent, OWN), null_threshold=threshold), fresh)
    same_but_probability(judge_kept(read_kept(tmp_path, OWN), null_threshold=NEVER), before)
    assert (
        judge_kept(read_kept(tmp_path, OWN), null_threshold=threshold).questions == fresh.questions
    )
    assert reader.passes == passes, "the model is asked nothing"


def test_deciding_again_by_the_rules_of_run_qa(reader, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    def evaluated(name: str, threshold: float) -> Judgement:
        settings = EvaluationSettings(decoder="hf", null_threshold=threshold, limit=SOME)
        evaluate(reader, OWN, tmp_path / name, settings)
        return judge_folder(tmp_path / name, OWN)

    before = evaluated("silent", NEVER)
    odds = sorted(each.null_odds for each in before.questions if each.null_odds is not None)
    fresh = evaluated("fresh", odds[SOME // 2])
    assert answered(fresh) == SOME // 2 + 1
    again = judge_kept(read_kept(tmp_path / "silent", OWN), null_threshold=odds[SOME // 2])
    same_but_probability(again, fresh)


def test_a_higher_threshold_answers_more_and_never_otherwise(silent: Path) -> None:
    thresholds = (-2.3, -1.9, -1.5, 0.0, 1_000.0)
    steps = [judge_kept(read_kept(silent, OWN), null_threshold=each) for each in thresholds]
    counts = [answered(each) for each in steps]
    assert counts == sorted(counts)
    spans = sum(row.best is not None for row in EvaluationFolder(silent).rows())
    assert 0 < counts[0] < counts[1] < counts[2] <= counts[-1] == spans
    for lower, higher in pairwise(steps):
        for few, many in zip(lower.questions, higher.questions, strict=True):
            assert few.prediction in ("", many.prediction)
        assert dict(higher.curves).keys() == dict(lower.curves).keys()
        assert higher.metrics["best_f1"] == lower.metrics["best_f1"], "the sweep is over all"


def test_without_no_answer_there_is_nothing_to_decide(reader, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    evaluate(reader, OWN, tmp_path, EvaluationSettings(impossible=False, limit=9))
    before = judge_folder(tmp_path, OWN)
    assert judge_kept(read_kept(tmp_path, OWN), null_threshold=NEVER).questions == before.questions
    assert answered(before) == 9


# ---- tables ------------------------------------------------------------------------------------


def test_groups_are_shown_with_their_figures(judged: Judgement) -> None:
    found = summarise(judged)
    for title, groups in (
        ("question word", found.question_words),
        ("words of the answer", found.answer_lengths),
        ("words of the document", found.document_lengths),
    ):
        table = evaluations.groups(title, groups)
        assert table.caption == f"By {title}"
        assert table.scale == 100.0
        assert cells(table) == [
            {
                title: each.name,
                "questions": f"{each.count:,}",
                "exact": f"{each.exact:.1f}",
                "F1": f"{each.f1:.1f}",
            }
            for each in groups
        ]
        assert [row.value for row in table.rows] == [each.f1 for each in groups]
        assert sum(each.count for each in groups) == 180


def test_figures_stand_under_their_headings() -> None:
    (row,) = cells(evaluations.groups("x", [Group("who", 1234, 12.34, 56.78)]))
    assert row == {"x": "who", "questions": "1,234", "exact": "12.3", "F1": "56.8"}


def test_kinds_are_counted_and_explained(judged: Judgement) -> None:
    found = summarise(judged).kinds
    assert all(found[kind] for kind in KINDS), "every kind is there"
    table = evaluations.kinds(found)
    rows = cells(table)
    assert [row["answer"] for row in rows] == list(KINDS)
    assert [row["questions"] for row in rows] == [f"{found[kind]:,}" for kind in KINDS]
    assert [row["share"] for row in rows] == [f"{found[kind] / 1.8:.1f}\xa0%" for kind in KINDS]
    assert sum(row.value for row in table.rows) == pytest.approx(1.0)
    assert len({row.note for row in table.rows}) == len(KINDS)
    assert all(row.note for row in table.rows)
    assert table.badge == "180 questions"


def test_kinds_without_questions_are_left_out() -> None:
    table = evaluations.kinds({kind: int(kind == "right") for kind in KINDS})
    assert [row["answer"] for row in cells(table)] == ["right"]
    assert table.badge == "1 question"
    none = evaluations.kinds(dict.fromkeys(KINDS, 0))
    assert (cells(none), none.badge) == ([], "0 questions")


def test_questions_show_what_was_said_and_what_should_have_been(judged: Judgement) -> None:
    shown = list(mistakes(judged, kinds=KINDS))
    table = evaluations.questions(shown, total=len(shown))
    assert table.badge == "180 questions"
    for row, bar, each in zip(cells(table), table.rows, shown, strict=True):
        assert row["question"] == each.question
        assert row["kind"] == each.kind
        assert row["margin"] == signed(each.null_odds or 0.0)
        nothing = "nothing in the file" if each.prediction is None else "no answer"
        assert row["said"] == short(each.prediction or nothing)
        assert row["gold"] == short(each.gold[0] if each.gold else "no answer")
        assert bar.value == each.f1
        for text in each.gold:
            assert text in bar.note
        assert each.gold or bar.note == "it cannot be answered"
    assert any(row["said"].endswith("…") for row in cells(table))


def short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def test_a_part_of_the_questions_is_called_so(judged: Judgement) -> None:
    some = replace(judged.questions[0], null_odds=None)
    table = evaluations.questions([some], total=1_234)
    assert table.badge == "1 of 1,234"
    assert cells(table)[0]["margin"] == "–"
    assert evaluations.questions([], total=0).badge == "0 questions"


def test_equal_gold_answers_are_named_once(judged: Judgement) -> None:
    twice = replace(judged.questions[0], gold=("1987", "in 1987", "1987"))
    assert evaluations.questions([twice], total=1).rows[0].note == "1987 · in 1987"


# ---- figures -----------------------------------------------------------------------------------


def test_the_curves_are_drawn_as_they_are(judged: Judgement) -> None:
    figure = evaluation_figures.precision_recall(judged.curves)
    assert len(figure.data) == 3
    for line, (name, curve) in zip(figure.data, judged.curves.items(), strict=True):
        np.testing.assert_array_equal(line.x, curve.recall)
        np.testing.assert_array_equal(line.y, curve.precision)
        np.testing.assert_array_equal(line.customdata, curve.thresholds)
        assert line.line.shape == "hv", "nothing is known between two thresholds"
        assert f"({100 * curve.average:.1f})" in line.name
        assert {"exact": "exact match", "f1": "F1", "oracle": "oracle"}[name] in line.name
    assert len({line.line.dash for line in figure.data}) == 3, "not by colour alone"
    assert len({line.line.color for line in figure.data}) == 3


def test_one_curve_alone() -> None:
    values = np.array([0.0, 0.5])
    curve = Curve(np.array([-np.inf, 1.0]), values[::-1], values, 0.25)
    (line,) = evaluation_figures.precision_recall({"f1": curve}).data
    assert line.name == "F1 (25.0)"


def sorts(figure) -> dict[str, Sequence[float]]:  # type: ignore[no-untyped-def]
    return {bars.name: list(bars.x) for bars in figure.data}


def test_no_answer_scores_of_both_sorts_and_the_threshold(judged: Judgement) -> None:
    odds = null_odds(judged)
    figure = evaluation_figures.null_histogram(odds, -1.5)
    assert sorts(figure) == {
        "has an answer (154)": list(odds.has_answer),
        "has none (26)": list(odds.no_answer),
    }
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1) == (-1.5, -1.5)
    assert figure.layout.barmode == "overlay"
    first, second = figure.data
    assert first.bingroup == second.bingroup is not None, "bars of the same width, side by side"
    assert first.marker.pattern.shape != second.marker.pattern.shape, "not by colour alone"


def test_a_file_of_one_sort_has_one_histogram() -> None:
    only = NullOdds(has_answer=np.array([]), no_answer=np.array([1.0, 2.0]))
    assert sorts(evaluation_figures.null_histogram(only, 0.0)) == {"has none (2)": [1.0, 2.0]}
