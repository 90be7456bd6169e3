"""Classification against the library: labels, numbers, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from bert_core.errors import InputError, ModelError
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.tasks.classify import classify
from bert_core.views import answers, plain
from bert_core.views.bars import bars_payload
from bert_core.views.records import to_csv, to_json
from tests import tiny
from tests.unit.fine_tuned import CLASSES, change_config, close, library_logits, rewrite, write

pytestmark = pytest.mark.usefixtures("models")
NAMES = {"1": "rain", "0": "bread", "2": "snow"}


def softmax(logits: np.ndarray) -> np.ndarray:
    exact = np.exp(logits.astype(np.float64) - logits.max())
    return exact / exact.sum()


@pytest.fixture(scope="module")
def encoders(tmp_path_factory, models):  # type: ignore[no-untyped-def]
    """A classifier of each family; BERT's has three labels, listed in another order."""
    found = {}
    for family in CLASSES:
        folder = tmp_path_factory.mktemp("classify") / family
        sizes = {"num_labels": 3} if family == "bert" else {}
        write(folder, family, "classification", **sizes)
        names = NAMES if family == "bert" else {"0": "cold", "1": "warm"}
        change_config(folder, id2label=names)
        found[family] = load(ModelChoice(source=str(folder)))
    return found


@pytest.fixture
def three(encoders):  # type: ignore[no-untyped-def]
    """The BERT with three labels."""
    return encoders["bert"]


@pytest.mark.parametrize("family", CLASSES)
@pytest.mark.parametrize(
    ("text", "pair"),
    [("The heron waits near the cold lake.", None), ("Fresh snow.", "Our bakery opens late."),
     ("x", None)],
)  # fmt: skip
def test_probabilities_equal_the_library(encoders, family, text, pair) -> None:  # type: ignore[no-untyped-def]
    encoder = encoders[family]
    result = classify(encoder, text, pair)
    folder = encoder.checkpoint.folder
    logits = library_logits(folder, CLASSES[family]["classification"], result.tokens)
    expected = softmax(logits)
    close(result.logits, logits)
    names = ("bread", "rain", "snow") if family == "bert" else ("cold", "warm")
    assert sorted(each.label for each in result.probabilities) == sorted(names)
    for each in result.probabilities:
        assert names[each.id] == each.label
        close(each.probability, expected[each.id])
        close(each.logit, logits[each.id])
    ordered = [each.probability for each in result.probabilities]
    assert ordered == sorted(ordered, reverse=True)
    assert result.label == names[int(expected.argmax())]
    assert sum(ordered) == pytest.approx(1, abs=1e-9)
    assert result.score is None
    assert result.model == encoder.label
    assert (result.tokens.text, result.tokens.pair) == (text, pair)


def test_a_number_is_a_score(tmp_path: Path) -> None:
    folder = tiny.write_bert(tmp_path / "model", "classification", num_labels=1)
    encoder = load(ModelChoice(source=str(folder)))
    result = classify(encoder, "Warm bread.", "Cold rain.")
    logits = library_logits(folder, "BertForSequenceClassification", result.tokens)
    close([result.score], logits)
    assert result.logits == (result.score,)
    assert result.label is None
    assert result.probabilities == ()
    assert plain.classify(result) == f"score {result.score:.4f}"
    assert to_csv(result) == f"score\r\n{result.score}\r\n"


def test_several_numbers_are_refused(tmp_path: Path) -> None:
    folder = tiny.write_bert(
        tmp_path / "model", "classification", num_labels=3, problem_type="regression"
    )
    encoder = load(ModelChoice(source=str(folder)))
    with pytest.raises(ModelError, match="gives 3 numbers"):
        classify(encoder, "Warm bread.")


def test_labels_that_are_asked_one_by_one(tmp_path: Path) -> None:
    folder = tiny.write_bert(
        tmp_path / "model", "classification", num_labels=3,
        problem_type="multi_label_classification",
    )  # fmt: skip
    result = classify(load(ModelChoice(source=str(folder))), "Warm bread.")
    logits = library_logits(folder, "BertForSequenceClassification", result.tokens)
    close(
        [each.probability for each in result.probabilities],
        np.sort(1 / (1 + np.exp(-logits)))[::-1],
    )
    assert any("need not add up to 1" in note for note in result.notes)


def test_typed_special_tokens_are_text(three) -> None:  # type: ignore[no-untyped-def]
    result = classify(three, "A [MASK] and a [SEP] by the ___ <mask>.")
    assert result.tokens.masks == ()
    assert three.tokenizer.mask_id not in result.tokens.ids
    assert result.tokens.ids.count(three.tokenizer.sep_id) == 1


def test_what_the_model_cannot_see_is_said(three) -> None:  # type: ignore[no-untyped-def]
    result = classify(three, "snow\u200b and 今")
    assert any("dropped by the tokenizer" in note for note in result.notes)
    assert any("unknown to the vocabulary" in note for note in result.notes)


def test_models_without_the_head_are_refused(encoder_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ModelError, match=r"no classification head \(it has: masked word\)") as one:
        classify(encoder_of("bert-masked"), "snow")
    assert "masked word (the page Masked word)" in str(one.value)
    assert one.value.field == "model"
    with pytest.raises(ModelError, match=r"\(it has: none\).*Choose another model\.$"):
        classify(encoder_of("bert-bare"), "snow")
    with pytest.raises(ModelError, match=r"\(it has: tagging\)"):
        classify(encoder_of("bert-tagging"), "snow")


@pytest.mark.parametrize(
    ("text", "pair", "field", "said"),
    [
        ("", None, "text", "empty"),
        (" \n", None, "text", "empty"),
        ("snow", "", "pair", "second text is empty"),
        ("\u200b", None, "text", "no character that the model can see"),
        ("snow " * 63, None, "text", "65 word pieces"),
        ("snow", "rain " * 61, "pair", "65 word pieces"),
        ("\ud800", None, "text", "surrogate"),
    ],
)
def test_texts_that_cannot_be_read_are_refused(three, text, pair, field, said) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=said) as refused:
        classify(three, text, pair)
    assert refused.value.field == field


def test_the_longest_text_is_read(three) -> None:  # type: ignore[no-untyped-def]
    assert len(classify(three, "snow " * 62).tokens) == 64


def test_weights_that_are_no_numbers_are_said(tmp_path: Path) -> None:
    folder = tiny.write_bert(tmp_path / "model", "classification")
    rewrite(folder, lambda held: {**held, "classifier.bias": np.full(2, np.nan, np.float32)})
    with pytest.raises(InputError, match="no numbers"):
        classify(load(ModelChoice(source=str(folder))), "snow")


def test_views_show_the_result(three) -> None:  # type: ignore[no-untyped-def]
    result = classify(three, "Warm bread.")
    stored = json.loads(to_json(result))
    assert stored["label"] == result.label
    assert stored["probabilities"][0]["probability"] == result.probabilities[0].probability
    assert to_csv(result).splitlines()[0] == "label,id,probability,logit"
    table = answers.labels(result)
    assert [row.cells[0] for row in table.rows] == [each.label for each in result.probabilities]
    assert [row.emphasis for row in table.rows] == [True, False, False]
    assert bars_payload(table.rows, table.columns, table.scale)["full"] == 1.0
    assert plain.classify(result).splitlines()[1].startswith(str(result.label))
