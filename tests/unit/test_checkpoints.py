"""What a model folder holds, and everything that is refused before weights are loaded."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert_core.errors import ModelError
from bert_core.model.checkpoints import HEAD_NAMES, inspect, require_files

HEADS = {
    "bert-pretraining": ("masked_word", "next_sentence"),
    "bert-masked": ("masked_word",),
    "bert-next_sentence": ("next_sentence",),
    "bert-classification": ("classification",),
    "bert-tagging": ("tagging",),
    "bert-multiple_choice": ("multiple_choice",),
    "bert-span": ("span",),
    "bert-bare": (),
    "distilbert": ("masked_word",),
    "distilbert-classification": ("classification",),
    "roberta": ("masked_word",),
    "roberta-classification": ("classification",),
    "xlm-roberta": ("masked_word",),
}


@pytest.mark.parametrize("name", HEADS)
def test_heads_are_those_in_the_file(folder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    checkpoint = inspect(folder_of(name), source="mine")
    assert checkpoint.heads == HEADS[name]
    for head in HEAD_NAMES:
        if head in HEADS[name]:
            checkpoint.require(head)
        else:
            with pytest.raises(ModelError, match=f"mine has no {HEAD_NAMES[head]} head") as refused:
                checkpoint.require(head)
            assert refused.value.field == "model"
            for present in HEADS[name]:
                assert HEAD_NAMES[present] in str(refused.value)


@pytest.mark.parametrize("name", HEADS)
def test_sizes_are_those_of_the_model(folder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    folder = folder_of(name)
    checkpoint = inspect(folder, source="mine", revision="abc")
    assert (checkpoint.layers, checkpoint.attention_heads, checkpoint.hidden) == (2, 4, 32)
    assert checkpoint.max_pieces == 64
    assert (checkpoint.source, checkpoint.folder, checkpoint.revision) == ("mine", folder, "abc")
    weights = load_file(folder / "model.safetensors")
    assert checkpoint.parameters == sum(array.size for array in weights.values())
    words = next(array for key, array in weights.items() if "word_embeddings" in key)
    assert words.shape == (checkpoint.vocabulary, checkpoint.hidden)
    size = (folder / "model.safetensors").stat().st_size
    assert checkpoint.file_mib == pytest.approx(size / 1024 / 1024)


def test_what_a_family_lacks_is_said(folder_of) -> None:  # type: ignore[no-untyped-def]
    lacks = {
        name: inspect(folder_of(name), source=name).family.lacks
        for name in ("bert-masked", "distilbert", "roberta", "xlm-roberta")
    }
    assert lacks.pop("bert-masked") == ""
    for sentence in lacks.values():
        assert "no segments" in sentence
        assert "no next-sentence head" in sentence


def test_the_embedded_model(embedded) -> None:  # type: ignore[no-untyped-def]
    checkpoint = embedded.checkpoint
    assert checkpoint.heads == ("masked_word", "next_sentence")
    sizes = (checkpoint.layers, checkpoint.hidden, checkpoint.attention_heads)
    assert sizes == (6, 384, 12)
    assert checkpoint.vocabulary == 30_522
    assert checkpoint.max_pieces == 512


def test_weights_in_several_files_are_one_model(own_copy) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    whole = inspect(folder, source="mine")
    weights = load_file(folder / "model.safetensors")
    names = sorted(weights)
    (folder / "model.safetensors").unlink()
    for number, part in enumerate((names[::2], names[1::2]), start=1):
        save_file(
            {name: weights[name] for name in part},
            folder / f"model-0000{number}-of-00002.safetensors",
            metadata={"format": "pt"},
        )
    split = inspect(folder, source="mine")
    assert (split.heads, split.parameters) == (whole.heads, whole.parameters)


# ---- config.json -------------------------------------------------------------------------------


def refuse(folder: Path, said: str) -> None:
    with pytest.raises(ModelError, match=said) as refused:
        inspect(folder, source="mine")
    assert refused.value.field == "model"
    assert "mine" in str(refused.value)
    assert len(str(refused.value)) < 500


def change_config(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}), encoding="utf-8")


def test_a_folder_without_config_names_the_way_out(tmp_path: Path) -> None:
    refuse(tmp_path, "no config.json.*convert")


@pytest.mark.parametrize(
    "content",
    [b"", b"{oops", b"[]", b"3", b'"bert"', b"null", "{}".encode("utf-16"), b"\0", b"[" * 100_000],
    ids=range(9),
)
def test_config_that_is_no_json_object(own_copy, content: bytes) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-bare")
    (folder / "config.json").write_bytes(content)
    refuse(folder, "config.json of mine")


def test_config_that_is_a_folder(own_copy) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-bare")
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()
    refuse(folder, "cannot be read")


@pytest.mark.parametrize("kind", ["gpt2", "", None, ["bert"], 3, "BERT"])
def test_other_families_are_refused_by_name(own_copy, kind: object) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-bare")
    change_config(folder, model_type=kind)
    said = "no model_type" if kind is None else "model_type [^N]"
    refuse(folder, f"says {said}.*no encoder that this app reads .*bert, distilbert, roberta")


@pytest.mark.parametrize(
    "key",
    [
        "num_hidden_layers", "num_attention_heads", "hidden_size", "vocab_size",
        "max_position_embeddings",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [-1, 0, 10**9, 2.0, "2", None, True, [2], {}])
def test_absurd_sizes_are_refused(own_copy, key: str, value: object) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-bare")
    change_config(folder, **{key: value})
    refuse(folder, key)


@pytest.mark.parametrize("key", ["n_layers", "n_heads", "dim"])
def test_absurd_sizes_under_other_names_are_refused(own_copy, key: str) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("distilbert")
    change_config(folder, **{key: -1})
    refuse(folder, "whole number")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("num_hidden_layers", 1),
        ("num_hidden_layers", 3),
        ("hidden_size", 64),
        ("vocab_size", 100),
        ("vocab_size", 10**6),
        ("max_position_embeddings", 32),
        ("max_position_embeddings", 128),
    ],
)
def test_weights_of_another_model_are_refused(own_copy, key: str, value: int) -> None:  # type: ignore[no-untyped-def]
    """Too few layers would be filled up at random, too many left out without a word."""
    folder = own_copy("bert-pretraining")
    change_config(folder, **{key: value})
    refuse(folder, f"of another model than its config.json: they give {key}")


def test_heads_must_divide_the_width(own_copy) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-bare")
    change_config(folder, num_attention_heads=3)
    refuse(folder, "not a multiple")


def test_a_decoder_is_no_encoder(own_copy) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-masked")
    change_config(folder, is_decoder=True)
    refuse(folder, "is_decoder")


def test_a_model_must_read_a_few_pieces(models: Path, tmp_path: Path) -> None:
    from tests import tiny

    refuse(tiny.write_bert(tmp_path / "short", max_position_embeddings=7), "reads 7 word pieces")


@pytest.mark.parametrize("value", [7, "Bert", None, [None], {}, ["x" * 1000]])
def test_odd_architectures_do_no_harm(own_copy, value: object) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-classification")
    change_config(folder, architectures=value)
    assert inspect(folder, source="mine").heads == ("classification",)


# ---- weights -----------------------------------------------------------------------------------


def test_without_safetensors_nothing_is_opened(own_copy) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    refuse(folder, "has no model.safetensors.*hide programs")


def test_safetensors_of_something_else_are_not_taken_for_the_model(own_copy) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    (folder / "model.safetensors").rename(folder / "adapter_model.safetensors")
    refuse(folder, "has no model.safetensors")


@pytest.mark.parametrize("keep", [0, 7, 8, 100, -1, -1000])
def test_truncated_weights_are_refused(own_copy, keep: int) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    refuse(folder, "model.safetensors of mine is damaged or incomplete")


def test_a_pickle_named_safetensors_is_refused(own_copy) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    (folder / "model.safetensors").write_bytes(b"\x80\x04\x95" + b"x" * 400)
    refuse(folder, "damaged or incomplete")


def test_weights_that_are_no_encoder_are_refused(own_copy) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    save_file({"a": np.zeros(3, dtype=np.float32)}, folder / "model.safetensors")
    refuse(folder, "of another model")


@pytest.mark.parametrize(
    ("name", "gone"), [("config.json", True), ("config.json", False), ("model.safetensors", True)]
)
def test_a_missing_or_empty_file_is_noticed_without_reading(  # type: ignore[no-untyped-def]
    own_copy, name: str, gone: bool
) -> None:
    folder = own_copy("bert-pretraining")
    require_files(folder, "mine")
    (folder / name).unlink() if gone else (folder / name).write_bytes(b"")
    with pytest.raises(ModelError, match=f"mine has no {name}"):
        require_files(folder, "mine")
    with pytest.raises(ModelError):
        require_files(folder / "none", "mine")
