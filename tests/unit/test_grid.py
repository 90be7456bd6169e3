"""Grids: what is ordered, what the results say together, and beside published figures."""

import math

import pytest

from bert_core.errors import InputError
from bert_core.training.grid import GridResult, plan, summarise
from bert_core.training.presets import PAPER_BATCH_SIZES, PAPER_EPOCHS, PAPER_RATES
from bert_core.training.settings import TrainSettings
from bert_core.training.summary import band, verdicts
from bert_core.training.tasks import find_task
from bert_core.training.tasks.base import Published

TASK = find_task("sst2")
BASE = Published("BERT-base", "accuracy", 0.927, "a paper")
SPREAD = Published("BERT-large", "f1", 90.68, "ten seeds", spread=0.16)


def result(accuracy: float, **settings: object) -> GridResult:
    return GridResult(TrainSettings(**settings), {"accuracy": accuracy})  # type: ignore[arg-type]


def test_the_paper_s_grid_is_planned_with_every_seed() -> None:
    runs = plan(
        TrainSettings(max_seq_length=64),
        batch_sizes=PAPER_BATCH_SIZES,
        rates=PAPER_RATES,
        epochs=PAPER_EPOCHS,
        seeds=(1, 2, 3),
    )
    assert len(runs) == len(set(runs)) == 18 * 3
    assert {run.max_seq_length for run in runs} == {64}
    assert [run.seed for run in runs[:3]] == [1, 2, 3]
    assert len({run.model_copy(update={"seed": 0}) for run in runs[:3]}) == 1


def test_an_axis_that_is_not_given_stays_as_it_is() -> None:
    settings = TrainSettings(batch_size=7, seed=5)
    assert plan(settings) == [settings]
    assert plan(settings, rates=(1e-5, 1e-5)) == [
        settings.model_copy(update={"learning_rate": 1e-5})
    ]


def test_a_plan_that_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="at most 500"):
        plan(TrainSettings(), batch_sizes=range(1, 30), seeds=range(30))
    with pytest.raises(InputError, match="learning_rate = 2"):
        plan(TrainSettings(), rates=(2,))
    with pytest.raises(InputError, match="max_steps is set"):
        plan(TrainSettings(max_steps=10), epochs=(2, 3))
    assert len(plan(TrainSettings(max_steps=10), epochs=(3,))) == 1


def test_means_and_sample_deviations_by_hand() -> None:
    summary = summarise(
        [
            result(0.80, seed=1),
            result(0.90, seed=1, learning_rate=5e-5),
            result(0.84, seed=2),
            result(0.88, seed=3),
        ],
        TASK,
    )
    first, second = summary.points
    assert first.seeds == (1, 2, 3)
    assert first.values == (0.80, 0.84, 0.88)
    assert first.means["accuracy"] == pytest.approx(0.84)
    assert first.sds["accuracy"] == pytest.approx(0.04), "divided by S - 1"
    assert second.sds["accuracy"] is None
    assert summary.best == 1
    assert summary.metric == "accuracy"
    assert summary.left_out == 0
    assert any("one seed" in note for note in summary.notes)
    assert any("best of 2 points" in note for note in summary.notes)


def test_runs_without_a_number_are_counted_and_not_averaged() -> None:
    failed = GridResult(TrainSettings(seed=4), {})
    summary = summarise([result(0.8, seed=1), result(math.nan, seed=2), failed], TASK)
    assert summary.left_out == 2
    assert summary.points[0].values == (0.8,)
    assert summary.notes[0].startswith("2 runs have no usable result")


def test_nothing_at_all_is_no_best() -> None:
    summary = summarise([GridResult(TrainSettings(), {})], TASK)
    assert summary.best is None
    assert summary.points == ()
    assert summary.verdicts == ()
    assert summary.left_out == 1


def test_a_metric_that_one_run_lacks_has_no_mean() -> None:
    whole = GridResult(TrainSettings(seed=1), {"accuracy": 0.8, "f1": 0.7})
    summary = summarise([whole, result(0.9, seed=2)], TASK)
    assert set(summary.points[0].means) == {"accuracy"}


def test_the_best_point_stands_beside_the_published_figures() -> None:
    summary = summarise([result(0.927, seed=seed) for seed in (1, 2)], TASK, parameters=110_000_000)
    assert len(summary.verdicts) == sum(each.metric == "accuracy" for each in TASK.published)
    first = summary.verdicts[0]
    assert first.published.model == "BERT-base"
    assert first.position == "inside"
    assert any("official data only" in note for note in summary.notes)


@pytest.mark.parametrize(
    ("value", "position"),
    [(0.9169, "below"), (0.917, "inside"), (0.927, "inside"), (0.937, "inside"), (0.9371, "above")],
)
def test_one_point_is_allowed_where_no_spread_is_known(value: float, position: str) -> None:
    assert band(BASE) == (0.917, 0.937)
    (verdict,) = verdicts({"accuracy": value}, [BASE])
    assert verdict.position == position
    assert "no spread was published" in verdict.sentence
    assert "are not compared" in verdict.sentence


def test_a_published_spread_is_the_band() -> None:
    assert band(SPREAD) == (90.52, 90.84)
    (verdict,) = verdicts({"f1": 90.5, "exact": 83.0}, [SPREAD, BASE], 340_000_000)
    assert verdict.position == "below"
    assert verdict.sentence == (
        "90.50 is below the band 90.52 to 90.84 of BERT-large, f1 90.68. Source: ten seeds."
    )


@pytest.mark.parametrize(
    ("value", "parameters", "words"),
    [
        (
            0.90,
            23_000_000,
            "110 million weights, this model 23 million: a smaller model is expected",
        ),
        (0.93, 23_000_000, "much for a smaller model"),
        (0.95, 23_000_000, "not expected above it"),
        (0.90, 340_000_000, "expected to reach it"),
        (0.93, 340_000_000, "expected there or above"),
        (0.95, 340_000_000, "expected above it"),
    ],
)
def test_sizes_are_spoken_of_with_care(value: float, parameters: int, words: str) -> None:
    (verdict,) = verdicts({"accuracy": value}, [BASE], parameters)
    assert words in verdict.sentence


def test_models_of_one_size_need_no_remark() -> None:
    (verdict,) = verdicts({"accuracy": 0.93}, [BASE], 102_000_000)
    assert verdict.sentence.endswith("Source: a paper.")


def test_a_value_that_is_no_number_has_no_verdict() -> None:
    assert verdicts({"accuracy": math.nan}, [BASE]) == ()
