"""Curves of runs: what is collected, smoothed, thinned and drawn."""

import math

import pytest

from bert_core.training.folder import current_rows
from bert_core.views import curves
from bert_core.views.curves import Curve, dev_curve, line_figure, loss_figure, smoothed, thinned

ROWS = [
    {"kind": "train", "step": 1, "time": 0.0, "loss": 0.7, "learning_rate": 1e-5},
    {"kind": "train", "step": 2, "time": 1.0, "loss": None, "learning_rate": 2e-5},
    {"kind": "dev", "step": 2, "time": 1.5, "accuracy": 0.5, "loss": 0.69},
    {"kind": "train", "step": 3, "time": 2.0, "loss": 0.6, "learning_rate": 3e-5},
    {"kind": "dev", "step": 3, "time": 2.5, "accuracy": 0.75, "loss": 0.61},
]


def test_a_figure_is_collected_from_rows_of_its_kind_only() -> None:
    assert curves.train_curve(ROWS, "loss", "a") == Curve("a", (1, 3), (0.7, 0.6))
    assert curves.train_curve(ROWS, "learning_rate", "a").steps == (1, 2, 3)
    assert curves.train_curve(ROWS, "accuracy", "a") == Curve("a", (), ())


def test_shares_of_the_dev_data_are_times_100_and_losses_are_not() -> None:
    assert dev_curve(ROWS, "accuracy", "a").values == (50.0, 75.0)
    assert dev_curve(ROWS, "loss", "a").values == (0.69, 0.61)
    in_per_cent = [{"kind": "dev", "step": 1, "f1": 0.8}, {"kind": "dev", "step": 2, "f1": 61.0}]
    assert dev_curve(in_per_cent, "f1", "a").values == (0.8, 61.0)


def test_what_a_resume_made_void_is_not_drawn() -> None:
    again = [*ROWS, {"kind": "resumed", "step": 1}, {"kind": "train", "step": 2, "loss": 0.5}]
    assert curves.train_curve(current_rows(again), "loss", "a").values == (0.7, 0.5)


def test_recorded_names_leave_out_what_counts_steps() -> None:
    assert curves.recorded(ROWS, "train") == ("loss", "learning_rate")
    assert curves.recorded(ROWS, "dev") == ("accuracy", "loss")


def test_smoothing_is_a_weighted_mean_that_begins_at_the_first_value() -> None:
    values = [3.0, 1.0, 4.0, 1.0, 5.0]
    weight = 0.6
    for count in range(1, len(values) + 1):
        weights = [weight ** (count - 1 - n) for n in range(count)]
        mean = sum(w * v for w, v in zip(weights, values, strict=False)) / sum(weights)
        assert smoothed(values[:count], weight)[-1] == pytest.approx(mean)
    assert smoothed([0.25] * 50) == pytest.approx([0.25] * 50)
    assert smoothed([]) == ()


@pytest.mark.parametrize("number", [1, 2, 999, 1_000, 1_001, 123_457])
def test_thinning_keeps_both_ends_and_a_bounded_number(number: int) -> None:
    line = Curve("a", tuple(range(number)), tuple(math.sin(n) for n in range(number)))
    kept = thinned(line)
    assert kept.steps[0] == 0
    assert kept.steps[-1] == number - 1
    assert len(kept.steps) == len(kept.values) <= min(number, curves.MOST + 2)
    assert all(kept.values[n] == math.sin(kept.steps[n]) for n in range(0, len(kept.steps), 97))


def test_several_runs_are_told_apart_without_colour() -> None:
    lines = [Curve(f"run {n}", (1, 2), (0.5, 0.4)) for n in range(6)]
    figure = loss_figure(lines)
    smooth = [trace for trace in figure.data if trace.showlegend is not False]
    assert [trace.name for trace in smooth] == [line.run for line in lines]
    assert len({trace.line.dash for trace in smooth}) == 6
    assert len(figure.data) == 12
    dev = line_figure(lines, "dev accuracy", marks=True)
    assert len({trace.marker.symbol for trace in dev.data}) == 6
    assert not loss_figure(lines[:1]).layout.showlegend


def test_a_run_s_name_stays_text_in_the_legend() -> None:
    figure = loss_figure([Curve("<b>mine</b> & <a href='x'>", (1,), (0.5,))])
    assert figure.data[1].name == "&lt;b&gt;mine&lt;/b&gt; &amp; &lt;a href='x'&gt;"


def test_one_point_has_an_axis_that_begins_at_0() -> None:
    assert line_figure([Curve("a", (4,), (60.0,))], "dev f1").layout.yaxis.range == (0, 90.0)


def test_the_same_rows_give_the_same_figure() -> None:
    line = curves.train_curve(ROWS, "loss", "a")
    assert loss_figure([line]).to_json() == loss_figure([line]).to_json()
