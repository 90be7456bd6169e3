"""The trainer's small parts: order of examples, cutting of pairs, batches, predictions."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.data.examples import ChoiceExample, TaggedExample, TextExample
from bert_core.data.texts import Layout
from bert_core.errors import InputError, ModelError
from bert_core.model.checkpoints import inspect
from bert_core.model.tokenizer import Tokenizer
from bert_core.training import inputs
from bert_core.training.collate import Collator
from bert_core.training.kinds.base import NOT_ASKED, Features
from bert_core.training.kinds.choices import ChoiceKind
from bert_core.training.kinds.tagging import TagKind
from bert_core.training.kinds.texts import TextKind
from bert_core.training.predicting import predict
from bert_core.training.sampler import Order
from bert_core.training.settings import TrainSettings, limits, read_settings

LENGTHS = st.lists(st.integers(3, 60), max_size=300)


# ---- order ---------------------------------------------------------------------------------------


@given(LENGTHS, st.integers(1, 9), st.integers(0, 99), st.booleans())
def test_every_example_comes_once_an_epoch(
    lengths: list[int], batch: int, seed: int, grouped: bool
) -> None:
    order = Order(lengths, batch, seed, grouped=grouped)
    assert sorted(order) == list(range(len(lengths)))
    assert len(order) == len(lengths)


def test_order_depends_on_seed_and_epoch_only() -> None:
    lengths = list(np.random.default_rng(0).integers(3, 60, 200))
    first = Order(lengths, 8, seed=1)
    again = Order(lengths, 8, seed=1)
    assert list(first) == list(first) == list(again)
    again.set_epoch(1)
    assert list(again) != list(first)
    assert list(Order(lengths, 8, seed=2)) != list(first)


def padding(lengths: Sequence[int], order: Sequence[int], batch: int) -> int:
    batches = [order[n : n + batch] for n in range(0, len(order), batch)]
    return sum(max(lengths[m] for m in b) - lengths[m] for b in batches for m in b)


def test_grouping_leaves_little_padding_and_stays_random() -> None:
    lengths = np.random.default_rng(0).integers(3, 120, 4_000).tolist()
    grouped = list(Order(lengths, 16, seed=1))
    plain = list(Order(lengths, 16, seed=1, grouped=False))
    assert padding(lengths, grouped, 16) < 0.1 * padding(lengths, plain, 16)
    firsts = [lengths[m] for m in grouped[::16]]
    assert abs(np.corrcoef(firsts, range(len(firsts)))[0, 1]) < 0.2, "not from long to short"


# ---- cutting -------------------------------------------------------------------------------------


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 40))
def test_pairs_are_cut_as_run_classifier_cuts_them(one: int, two: int, places: int) -> None:
    first, second = list(range(one)), list(range(100, 100 + two))
    expected = (first[:], second[:])
    while len(expected[0]) + len(expected[1]) > places:
        expected[0 if len(expected[0]) > len(expected[1]) else 1].pop()
    assert inputs.shortened(first, second, places) == expected


@pytest.fixture(scope="module")
def tokenizer(folder_of) -> Tokenizer:
    return Tokenizer(inspect(folder_of("bert-classification"), source="tiny"))


def text_kind() -> TextKind:
    return TextKind(Layout(text="text", label="label", pair="pair"), ("accuracy",))


def texts(*pairs: tuple[str, str | None]) -> list[TextExample]:
    return [TextExample(n, text, pair, "a" if n % 2 else "b") for n, (text, pair) in
            enumerate(pairs, start=1)]  # fmt: skip


def test_texts_are_laid_out_as_the_library_lays_them_out(folder_of, tokenizer) -> None:
    import transformers

    library = transformers.AutoTokenizer.from_pretrained(folder_of("bert-classification"))
    examples = texts(
        ("the heron waits near the lake", None), ("our bakery opens late", "it is winter"),
        ("a", "the grey station and the old garden by the river"),
    )  # fmt: skip
    features = text_kind().encode(
        examples, tokenizer, TrainSettings(max_seq_length=12), labels=("a", "b")
    )
    for row, segments, example in zip(features.ids, features.segments, examples, strict=True):
        expected = library(example.text, example.pair, truncation="longest_first", max_length=12)
        assert row.tolist() == expected["input_ids"]
        assert segments.tolist() == expected["token_type_ids"]
    assert features.cut == 1
    assert features.labels["labels"] == [0, 1, 0]


def test_typed_special_tokens_stay_text(tokenizer) -> None:
    features = text_kind().encode(
        texts(("[SEP] in the [CLS] garden", None)), tokenizer, TrainSettings(), labels=("a",)
    )
    row = features.ids[0].tolist()
    assert row.count(tokenizer.sep_id) == 1
    assert row.count(tokenizer.cls_id) == 1


def test_the_first_piece_of_each_word_is_asked(tokenizer) -> None:
    example = TaggedExample(1, ("heron", "waited", "\u200b", "lake"), ("B-X", "O", "O", "I-X"))
    labels = ("O", "B-X", "I-X")
    features = TagKind().encode([example], tokenizer, TrainSettings(), labels=labels)
    target = features.labels["labels"][0]
    places = features.extra.places[0]
    assert places[2] == -1, "a word without a piece"
    assert [labels[target[p]] for p in places if p >= 0] == ["B-X", "O", "I-X"]
    assert (np.delete(target, [p for p in places if p >= 0]) == NOT_ASKED).all()


def test_words_that_are_cut_off_are_counted_and_not_asked(tokenizer) -> None:
    example = TaggedExample(1, ("heron", "waits", "near", "a", "lake"), ("O",) * 5)
    features = TagKind().encode(
        [example], tokenizer, TrainSettings(max_seq_length=8), labels=("O",)
    )
    short = TagKind().encode(
        [TaggedExample(1, example.words * 3, example.tags * 3)], tokenizer,
        TrainSettings(max_seq_length=8), labels=("O",),
    )  # fmt: skip
    assert (features.cut, short.cut) == (0, 1)
    assert len(short.ids[0]) == 8
    assert short.extra.places[0][6:] == (-1,) * 9


def test_endings_are_scored_together(tokenizer) -> None:
    examples = [ChoiceExample(1, "it is winter", "the lake", ("is cold", "is warm", "reads"), 0)]
    features = ChoiceKind().encode(examples, tokenizer, TrainSettings())
    assert len(features) == 1
    assert len(features.ids) == features.group == 3
    batch = Collator(features, pad_id=0, segments=True)([0])
    assert batch["input_ids"].shape[:2] == (1, 3)
    other = ChoiceExample(5, "snow", "", ("is cold", "is warm"), 1)
    with pytest.raises(InputError, match="Row 5 has 2 endings"):
        ChoiceKind().encode([*examples, other], tokenizer, TrainSettings())


# ---- batches and predictions ---------------------------------------------------------------------


def features_of(lengths: Sequence[int]) -> Features:
    random = np.random.default_rng(3)
    ids = [random.integers(5, 90, length).astype(np.int32) for length in lengths]
    return Features(
        ids=ids,
        segments=[np.zeros(length, dtype=np.uint8) for length in lengths],
        labels={"labels": [np.arange(length) for length in lengths]},
    )


def test_the_mask_is_left_out_where_nothing_is_padded() -> None:
    collator = Collator(features_of([4, 4, 7]), pad_id=9, segments=False)
    assert set(collator([0, 1])) == {"input_ids", "labels"}
    padded = collator([0, 2])
    assert padded["attention_mask"].tolist() == [[1] * 4 + [0] * 3, [1] * 7]
    assert padded["input_ids"][0, 4:].tolist() == [9] * 3
    assert padded["labels"][0, 4:].tolist() == [NOT_ASKED] * 3


@pytest.mark.parametrize("head", ["tagging", "classification"])
def test_predictions_equal_those_of_one_example_at_a_time(folder_of, head: str) -> None:
    import torch
    import transformers

    names = {"tagging": "AutoModelForTokenClassification",
             "classification": "AutoModelForSequenceClassification"}  # fmt: skip
    library = getattr(transformers, names[head])
    model = library.from_pretrained(folder_of(f"bert-{head}"), dtype=torch.float32).train()
    features = replace(features_of([5, 30, 9, 9, 61, 3]), labels={})
    outputs = predict(model, features, Collator(features, pad_id=0, segments=True))
    assert model.training, "put back as it was"
    model.eval()
    for row, output in zip(features.ids, outputs, strict=True):
        with torch.inference_mode():
            ids = torch.tensor(row[None].astype(np.int64))
            alone = model(ids, token_type_ids=torch.zeros_like(ids)).logits[0].numpy()
        assert output["logits"].shape == alone.shape
        np.testing.assert_allclose(output["logits"], alone, atol=1e-5)


# ---- heads ---------------------------------------------------------------------------------------


def test_a_new_head_depends_on_the_seed_only(folder_of) -> None:
    kind = text_kind()
    first, same, other = (
        kind.model(folder_of("bert-pretraining"), labels=("a", "b", "c"), seed=seed)
        for seed in (1, 1, 2)
    )
    assert first.config.id2label == {0: "a", 1: "b", 2: "c"}
    assert (first.classifier.weight == same.classifier.weight).all()
    assert (first.classifier.weight != other.classifier.weight).any()
    assert (first.bert.pooler.dense.weight == other.bert.pooler.dense.weight).all()


def test_a_checkpoint_without_its_encoder_is_refused(own_copy) -> None:
    from safetensors.torch import load_file, save_file

    folder = own_copy("bert-pretraining")
    weights = load_file(folder / "model.safetensors")
    del weights["bert.encoder.layer.1.output.dense.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"layer\.1\.output\.dense\.weight"):
        text_kind().model(folder, labels=("a", "b"), seed=1)


# ---- settings ------------------------------------------------------------------------------------


def test_settings_are_read_from_text_and_refused_by_name() -> None:
    found = read_settings({"learning_rate": "5e-5", "max_steps": "60"}, {"epochs": 2})
    assert (found.learning_rate, found.max_steps, found.epochs) == (5e-5, 60, 2)
    with pytest.raises(
        InputError, match=r"There is no setting 'lr'. There are: .*learning_rate"
    ) as wrong:
        read_settings({"lr": "1"})
    assert wrong.value.field == "lr"
    with pytest.raises(InputError, match=r"batch_size = 'many' cannot be used"):
        read_settings({"batch_size": "many"})
    with pytest.raises(InputError, match="epochs = '0'"):
        read_settings({"epochs": "0"})


def test_every_setting_says_what_it_is_and_where_it_ends() -> None:
    for name, field in TrainSettings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
    assert limits("batch_size") == {"ge": 1, "le": 4096}
