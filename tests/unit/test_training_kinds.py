"""Every kind of task from its sample to a checkpoint that opens with the right head."""

import json
from pathlib import Path

import numpy as np
import pytest

from bert_core.data.pretraining.store import InstanceStore
from bert_core.metrics import squad as squad_metrics
from bert_core.model.checkpoints import inspect
from bert_core.model.tokenizer import Tokenizer
from bert_core.training import loop
from bert_core.training.control import Control
from bert_core.training.folder import RunFolder
from bert_core.training.provenance import describe
from bert_core.training.samples import sample
from bert_core.training.settings import read_settings
from bert_core.training.spec import RunSpec
from bert_core.training.tasks import find_task

HEADS = {
    "sentences": "classification",
    "pairs": "classification",
    "scores": "classification",
    "tags": "tagging",
    "choices": "multiple_choice",
    "questions": "span",
    "squad2": "span",
    "pretraining": "masked_word",
}
SHORT = {"max_seq_length": 64, "max_query_length": 16, "doc_stride": 24, "batch_size": 4,
         "max_rows": 24, "max_steps": 4, "precision": "float32", "learning_rate": 1e-3}  # fmt: skip


def trained(folder: Path, task: str, model: Path, **settings: object) -> RunFolder:
    train, dev = sample(task)
    run = RunFolder(folder / "runs" / f"{task}-run")
    run.create(
        RunSpec(
            id=f"{task}-run",
            task=task,
            model=str(model),
            train=describe(train, {}, "train"),
            dev=describe(dev, {}, "dev"),
            settings=read_settings({**SHORT, **settings}, find_task(task).defaults),
        )
    )
    loop.train(run, Control(run))
    return run


@pytest.mark.parametrize("task", HEADS)
def test_a_sample_becomes_a_checkpoint(tmp_path: Path, folder_of, task: str) -> None:
    run = trained(tmp_path, task, folder_of("bert-pretraining"))
    record = run.read_result()
    assert record is not None
    assert record["step"] == 4
    assert np.isfinite(record["metrics"][find_task(task).metric])
    opened = inspect(run.result, source="result")
    assert HEADS[task] in opened.heads
    start = Tokenizer(inspect(folder_of("bert-pretraining"), source="start"))
    assert Tokenizer(opened).cut_many(["Our bakery opens [SEP]"]) == start.cut_many(
        ["Our bakery opens [SEP]"]
    )
    assert record["data"]["train"] <= 24


def test_answers_to_questions_are_written_as_run_squad_does(tmp_path: Path, folder_of) -> None:
    run = trained(tmp_path, "squad2", folder_of("bert-pretraining"))
    written = {name: json.loads((run.path / f"{name}.json").read_text("utf-8"))
               for name in ("predictions", "nbest_predictions", "null_odds")}  # fmt: skip
    gold = find_task("squad2").kind.read(sample("squad2")[1], {}).examples  # type: ignore[attr-defined]
    assert written["predictions"].keys() == {question.id for question in gold}
    again = squad_metrics.score(gold, written["predictions"]).metrics
    record = run.read_result()
    assert record is not None
    assert record["metrics"]["f1"] == pytest.approx(again["f1"])
    best = squad_metrics.score(
        gold,
        {i: next((c["text"] for c in n if c["text"]), "")
         for i, n in written["nbest_predictions"].items()},
        written["null_odds"],
    ).metrics  # fmt: skip
    assert record["metrics"]["best_f1"] == pytest.approx(best["best_f1"])


def test_pretraining_measures_what_the_library_says(tmp_path: Path, folder_of) -> None:
    """Masked-word loss and both accuracies against a direct forward pass on every instance."""
    import torch
    import transformers

    run = trained(tmp_path, "pretraining", folder_of("bert-pretraining"))
    model = transformers.BertForPreTraining.from_pretrained(run.result, dtype=torch.float32).eval()
    assert model.config.architectures == ["BertForPreTraining"]
    store = InstanceStore.open(run.path / "dev-instances")
    nats, right, total, following = 0.0, 0, 0, 0
    for instance in store:
        with torch.inference_mode():
            out = model(
                torch.from_numpy(instance.ids)[None],
                token_type_ids=torch.from_numpy(instance.segments)[None],
            )
        scores = out.prediction_logits[0, instance.positions].log_softmax(-1)
        labels = torch.from_numpy(instance.labels)
        nats -= float(scores.gather(1, labels[:, None]).sum())
        right += int((scores.argmax(-1) == labels).sum())
        total += len(labels)
        following += int(out.seq_relationship_logits.argmax()) == instance.is_random_next
    record = run.read_result()
    assert record is not None
    metrics = record["metrics"]
    assert metrics["masked_loss"] == pytest.approx(nats / total, abs=1e-4)
    assert metrics["masked_accuracy"] == pytest.approx(right / total)
    assert metrics["next_accuracy"] == pytest.approx(following / len(store))


def test_from_scratch_a_vocabulary_is_learnt_and_nothing_is_inherited(
    tmp_path: Path, folder_of
) -> None:
    run = trained(
        tmp_path, "pretraining", folder_of("bert-pretraining"), from_scratch=True,
        vocabulary_size=300,
    )  # fmt: skip
    opened = inspect(run.result, source="result")
    assert set(opened.heads) == {"masked_word", "next_sentence"}
    assert opened.vocabulary <= 300
    pieces = Tokenizer(opened).vocabulary.pieces
    assert pieces[0] == "[PAD]"
    assert {"[UNK]", "[CLS]", "[SEP]", "[MASK]"} <= set(pieces)
    assert opened.layers == inspect(folder_of("bert-pretraining"), source="start").layers


def test_a_tenth_is_held_back_where_there_is_no_dev_file(tmp_path: Path, folder_of) -> None:
    train, _ = sample("sentences")
    run = RunFolder(tmp_path / "runs" / "held")
    run.create(
        RunSpec(
            id="held", task="sentences", model=str(folder_of("bert-pretraining")),
            train=describe(train, {}, "train"),
            settings=read_settings({**SHORT, "max_rows": None}),
        )
    )  # fmt: skip
    loop.train(run, Control(run))
    record = run.read_result()
    assert record is not None
    counts = record["data"]
    assert counts["held_back"] == counts["dev"] == pytest.approx(0.1 * counts["train"] / 0.9, abs=1)
    labels = [example.label for example in
              find_task("sentences").kind.read(train, {}).examples]  # type: ignore[attr-defined]  # fmt: skip
    assert counts["train"] + counts["dev"] == len(labels)
