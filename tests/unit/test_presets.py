"""Named settings and the paper's grid, and batches that fit without changing what is learnt."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bert_core.errors import InputError
from bert_core.training.presets import (
    PRESETS,
    effective_batch,
    find_preset,
    paper_grid,
    with_fitting_batch,
)
from bert_core.training.settings import TrainSettings, read_settings


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_makes_valid_settings(preset) -> None:  # type: ignore[no-untyped-def]
    settings = read_settings(preset.values)
    for name, value in preset.values.items():
        assert getattr(settings, name) == value
    assert preset.about.endswith(".")
    assert find_preset(preset.name) is preset


def test_presets_have_names_of_their_own() -> None:
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)
    assert len({preset.title for preset in PRESETS}) == len(PRESETS)


def test_squad_is_as_in_run_squad() -> None:
    settings = read_settings(find_preset("squad").values)
    assert (settings.batch_size, settings.learning_rate, settings.epochs) == (12, 3e-5, 2)
    assert (settings.max_seq_length, settings.doc_stride) == (384, 128)


def test_an_unknown_preset_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no preset 'fast'. There are: paper, quick") as caught:
        find_preset("fast")
    assert caught.value.field == "preset"


def test_the_paper_s_grid_has_eighteen_points() -> None:
    points = {
        (point["batch_size"], point["learning_rate"], point["epochs"]) for point in paper_grid()
    }
    assert len(paper_grid()) == len(points) == 18
    assert (16, 5e-5, 2) in points
    assert (32, 2e-5, 4) in points
    for point in paper_grid():
        read_settings(point)


@given(st.integers(1, 256), st.integers(1, 16), st.integers(1, 300))
def test_a_fitting_batch_keeps_the_examples_of_a_step(size: int, times: int, fits: int) -> None:
    wanted = TrainSettings(batch_size=size, accumulation=times)
    assume(fits > 3 or size < 64)
    found = with_fitting_batch(wanted, fits)
    assert effective_batch(found) == effective_batch(wanted) == size * times
    assert found.batch_size <= fits
    if size <= fits:
        assert found == wanted
    TrainSettings.model_validate(found.model_dump())
    assert found.model_copy(update={"batch_size": size, "accumulation": times}) == wanted


def test_the_largest_batch_that_fits_is_taken() -> None:
    found = with_fitting_batch(TrainSettings(batch_size=32), 12)
    assert (found.batch_size, found.accumulation) == (8, 4)
    found = with_fitting_batch(TrainSettings(batch_size=31), 16)
    assert (found.batch_size, found.accumulation) == (1, 31)


def test_processes_multiply_the_batch() -> None:
    assert effective_batch(TrainSettings(batch_size=8, accumulation=2), processes=4) == 64


def test_what_cannot_fit_is_said() -> None:
    with pytest.raises(InputError, match="Not even one example fits") as caught:
        with_fitting_batch(TrainSettings(), 0)
    assert caught.value.field == "batch_size"
    with pytest.raises(InputError, match="2,048 batches of 1"):
        with_fitting_batch(TrainSettings(batch_size=2048), 1)
