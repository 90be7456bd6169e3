"""The pre-flight: real steps in a process of their own, and what it says when they do not fit."""

import resource
from pathlib import Path

import pytest

from bert_core.errors import RunError
from bert_core.training import preflight
from bert_core.training.provenance import describe
from bert_core.training.samples import sample
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import RunSpec


@pytest.fixture
def spec(folder_of) -> RunSpec:
    train, dev = sample("sentences")
    return RunSpec(
        id="trial",
        task="sentences",
        model=str(folder_of("bert-pretraining")),
        train=describe(train, {}, "train"),
        dev=describe(dev, {}, "dev"),
        settings=TrainSettings(max_seq_length=64, batch_size=8, epochs=2),
    )


def test_a_few_steps_tell_time_and_memory(spec: RunSpec) -> None:
    found = preflight.measure(spec)
    assert found.fits
    assert found.proposal is None
    measured = found.measured
    assert measured is not None
    steps = -(-measured.examples // 8)
    assert measured.total_steps == steps * 2
    assert measured.eta_seconds == pytest.approx(measured.step_seconds * measured.total_steps)
    assert 100 < measured.peak_mib < 5_000, "a process that holds torch"
    assert f"{measured.total_steps:,} steps" in found.sentence


def test_a_model_that_cannot_be_found_is_said(spec: RunSpec, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="There is no folder"):
        preflight.measure(spec.changed(model=str(tmp_path / "nothing")))


def test_a_trial_can_be_broken_off(spec: RunSpec) -> None:
    class Enough(Exception):
        pass

    def refuse() -> None:
        raise Enough

    with pytest.raises(Enough):
        preflight.measure(spec, check=refuse)


@pytest.mark.parametrize(
    ("batch", "accumulation", "expected"),
    [(32, 1, (16, 2)), (12, 4, (6, 8)), (3, 1, (1, 3)), (2, 5, (1, 10))],
)
def test_smaller_batches_keep_the_effective_batch(
    batch: int, accumulation: int, expected: tuple[int, int]
) -> None:
    halved = preflight.halved(TrainSettings(batch_size=batch, accumulation=accumulation))
    assert halved is not None
    assert (halved.batch_size, halved.accumulation) == expected
    assert preflight.halved(TrainSettings(batch_size=1, accumulation=accumulation)) is None


def test_memory_that_runs_out_ends_in_a_proposal_that_fits(embedded, spec: RunSpec) -> None:
    """The trial's process may address so much and no more: a real allocation fails."""
    wide = spec.changed(
        model="embedded", settings={"max_seq_length": 128, "batch_size": 2048, "epochs": 1}
    )
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, hard))
    try:
        found = preflight.measure(wide)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert not found.fits
    assert found.proposal is not None
    assert found.proposal["batch_size"] * found.proposal["accumulation"] >= 2048
    assert "Batches of 2048 do not fit" in found.sentence
