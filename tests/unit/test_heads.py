"""The heads of fine-tuning: found in a file, loaded whole or refused, and exact."""

import json
from pathlib import Path

import numpy as np
import pytest

from bert_core.errors import ModelError
from bert_core.model.checkpoints import HEAD_NAMES, HEAD_PLACES, inspect
from bert_core.model.choice import ModelChoice
from bert_core.model.devices import Device
from bert_core.model.loading import load
from bert_core.model.modules import library_classes
from bert_core.views.cards import model_lines
from tests import tiny
from tests.unit.fine_tuned import CLASSES, change_config, close, library_logits, rewrite, write

pytestmark = pytest.mark.usefixtures("models")
KINDS = [(family, head) for family, heads in CLASSES.items() for head in heads]
TEXTS = (
    ("The heron waits near the cold lake.", None),
    ("snow", "A slow train by the river, in the rain."),
    ("fresh snow " * 9, "a river"),
    ("x", None),
)


@pytest.fixture(scope="module")
def fine_tuned(models: Path):  # type: ignore[no-untyped-def]
    """The folder of a family with a head, made once. Read only."""

    def made(family: str, head: str) -> Path:
        folder = models / f"fine-tuned-{family}-{head}"
        return folder if folder.exists() else write(folder, family, head)

    return made


def open_(folder: Path, **choice: str):  # type: ignore[no-untyped-def]
    return load(ModelChoice(source=str(folder), **choice))  # type: ignore[arg-type]


@pytest.mark.parametrize(("family", "head"), KINDS)
def test_a_head_equals_the_library(fine_tuned, family: str, head: str) -> None:  # type: ignore[no-untyped-def]
    """In one batch of mixed lengths, against one unpadded pass of the library for each."""
    folder, library = fine_tuned(family, head), CLASSES[family][head]
    encoder = open_(folder)
    inputs = [encoder.tokenize(*texts, masks=False) for texts in TEXTS]
    expected = [library_logits(folder, library, tokens) for tokens in inputs]
    if head in ("classification", "multiple_choice"):
        found = encoder.head_logits(head, inputs)
        assert {rows.shape for rows in found} == {(1, 2 if head == "classification" else 1)}
    else:
        found = encoder.head_logits(head, inputs, [range(len(tokens)) for tokens in inputs])
        assert [rows.shape for rows in found] == [(len(tokens), 2) for tokens in inputs]
        some = encoder.head_logits(head, inputs, [(3, 1), (), (2,), (1,)])
        close(some[0], expected[0][[3, 1]])
        assert some[1].shape == (0, 2)
    for rows, wanted in zip(found, expected, strict=True):
        assert rows.dtype == np.float32
        close(rows.reshape(wanted.shape), wanted)
    assert encoder.head_logits(head, []) == []


def test_inputs_of_equal_length_share_a_pass(fine_tuned) -> None:  # type: ignore[no-untyped-def]
    encoder = open_(fine_tuned("bert", "classification"))
    encoder.head_logits("classification", [encoder.tokenize("snow"), encoder.tokenize("rain")])
    assert encoder.passes == 1


@pytest.mark.parametrize(("family", "head"), KINDS)
def test_every_other_head_is_refused(fine_tuned, family: str, head: str) -> None:  # type: ignore[no-untyped-def]
    encoder = open_(fine_tuned(family, head))
    assert encoder.checkpoint.heads == (head,)
    for other in HEAD_NAMES:
        if other != head:
            with pytest.raises(ModelError) as refused:
                encoder.head_logits(other, [encoder.tokenize("snow")])
            said = str(refused.value)
            assert f"no {HEAD_NAMES[other]} head (it has: {HEAD_NAMES[head]})" in said
            place = f"ask what this one has: {HEAD_NAMES[head]} ({HEAD_PLACES[head]})"
            assert place in said


@pytest.mark.parametrize(
    ("family", "head", "lost"),
    [
        ("bert", "classification", "classifier.bias"),
        ("bert", "classification", "bert.pooler.dense.weight"),
        ("bert", "multiple_choice", "bert.pooler.dense.bias"),
        ("bert", "tagging", "classifier.bias"),
        ("bert", "span", "qa_outputs.bias"),
        ("bert", "tagging", "bert.encoder.layer.1.output.dense.weight"),
        ("distilbert", "classification", "pre_classifier.bias"),
        ("distilbert", "classification", "classifier.weight"),
        ("roberta", "classification", "classifier.out_proj.bias"),
        ("roberta", "classification", "classifier.dense.bias"),
        ("roberta", "multiple_choice", "roberta.pooler.dense.weight"),
    ],
)
def test_a_head_with_random_weights_is_refused(  # type: ignore[no-untyped-def]
    tmp_path: Path, family: str, head: str, lost: str
) -> None:
    folder = write(tmp_path / "model", family, head)

    def drop(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        assert lost in weights
        return {key: array for key, array in weights.items() if key != lost}

    rewrite(folder, drop)
    with pytest.raises(ModelError, match=rf"lacks 1 weights.*{lost} for one.*incomplete"):
        open_(folder)


def test_a_checkpoint_with_several_heads_answers_with_all(tmp_path: Path) -> None:
    """As when a classifier was trained without throwing the masked-word head away."""
    folder = tiny.write_bert(tmp_path / "model", "pretraining")
    rng = np.random.default_rng(5)
    own = {
        "classifier.weight": rng.normal(size=(2, 32)).astype(np.float32),
        "classifier.bias": rng.normal(size=2).astype(np.float32),
        "qa_outputs.weight": rng.normal(size=(2, 32)).astype(np.float32),
        "qa_outputs.bias": rng.normal(size=2).astype(np.float32),
    }
    rewrite(folder, lambda weights: {**weights, **own})
    encoder = open_(folder)
    heads = ("masked_word", "next_sentence", "classification", "span")
    assert encoder.checkpoint.heads == heads
    assert list(library_classes(encoder.checkpoint)) == [
        "BertForPreTraining",
        "AutoModelForSequenceClassification",
        "AutoModelForQuestionAnswering",
    ]
    tokens = encoder.tokenize("The heron [MASK] near the lake.")
    for head, library in (
        ("classification", "BertForSequenceClassification"),
        ("next_sentence", "BertForNextSentencePrediction"),
    ):
        close(encoder.head_logits(head, [tokens])[0][0], library_logits(folder, library, tokens))
    everywhere = [range(len(tokens))]
    close(
        encoder.head_logits("span", [tokens], everywhere)[0],
        library_logits(folder, "BertForQuestionAnswering", tokens),
    )
    close(
        encoder.trace(tokens, positions=tokens.masks).logits,
        library_logits(folder, "BertForMaskedLM", tokens)[list(tokens.masks)],
    )


def test_the_fast_mode_answers_about_the_same(fine_tuned, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    here = (Device("cpu", "CPU", "bfloat16"),)
    monkeypatch.setattr("bert_core.model.devices.list_devices", lambda: here)
    folder = fine_tuned("bert", "classification")
    fast, exact = open_(folder, precision="fast"), open_(folder)
    tokens = exact.tokenize("The heron waits near the cold lake.")
    one, two = (each.head_logits("classification", [tokens])[0] for each in (fast, exact))
    assert one.dtype == np.float32
    np.testing.assert_allclose(one, two, atol=0.2)


# ---- labels ------------------------------------------------------------------------------------


def labelled(folder: Path, **config: object) -> Path:
    tiny.write_bert(folder, "classification", num_labels=3)
    return change_config(folder, **config)


def test_labels_stand_in_the_order_of_the_outputs(tmp_path: Path) -> None:
    names = {"2": "so so", "0": "bad", "1": "7"}
    folder = labelled(tmp_path / "model", id2label=names)
    assert inspect(folder, source="mine").labels == ("bad", "7", "so so")
    assert inspect(folder, source="mine").answers == "one"
    assert "labels: bad, 7 and so so" in model_lines(open_(folder))


def test_labels_that_are_numbers_are_kept_as_text(tmp_path: Path) -> None:
    folder = labelled(tmp_path / "model", id2label={"0": 0, "1": 1, "2": 2})
    assert inspect(folder, source="mine").labels == ("0", "1", "2")


def test_outputs_without_a_name_are_numbered(tmp_path: Path) -> None:
    folder = labelled(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    del config["id2label"]
    (folder / "config.json").write_text(json.dumps({**config, "num_labels": 3}))
    assert inspect(folder, source="mine").labels == ("LABEL_0", "LABEL_1", "LABEL_2")


@pytest.mark.parametrize("names", [["a", "b", "c"], 3, {"0": ["a"]}, {"0": None}])
def test_labels_that_are_no_names_are_refused(tmp_path: Path, names) -> None:  # type: ignore[no-untyped-def]
    folder = labelled(tmp_path / "model", id2label=names)
    with pytest.raises(ModelError, match="no names in id2label"):
        inspect(folder, source="mine")


@pytest.mark.parametrize("outputs", [2, 5])
def test_more_or_fewer_names_than_outputs_are_refused(tmp_path: Path, outputs: int) -> None:
    names = {str(n): f"label {n}" for n in range(outputs)}
    folder = labelled(tmp_path / "model", id2label=names)
    with pytest.raises(ModelError, match=r"do not fit its config\.json"):
        open_(folder)


@pytest.mark.parametrize(
    ("problem", "answers"),
    [
        ("single_label_classification", "one"),
        ("multi_label_classification", "several"),
        ("regression", "number"),
        (["x"], "one"),
        (None, "one"),
    ],
)
def test_what_outputs_mean(tmp_path: Path, problem: object, answers: str) -> None:
    folder = labelled(tmp_path / "model", problem_type=problem)
    assert inspect(folder, source="mine").answers == answers


def test_only_heads_that_name_their_outputs_have_labels(fine_tuned) -> None:  # type: ignore[no-untyped-def]
    for family, head in KINDS:
        expected = 2 if head in ("classification", "tagging") else 0
        assert len(inspect(fine_tuned(family, head), source="mine").labels) == expected
