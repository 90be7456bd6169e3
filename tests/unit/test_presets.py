"""Named settings and the paper's grid, and batches that fit without changing what is learnt."""

import pytest

from bert_core.errors import InputError
from bert_core.training.grid import plan
from bert_core.training.kinds.examples import ExampleKind
from bert_core.training.presets import (
    PAPER_BATCH_SIZES,
    PAPER_EPOCHS,
    PAPER_RATES,
    PRESETS,
    find_preset,
)
from bert_core.training.samples import sample
from bert_core.training.settings import TrainSettings, read_settings
from bert_core.training.tasks import find_task


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
    axes = {"batch_sizes": PAPER_BATCH_SIZES, "rates": PAPER_RATES, "epochs": PAPER_EPOCHS}
    found = plan(TrainSettings(), **axes)  # type: ignore[arg-type]
    points = {(each.batch_size, each.learning_rate, each.epochs) for each in found}
    assert len(found) == len(points) == 18
    assert {(16, 5e-5, 2), (32, 2e-5, 4)} <= points


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
@pytest.mark.parametrize("task", ["sentences", "tags", "choices", "questions", "squad2"])
def test_every_preset_fits_every_kind_of_task(embedded, preset, task: str) -> None:  # type: ignore[no-untyped-def]
    found = find_task(task)
    settings = read_settings({**found.defaults, **preset.values})
    kind = found.kind
    assert isinstance(kind, ExampleKind)
    examples = kind.read(sample(task)[0], {}).examples[:8]
    labels = kind.labels(examples)
    assert len(kind.encode(examples, embedded.tokenizer, settings, labels=labels)) >= 8
