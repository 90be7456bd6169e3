"""Whole runs on tiny checkpoints: resumed bit by bit, stopped anywhere, broken on purpose."""

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from torch.optim.optimizer import register_optimizer_step_post_hook

from bert_core.errors import InputError
from bert_core.model.checkpoints import inspect
from bert_core.training import loop
from bert_core.training.control import Control, Stopped
from bert_core.training.folder import RunFolder
from bert_core.training.provenance import describe
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import RunSpec
from tests.tiny import WORDS

ROWS = 30


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Sentences of our own, the class told by one of two words."""
    random = np.random.default_rng(5)
    lines = ["sentence\tlabel"]
    for row in range(ROWS):
        words = list(random.choice(WORDS, random.integers(3, 9)))
        words.insert(int(random.integers(0, len(words))), "warm" if row % 2 else "cold")
        lines.append(f"{' '.join(words)}\t{row % 2}")
    path = tmp_path / "train.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def new_run(tmp_path: Path, folder_of, table: Path) -> Callable[..., RunFolder]:
    """Makes a run on the tiny checkpoint; further keywords are settings."""

    def make(name: str, **settings: object) -> RunFolder:
        folder = RunFolder(tmp_path / "runs" / name)
        usual = {"batch_size": 4, "learning_rate": 1e-3, "epochs": 2, "max_seq_length": 16,
                 "precision": "float32"}  # fmt: skip
        folder.create(
            RunSpec(
                id=name,
                task="sst2",
                model=str(folder_of("bert-pretraining")),
                train=describe(table, {}, "train"),
                dev=describe(table, {}, "dev"),
                settings=TrainSettings.model_validate({**usual, **settings}),
            )
        )
        return folder

    return make


class StopsAt(Control):
    """A stop that is asked for, by the flag file, when a step was done."""

    def __init__(self, folder: RunFolder, step: int) -> None:
        super().__init__(folder)
        self._stop_at = step

    def steps(self, step: int, total: int, **more: float | None) -> None:
        super().steps(step, total, **more)  # type: ignore[arg-type]
        if step == self._stop_at:
            self.folder.ask_to_stop()


def weights(folder: RunFolder) -> dict[str, np.ndarray]:
    return load_file(folder.result / "model.safetensors")


def same(first: RunFolder, second: RunFolder) -> bool:
    one, two = weights(first), weights(second)
    return one.keys() == two.keys() and all(
        one[name].tobytes() == two[name].tobytes() for name in one
    )


VARIANTS = {
    "in the middle of an epoch": {},
    "with accumulation": {"accumulation": 2},
    "with Google's optimizer": {"optimizer": "google"},
    "with low-rank additions": {"lora_rank": 2},
    "measured on the way": {"eval_every": 3, "save_every": 3},
}


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS.keys())
def test_a_stopped_run_ends_bit_equal_to_one_that_never_stopped(new_run, settings) -> None:
    whole, stopped = new_run("whole", **settings), new_run("stopped", **settings)
    loop.train(whole, Control(whole))
    with pytest.raises(Stopped, match="after 5 steps"):
        loop.train(stopped, StopsAt(stopped, 5))
    record = stopped.read_result()
    assert record is not None
    assert record["partial"] is True
    assert [saved.partial for saved in stopped.checkpoints()][-1] is True
    assert inspect(stopped.result, source="partial").heads == ("classification",)
    assert not same(whole, stopped)

    stopped.forget_stop()
    loop.train(stopped, Control(stopped))
    assert same(whole, stopped)
    after, before = stopped.read_result(), whole.read_result()
    assert after is not None
    assert before is not None
    assert after["partial"] is False
    assert after["metrics"] == before["metrics"]


class StopsWhileMeasuring(Control):
    """A stop that is asked for while the dev data is gone through, after a certain step."""

    def __init__(self, folder: RunFolder, step: int) -> None:
        super().__init__(folder)
        self._stop_at = step

    def check(self) -> None:
        if self.status.step == self._stop_at:
            self.folder.ask_to_stop()
        super().check()


@pytest.mark.parametrize("step", [8, 16], ids=["after an epoch", "after the last step"])
def test_a_measurement_that_was_broken_off_is_made_up_for(new_run, step: int) -> None:
    whole, stopped = new_run("whole"), new_run("stopped")
    loop.train(whole, Control(whole))
    if step == 8:
        with pytest.raises(Stopped):
            loop.train(stopped, StopsWhileMeasuring(stopped, step))
        stopped.forget_stop()
        loop.train(stopped, Control(stopped))
    else:  # nothing is left to stop: it is measured to the end
        loop.train(stopped, StopsWhileMeasuring(stopped, step))
    assert same(whole, stopped)
    one, two = whole.read_result(), stopped.read_result()
    assert one is not None
    assert two is not None
    assert (one["metrics"], one["step"]) == (two["metrics"], two["step"])
    measured = [row["step"] for row in stopped.read_metrics().rows if row["kind"] == "dev"]
    assert measured == [8, 16]


def test_a_step_that_is_measured_again_is_no_reason_to_lose_patience(new_run) -> None:
    settings = {"epochs": 4, "eval_every": 4, "save_every": 3, "patience": 2}
    whole, killed = new_run("whole", **settings), new_run("killed", **settings)
    loop.train(whole, Control(whole))

    class Killed(Control):
        def steps(self, step: int, total: int, **more: float | None) -> None:
            super().steps(step, total, **more)  # type: ignore[arg-type]
            if step == 5:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(killed, Killed(killed))
    loop.train(killed, Control(killed))
    assert same(whole, killed)


def test_epochs_are_saved_whatever_the_rhythm_of_measuring(new_run) -> None:
    folder = new_run("rhythm", eval_every=4, epochs=3, keep_checkpoints=9)
    loop.train(folder, Control(folder))
    assert [saved.step for saved in folder.checkpoints()] == [8, 16, 24]


def test_a_partial_result_says_what_its_figures_belong_to(new_run) -> None:
    folder = new_run("partial")
    with pytest.raises(Stopped):
        loop.train(folder, StopsAt(folder, 12))
    record = folder.read_result()
    assert record is not None
    assert (record["measured"], record["step"]) == (8, 12)
    card = (folder.result / "README.md").read_text("utf-8")
    assert "with the weights of step 8" in card
    assert "those of step 12, which were not measured" in card


@pytest.mark.parametrize(
    "settings",
    [{"precision": "bfloat16"}, {"gradient_checkpointing": True}, {"attention_dropout": 0.0}],
    ids=lambda settings: next(iter(settings)),
)
def test_ways_to_save_time_and_memory_still_learn(new_run, settings: dict[str, object]) -> None:
    folder = new_run("saving", epochs=12, learning_rate=3e-3, **settings)
    loop.train(folder, Control(folder))
    record = folder.read_result()
    assert record is not None
    assert record["metrics"]["accuracy"] > 0.9
    wanted = settings.get("precision", "float32")
    assert record["products"] == wanted


@pytest.mark.parametrize("rhythm", [{"save_every": 1}, {"save_every": 1, "eval_every": 5}])
def test_weights_that_are_no_numbers_are_never_kept(new_run, rhythm: dict[str, int]) -> None:
    """The fifth change of the weights overflows; the step's loss, from before it, is a number."""
    folder, steps = new_run("overflow", keep_checkpoints=100, **rhythm), itertools.count(1)

    def overflow(optimizer: torch.optim.Optimizer, *_: object) -> None:
        if next(steps) == 5:
            with torch.no_grad():
                optimizer.param_groups[0]["params"][0].view(-1)[0] = math.inf

    hook = register_optimizer_step_post_hook(overflow)
    try:
        with pytest.raises(FloatingPointError, match="at step 5"):
            loop.train(folder, Control(folder))
    finally:
        hook.remove()
    kept = folder.checkpoints(deep=True)
    assert [saved.step for saved in kept if saved.problem is None] == [1, 2, 3, 4]
    for saved in kept:
        weights = load_file(saved.path / "model.safetensors")
        assert all(np.isfinite(values).all() for values in weights.values()), saved.step
    assert next(steps) == 6, "nothing was trained after it"
    assert not list(folder.path.rglob("*-5")), "nothing was begun"
    assert not (folder.path / "best").exists(), "nothing was measured"


def test_a_class_that_is_not_listed_is_named(new_run) -> None:
    folder = new_run("unlisted")
    object.__setattr__(folder.spec, "labels", ("0",))
    with pytest.raises(InputError, match=r"the class '1', which is not among the listed"):
        loop.train(folder, Control(folder))


def test_a_run_learns_and_its_record_is_true(new_run) -> None:
    folder = new_run("learns", epochs=12, learning_rate=3e-3)
    loop.train(folder, Control(folder))
    record = folder.read_result()
    assert record is not None
    assert record["metrics"]["accuracy"] > 0.9
    rows = folder.read_metrics().rows
    losses = [row["loss"] for row in rows if row["kind"] == "train"]
    assert losses[-1] < 0.5 * losses[0]
    best = max(row["accuracy"] for row in rows if row["kind"] == "dev")
    assert record["metrics"]["accuracy"] == best
    answers = [json.loads(line) for line in (folder.path / "answers.jsonl").read_text().split("\n")
               if line]  # fmt: skip
    right = [each["answer"] == str((each["row"] - 2) % 2) for each in answers]
    assert sum(right) / ROWS == pytest.approx(best)


def test_what_is_left_answers_as_the_run_measured(new_run) -> None:
    import bert_core
    from bert_core.tasks.classify import classify

    folder = new_run("answers", epochs=3)
    loop.train(folder, Control(folder))
    encoder = bert_core.load(bert_core.ModelChoice(source=str(folder.result)))
    lines = Path(folder.spec.train.path).read_text("utf-8").splitlines()[1:]
    said = [json.loads(line)["answer"] for line in
            (folder.path / "answers.jsonl").read_text().splitlines()]  # fmt: skip
    for line, answer in zip(lines, said, strict=True):
        assert classify(encoder, line.split("\t")[0]).label == answer


def test_accumulated_batches_train_like_one_large_batch(new_run, own_copy) -> None:
    """Without dropout, eight examples at once and twice four give the same update."""
    folder = own_copy("bert-pretraining")
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    once = new_run("once", batch_size=8, grouped=False, max_steps=3)
    twice = new_run("twice", batch_size=4, accumulation=2, grouped=False, max_steps=3)
    for each in (once, twice):
        object.__setattr__(each.spec, "model", str(folder))
        loop.train(each, Control(each))
    one, two = weights(once), weights(twice)
    for name in one:
        np.testing.assert_allclose(one[name], two[name], atol=2e-5, err_msg=name)


def test_a_stop_while_preparing_leaves_the_starting_weights(new_run, folder_of) -> None:
    folder = new_run("early")
    folder.ask_to_stop()
    with pytest.raises(Stopped):
        loop.train(folder, Control(folder))
    start = load_file(folder_of("bert-pretraining") / "model.safetensors")
    assert all((weights(folder)[name] == start[name]).all() for name in start)
    record = folder.read_result()
    assert record is not None
    assert (record["partial"], record["step"]) == (True, 0)
    assert "partial" in (folder.result / "README.md").read_text("utf-8").lower()


def test_a_loss_that_is_no_number_ends_the_run(new_run, own_copy) -> None:
    start = own_copy("bert-pretraining")
    spoilt = load_file(start / "model.safetensors")
    spoilt["bert.encoder.layer.0.output.dense.bias"][:] = np.nan
    save_file(spoilt, start / "model.safetensors", metadata={"format": "pt"})
    folder = new_run("nan")
    object.__setattr__(folder.spec, "model", str(start))
    with pytest.raises(FloatingPointError, match="at step 1"):
        loop.train(folder, Control(folder))
    assert folder.resume_point().checkpoint is None


def test_patience_ends_a_run_that_gains_nothing(new_run) -> None:
    folder = new_run("patient", epochs=50, learning_rate=1e-12, patience=2)
    control = Control(folder)
    loop.train(folder, control)
    measured = [row["step"] for row in folder.read_metrics().rows if row["kind"] == "dev"]
    assert len(measured) == 3, "one best, then two without gain"
    assert control.status.step == measured[-1] < control.status.total_steps


def test_a_damaged_checkpoint_is_passed_over_and_named(new_run) -> None:
    folder = new_run("damaged", save_every=3)
    with pytest.raises(Stopped):
        loop.train(folder, StopsAt(folder, 7))
    newest = folder.checkpoints()[-1].path / "model.safetensors"
    newest.write_bytes(newest.read_bytes()[:-40])
    folder.forget_stop()
    control = Control(folder)
    loop.train(folder, control)
    assert any("checkpoint-7 cannot be used" in note for note in control.status.notes)
    resumed = [row["step"] for row in folder.read_metrics().rows if row["kind"] == "resumed"]
    assert resumed == [6]


def test_data_that_cannot_be_trained_on_is_refused_with_its_row(new_run, table: Path) -> None:
    lines = table.read_text("utf-8").splitlines()
    lines[4] = "the lake is cold\t"
    table.write_text("\n".join(lines), encoding="utf-8")
    folder = new_run("unlabelled")
    with pytest.raises(InputError, match=r"train\.tsv, row 5: .*label"):
        loop.train(folder, Control(folder))


def test_inputs_longer_than_the_model_reads_are_refused(new_run) -> None:
    folder = new_run("long", max_seq_length=128)
    with pytest.raises(InputError, match="reads 64 word pieces"):
        loop.train(folder, Control(folder))


def test_checkpoints_are_pruned(new_run) -> None:
    folder = new_run("pruned", save_every=2, keep_checkpoints=2)
    loop.train(folder, Control(folder))
    kept = [saved.step for saved in folder.checkpoints()]
    assert len(kept) == 2
    assert kept[-1] == 16
    assert not list(folder.path.rglob("*.bin")), "no pickle of arguments"
