"""The pre-flight: real steps in a process of their own, and what it says when they do not fit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bert_core.errors import RunError
from bert_core.settings import PROJECT
from bert_core.training import preflight
from bert_core.training.provenance import describe
from bert_core.training.samples import sample
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import RunSpec
from tests import tiny


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


def test_of_a_long_text_only_the_beginning_is_tried(spec: RunSpec, tmp_path: Path) -> None:
    text = tmp_path / "long.txt"
    document = "".join(f"The heron waits near lake {n}.\n" for n in range(12)) + "\n"
    text.write_text(document * 8_000, encoding="utf-8")
    found = preflight.measure(
        spec.changed(
            task="pretraining", train=describe(text, {}, "train").model_dump(), dev=None,
            settings={"max_seq_length": 64, "batch_size": 4, "dupe_factor": 1},
        )
    )  # fmt: skip
    assert found.measured is not None
    # Twelve sentences of about 13 pieces give three instances of up to 64.
    assert 0.5 * 24_000 < found.measured.examples < 2 * 24_000


LIMITED = """
import json, resource, sys
from bert_core.training import preflight
from bert_core.training.spec import RunSpec
resource.setrlimit(resource.RLIMIT_DATA, (int(2.2 * 2**30),) * 2)
found = preflight.measure(RunSpec.model_validate_json(sys.argv[1]))
print(json.dumps([found.fits, found.proposal, found.sentence]))
"""


def test_memory_that_runs_out_ends_in_a_proposal_that_fits(spec: RunSpec, tmp_path: Path) -> None:
    """The trial's process may hold so much and no more: a real allocation fails.

    What is imported takes some 1.5 GiB of it; of the rest 32 rows want more, and 16 less.
    """
    data = tmp_path / "long.tsv"
    text = "the heron waits near the cold lake every morning " * 40
    rows = [f"{text}\t{row % 2}" for row in range(32)]
    data.write_text("\n".join(["text\tlabel", *rows]) + "\n", encoding="utf-8")
    file = describe(data, {}, "train").model_dump()
    # Many heads on long inputs: they take memory, and hardly any time.
    model = tiny.write_bert(
        tmp_path / "wide",
        "classification",
        num_attention_heads=16,
        max_position_embeddings=320,
        num_hidden_layers=1,
    )
    wide = spec.changed(
        model=str(model), train=file, dev=file,
        settings={"max_seq_length": 320, "batch_size": 32, "max_steps": 1, "precision": "float32"},
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, wide.model_dump_json()],
        cwd=PROJECT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    fits, proposal, sentence = json.loads(done.stdout)
    assert fits is False
    assert proposal["batch_size"] < 32
    assert proposal["batch_size"] * proposal["accumulation"] == 32
    assert "Batches of 32 do not fit" in sentence
