"""Google's releases converted: the same numbers as Google's code, and nothing left by a failure."""

import json
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert_core.errors import InputError, ModelError
from bert_core.model.google.config import GoogleConfig, read_config
from bert_core.model.google.convert import ConvertReport, convert
from bert_core.model.google.files import find_release
from bert_core.model.google.names import plan
from bert_core.model.google.tensor_bundle import open_bundle
from bert_core.model.google.vocabulary import decide_case, read_vocabulary, write_tokenizer
from tests.unit import bundle_writer as writer

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "google_tiny"
PRETRAINED = GOLDEN / "uncased_L-2_H-8_A-2"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text())
CLOSE = 1e-5  # largest difference from Google's numbers that is let pass


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, ConvertReport]]:
    """Each fixture's folder, converted, by the name of its answers. Read only."""
    folder = tmp_path_factory.mktemp("converted")
    sources = {"pretraining": PRETRAINED.name, "squad": "cased_squad_run"}
    sources["classifier"] = "classifier_run"
    return {
        key: (folder / key, convert(GOLDEN / name, folder / key)) for key, name in sources.items()
    }


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A copy of the pre-trained release that a test may spoil, alone in its folder."""
    return Path(shutil.copytree(PRETRAINED, tmp_path / "in" / PRETRAINED.name))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where to convert to; its parent is empty."""
    (tmp_path / "place").mkdir()
    return tmp_path / "place" / "out"


def refused(source: Path, out: Path, reason: str, kind: type[Exception] = ModelError) -> None:
    """The conversion ends in a sentence and leaves nothing beside ``out``."""
    before = sorted(out.parent.iterdir()) if out.parent.is_dir() else None
    with pytest.raises(kind, match=reason) as caught:
        convert(source, out)
    assert str(caught.value).endswith(".")
    if before is not None:
        assert sorted(out.parent.iterdir()) == before


# The same numbers as Google's code


def answers(model_class: Any, folder: Path, key: str, **settings: object) -> Any:
    """What transformers computes for the inputs that Google's code was given."""
    import torch

    model, info = model_class.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True, **settings
    )
    assert not info["missing_keys"]
    assert not info["mismatched_keys"]
    given = EXPECTED[key]
    with torch.inference_mode():
        return model.eval()(
            input_ids=torch.tensor(given["input_ids"]),
            attention_mask=torch.tensor(given["input_mask"]),
            token_type_ids=torch.tensor(given["segment_ids"]),
            output_hidden_states=True,
        )


def off(values: Any, key: str, name: str) -> float:
    """Largest absolute difference from Google's answer."""
    want = np.array(EXPECTED[key][name])
    assert values.shape == want.shape
    return float(np.abs(values.numpy() - want).max())


def at_positions(logits: Any) -> Any:
    """(B, T, V) to the (B, P, V) of the positions that were asked for."""
    rows = np.arange(len(logits))[:, None]
    return logits[rows, np.array(EXPECTED["pretraining"]["positions"])]


def test_pretrained_model_equals_google(
    converted: dict[str, tuple[Path, ConvertReport]],
) -> None:
    from transformers import BertForPreTraining, BertModel

    folder, _ = converted["pretraining"]
    both = answers(BertForPreTraining, folder, "pretraining")
    assert off(both.hidden_states[-1], "pretraining", "sequence_output") <= CLOSE
    assert off(at_positions(both.prediction_logits), "pretraining", "masked_logits") <= CLOSE
    assert off(both.seq_relationship_logits, "pretraining", "next_sentence_logits") <= CLOSE
    bare = answers(BertModel, folder, "pretraining")
    assert off(bare.pooler_output, "pretraining", "pooled_output") <= CLOSE


def test_the_exact_gelu_is_not_googles(
    converted: dict[str, tuple[Path, ConvertReport]],
) -> None:
    """Why config.json says gelu_pytorch_tanh where bert_config.json says gelu."""
    from transformers import BertForPreTraining

    folder, report = converted["pretraining"]
    assert report.activation == "gelu_pytorch_tanh"
    exact = answers(BertForPreTraining, folder, "pretraining", hidden_act="gelu")
    assert off(exact.hidden_states[-1], "pretraining", "sequence_output") > 10 * CLOSE


def test_fine_tuned_models_equal_google(
    converted: dict[str, tuple[Path, ConvertReport]],
) -> None:
    from transformers import BertForQuestionAnswering, BertForSequenceClassification

    reader = answers(BertForQuestionAnswering, converted["squad"][0], "squad")
    assert off(reader.start_logits, "squad", "start_logits") <= CLOSE
    assert off(reader.end_logits, "squad", "end_logits") <= CLOSE
    classifier = answers(BertForSequenceClassification, converted["classifier"][0], "classifier")
    assert off(classifier.logits, "classifier", "logits") <= CLOSE


def test_reports(converted: dict[str, tuple[Path, ConvertReport]]) -> None:
    folder, report = converted["pretraining"]
    assert report == ConvertReport(
        out=str(folder),
        architecture="BertForPreTraining",
        heads=("masked word", "next sentence"),
        layers=2,
        hidden=8,
        vocabulary=61,
        parameters=2759,
        tensors=46,
        ignored=93,  # two slots for each tensor, and the step
        lower=True,
        lower_reason="The name 'uncased_L-2_H-8_A-2' says 'uncased'.",
        activation="gelu_pytorch_tanh",
    )
    reader, classifier = converted["squad"][1], converted["classifier"][1]
    assert (reader.architecture, reader.heads) == ("BertForQuestionAnswering", ("span",))
    assert (reader.lower, reader.activation, reader.ignored) == (False, "relu", 0)
    assert classifier.architecture == "BertForSequenceClassification"
    assert classifier.heads == ("classification",)
    assert classifier.lower_reason == "2 pieces of the vocabulary have capitals."


def test_files(converted: dict[str, tuple[Path, ConvertReport]]) -> None:
    folder, _ = converted["pretraining"]
    assert sorted(path.name for path in folder.iterdir()) == [
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"),
        "vocab.txt",
    ]
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []
    assert (folder / "vocab.txt").read_bytes() == (PRETRAINED / "vocab.txt").read_bytes()
    weights = load_file(folder / "model.safetensors")
    assert {str(values.dtype) for values in weights.values()} == {"float32"}
    bundle = open_bundle(PRETRAINED / "bert_model.ckpt")
    np.testing.assert_array_equal(
        weights["bert.encoder.layer.1.intermediate.dense.weight"],
        np.transpose(bundle.read("bert/encoder/layer_1/intermediate/dense/kernel")),
    )
    config = json.loads((folder / "config.json").read_text())
    assert config["architectures"] == ["BertForPreTraining"]
    assert config["layer_norm_eps"] == 1e-12
    classes = json.loads((converted["classifier"][0] / "config.json").read_text())
    assert classes["id2label"] == {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}


def test_tokenizers(converted: dict[str, tuple[Path, ConvertReport]]) -> None:
    from tokenizers import Tokenizer
    from transformers import AutoTokenizer

    pair = ("The cats slept, PARIS!", "[MASK] café")
    want = {
        "pretraining": "[CLS] the cat ##s slept , paris ! [SEP] [MASK] cafe [SEP]",
        "squad": "[CLS] [UNK] cat ##s slept , [UNK] ! [SEP] [MASK] [UNK] [SEP]",
    }
    for key, pieces in want.items():
        folder, report = converted[key]
        ours = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(*pair)
        theirs = AutoTokenizer.from_pretrained(folder)
        assert " ".join(ours.tokens) == pieces
        assert theirs(*pair)["input_ids"] == ours.ids
        assert theirs(*pair)["token_type_ids"] == ours.type_ids == [0] * 9 + [1] * (len(ours) - 9)
        assert theirs.do_lower_case is report.lower
        assert theirs.model_max_length == 32


# Upper or lower case


@pytest.mark.parametrize(
    ("name", "lower"),
    [
        ("uncased_L-12_H-768_A-12", True),
        ("wwm_uncased_L-24_H-1024_A-16", True),
        ("cased_L-12_H-768_A-12", False),
        ("multi_cased_L-12_H-768_A-12", False),
        ("multilingual_L-12_H-768_A-12", True),
        ("chinese_L-12_H-768_A-12", True),
    ],
)
def test_case_by_googles_names(name: str, lower: bool) -> None:
    for pieces in (["[UNK]", "Word"], ["[UNK]", "word"]):
        case = decide_case(["other", name, "cased"], pieces, None)
        assert case.lower is lower
        assert name in case.reason
        assert ("have capitals" in case.reason) is (lower and pieces[1] == "Word")


def test_case_by_vocabulary_or_wish() -> None:
    assert decide_case(["model"], ["[UNK]", "word"], None).lower is True
    assert decide_case(["model"], ["[UNK]", "Äpfel"], None).lower is False
    assert decide_case(["cased"], ["Word"], True).lower is True
    assert decide_case(["uncased"], ["word"], False).lower is False
    assert "asked for" in decide_case(["uncased"], ["word"], False).reason


def test_wish_reaches_the_files(release: Path, out: Path) -> None:
    assert convert(release, out, lower=False).lower is False
    assert json.loads((out / "tokenizer_config.json").read_text())["do_lower_case"] is False
    assert json.loads((out / "tokenizer.json").read_text())["normalizer"]["lowercase"] is False


# Zip files


def zip_of(folder: Path, path: Path, top: str, **extra: str) -> Path:
    """A zip file with a folder's files below ``top``, and ``extra`` ones."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, top + file.name)
        for name, text in extra.items():
            archive.writestr(name, text)
    return path


@pytest.mark.parametrize("top", ["uncased_L-2_H-8_A-2/", "./", ""])
def test_zip_gives_the_same(
    tmp_path: Path, out: Path, top: str, converted: dict[str, tuple[Path, ConvertReport]]
) -> None:
    junk = {"__MACOSX/._bert_config.json": "", "readme/notes/vocab.txt": "not this one"}
    report = convert(zip_of(PRETRAINED, tmp_path / "Google_uncased.zip", top, **junk), out)
    assert (
        report.lower_reason == f"The name '{top.strip('./') or 'Google_uncased'}' says 'uncased'."
    )
    for path in converted["pretraining"][0].iterdir():
        assert (out / path.name).read_bytes() == path.read_bytes()
    assert [path.name for path in out.parent.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.index", "no plain path"),
        ("a/../../evil.index", "no plain path"),
        ("/evil.index", "no plain path"),
        ("a\\..\\evil.index", "no plain path"),
        ("C:evil.index", "no plain path"),
        ("other/bert_config.json", r"should have one bert_config\.json.* has 2 of them"),
    ],
)
def test_zip_with_a_bad_name(tmp_path: Path, out: Path, name: str, reason: str) -> None:
    refused(zip_of(PRETRAINED, tmp_path / "x.zip", "top/", **{name: "{}"}), out, reason)
    assert not list(tmp_path.rglob("evil*"))


def test_zip_with_a_link(tmp_path: Path, out: Path) -> None:
    path = zip_of(PRETRAINED, tmp_path / "x.zip", "")
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link.index")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    refused(path, out, r"'link\.index' is a symbolic link")


def test_zip_with_a_name_twice(tmp_path: Path, out: Path) -> None:
    path = zip_of(PRETRAINED, tmp_path / "x.zip", "", **{"./vocab.txt": "other"})
    refused(path, out, r"'\./vocab\.txt' is in it twice")


def test_zip_without_a_release_or_too_deep(tmp_path: Path, out: Path) -> None:
    refused(zip_of(PRETRAINED, tmp_path / "x.zip", "a/b/"), out, "has none there")
    refused(zip_of(tmp_path / "place", tmp_path / "y.zip", ""), out, "has none there")


def test_zip_too_large(tmp_path: Path) -> None:
    path = zip_of(PRETRAINED, tmp_path / "x.zip", "")
    size = sum(file.stat().st_size for file in PRETRAINED.iterdir())
    find_release(path, tmp_path / "fits", limit=size)
    with pytest.raises(ModelError, match="is the limit"):
        find_release(path, tmp_path / "room", limit=size - 1)
    assert list((tmp_path / "room").iterdir()) == []


def test_zip_damaged(tmp_path: Path, out: Path) -> None:
    path = zip_of(PRETRAINED, tmp_path / "x.zip", "")
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 0xFF  # in the middle of the packed weights
    path.write_bytes(changed)
    refused(path, out, "cannot be unpacked")
    path.write_bytes(whole[: len(whole) // 2])
    refused(path, out, "neither a folder nor a zip file")


def test_zip_with_a_password(tmp_path: Path, out: Path) -> None:
    path = zip_of(PRETRAINED, tmp_path / "x.zip", "")
    raw = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.find(mark)
        while at >= 0:
            raw[at + flags] |= 1
            at = raw.find(mark, at + 1)
    path.write_bytes(raw)
    refused(path, out, "cannot be unpacked: .*password required")


# Which files


@pytest.mark.parametrize("name", ["bert_config.json", "vocab.txt"])
def test_missing_file(release: Path, out: Path, name: str) -> None:
    (release / name).unlink()
    refused(release, out, f"There is no {name} in 'uncased_L-2_H-8_A-2'")


def test_no_such_source(tmp_path: Path, out: Path) -> None:
    refused(tmp_path / "none", out, "There is no folder or zip file")
    refused(PRETRAINED / "vocab.txt", out, "neither a folder nor a zip file")


def test_no_checkpoint(release: Path, out: Path) -> None:
    (release / "bert_model.ckpt.index").unlink()
    refused(release, out, "There is no TensorFlow checkpoint .* needs no conversion")
    (release / "bert_model.ckpt").touch()
    refused(release, out, "the older format of one file")


def test_several_checkpoints(tmp_path: Path, out: Path) -> None:
    source = Path(shutil.copytree(GOLDEN / "classifier_run", tmp_path / "run"))
    for path in list(source.glob("model.ckpt-7.*")):
        shutil.copy(path, source / path.name.replace("-7.", "-12."))
    refused(source, out, r"several checkpoints in 'run': model\.ckpt-12, model\.ckpt-7\.")
    for line, name in (("/gone/model.ckpt-7", "model.ckpt-7"), ("model.ckpt-12", "model.ckpt-12")):
        (source / "checkpoint").write_text(
            f'model_checkpoint_path: "{line}"\nall_model_checkpoint_paths: "model.ckpt-3"\n'
        )
        assert find_release(source, tmp_path / "room").prefix == source / name
    (source / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-99"\n')
    refused(source, out, "several checkpoints")
    shutil.copy(source / "model.ckpt-7.index", source / "bert_model.ckpt.index")
    assert find_release(source, tmp_path / "room").prefix == source / "bert_model.ckpt"


# Configuration and vocabulary


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"vocab_size": 62}, "has 61 word pieces, but bert_config.json says 62"),
        ({"hidden_size": 10}, r"has shape \(61, 8\) in the checkpoint.*asks for \(61, 10\)"),
        ({"num_attention_heads": 3}, "3 attention heads cannot share a hidden size of 8"),
        ({"num_hidden_layers": 3}, "says 3 layers, the checkpoint has 2"),
        ({"intermediate_size": 16}, r"intermediate/dense/kernel' has shape \(8, 32\)"),
        ({"max_position_embeddings": 512}, r"position_embeddings' has shape \(32, 8\)"),
        ({"type_vocab_size": 16}, r"token_type_embeddings' has shape \(2, 8\)"),
        ({"hidden_size": "8"}, "hidden_size is '8', not a positive whole number"),
        ({"hidden_size": True}, "hidden_size is true, not a positive whole number"),
        ({"num_hidden_layers": 0}, "num_hidden_layers is 0, not a positive"),
        ({"num_hidden_layers": 10**9}, "num_hidden_layers is 1000000000, not"),
        ({"hidden_dropout_prob": 2}, "hidden_dropout_prob is 2, not a number from 0 to 1"),
        ({"initializer_range": None}, "initializer_range is nothing, not a number"),
        ({"hidden_act": "swish"}, "hidden_act is 'swish', but BERT knows only gelu, relu"),
        ({"hidden_act": ["gelu"]}, "hidden_act is a list, but"),
    ],
)
def test_config_that_does_not_fit(
    release: Path, out: Path, changes: dict[str, object], reason: str
) -> None:
    path = release / "bert_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    refused(release, out, reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not valid JSON"),
        ("\xff", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[1]", "no vocab_size"),
        ('{"hidden_size": 8}', "no vocab_size"),
    ],
)
def test_config_that_is_none(release: Path, out: Path, text: str, reason: str) -> None:
    (release / "bert_config.json").write_text(text, encoding="latin-1")
    refused(release, out, reason)


def test_config_defaults_and_extras(tmp_path: Path) -> None:
    """What is left out is Google's default, what Google's code does not use is passed over."""
    path = tmp_path / "bert_config.json"
    path.write_text('{"vocab_size": 30522, "directionality": "bidi", "pooler_fc_size": 768}')
    assert read_config(path) == GoogleConfig(vocab_size=30522)
    path.write_text('{"vocab_size": 9, "hidden_act": "GELU"}')
    assert read_config(path).activation == "gelu_pytorch_tanh"


def test_vocabulary_that_does_not_fit(release: Path, out: Path) -> None:
    path = release / "vocab.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:-1]) + "\n")
    refused(release, out, "has 60 word pieces, but bert_config.json says 61")
    path.write_text("\n".join(["zero", *lines[1:4], "one", *lines[5:]]) + "\n")
    refused(release, out, r"lacks \[PAD\], \[CLS\]")
    path.write_bytes(b"\xff\n" * 61)
    refused(release, out, "not UTF-8")


def test_vocabulary_with_odd_lines(tmp_path: Path) -> None:
    """Windows line ends, pieces of white space and equal ones keep every id in its place."""
    from tokenizers import Tokenizer

    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "\u2028",
        "\u00a0",
        "sun",
        "rain",
        "sun",
    ]
    (tmp_path / "vocab.txt").write_bytes("\r\n".join(pieces).encode())
    read = read_vocabulary(tmp_path / "vocab.txt", len(pieces))
    assert [piece.strip("\r") for piece in read] == pieces
    write_tokenizer(tmp_path, read, lower=True, longest=16)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert tokenizer.encode("Rain sun").ids == [2, 8, 9, 3]


# Variables


def shapes_of(name: str = PRETRAINED.name) -> tuple[dict[str, tuple[int, ...]], GoogleConfig]:
    """Variable names with shapes, and the configuration, of a fixture."""
    found = find_release(GOLDEN / name, GOLDEN / "unused")
    entries = open_bundle(found.prefix).entries
    config = read_config(found.folder / "bert_config.json")
    return {name: entry.shape for name, entry in entries.items()}, config


def without(*parts: str) -> Callable[[dict[str, tuple[int, ...]]], dict[str, tuple[int, ...]]]:
    return lambda shapes: {
        name: shape for name, shape in shapes.items() if not any(part in name for part in parts)
    }


@pytest.mark.parametrize(
    ("removed", "architecture", "heads"),
    [
        (["cls/predictions"], "BertForNextSentencePrediction", ("next sentence",)),
        (["cls/seq_relationship"], "BertForMaskedLM", ("masked word",)),
        (["cls/"], "BertModel", ()),
    ],
)
def test_architecture_follows_the_heads(
    removed: list[str], architecture: str, heads: tuple[str, ...]
) -> None:
    shapes, config = shapes_of()
    found = plan(without(*removed)(shapes), config)
    assert (found.architecture, found.heads) == (architecture, heads)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without("word_embeddings"), r"holds no BERT.* It has bert/embeddings/LayerNorm/beta, "),
        (lambda shapes: {}, "It has no variables at all"),
        (without("layer_1"), "says 2 layers, the checkpoint has 1"),
        (without("pooler"), "lacks variables of a BERT: bert/pooler/dense/bias, bert/pooler"),
        (without("transform/dense"), "lacks variables of a BERT: cls/predictions/transform/dense"),
        (lambda shapes: shapes | {"bert/extra": (1,)}, "does not have: bert/extra"),
        (lambda shapes: shapes | {"step/adam_x": ()}, "does not have: step/adam_x"),
        (
            lambda shapes: shapes | {f"extra_{letter}": () for letter in "abcdefghijkl"},
            "extra_j and 2 more",
        ),
        (lambda shapes: shapes | {"_CHECKPOINTABLE_OBJECT_GRAPH": ()}, "of TensorFlow 2"),
        (
            lambda shapes: shapes | {"output_weights": (3, 8), "output_bias": (3,)},
            "heads for masked word and next sentence and classification",
        ),
        (lambda shapes: shapes | {"output_weights": (3, 8), "output_bias": (2,)}, "'output_bias'"),
        (lambda shapes: shapes | {"output_weights": (0, 8), "output_bias": (0,)}, "'output_weig"),
        (lambda shapes: shapes | {"output_weights": (8,), "output_bias": (1,)}, "'output_weights'"),
    ],
)
def test_variables_of_another_model(
    change: Callable[[dict[str, tuple[int, ...]]], dict[str, tuple[int, ...]]], reason: str
) -> None:
    shapes, config = shapes_of()
    with pytest.raises(ModelError, match=reason):
        plan(change(shapes), config)


def test_every_kind_of_slot_is_counted() -> None:
    shapes, config = shapes_of("classifier_run")
    slots = ("beta1_power", "beta2_power", "output_bias/Adam", "output_bias/Adam_1", "global_step")
    found = plan(shapes | dict.fromkeys(slots, ()), config)
    assert found.ignored == 5
    assert found.targets == plan(shapes, config).targets


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (
            np.full(8, np.nan, np.float32),
            "bert/pooler/dense/bias' holds values that are not finite",
        ),
        (np.full(8, np.inf, np.float16), "not finite"),
        (np.zeros(8, np.int64), "holds int64 values, where weights are wanted"),
    ],
)
def test_values_that_are_no_weights(
    release: Path, out: Path, value: np.ndarray, reason: str
) -> None:
    prefix = release / "bert_model.ckpt"
    bundle = open_bundle(prefix)
    tensors = {name: bundle.read(name) for name in bundle.entries}
    writer.write_bundle(prefix, tensors | {"bert/pooler/dense/bias": value})
    refused(release, out, reason)


def test_half_precision_is_widened(release: Path, out: Path) -> None:
    prefix = release / "bert_model.ckpt"
    bundle = open_bundle(prefix)
    weights = {name: bundle.read(name) for name in bundle.entries if "adam" not in name}
    writer.write_bundle(
        prefix,
        {name: v.astype(np.float16) if v.dtype == "f4" else v for name, v in weights.items()},
    )
    assert convert(release, out).ignored == 1
    np.testing.assert_array_equal(
        load_file(out / "model.safetensors")["bert.embeddings.word_embeddings.weight"],
        weights["bert/embeddings/word_embeddings"].astype(np.float16).astype(np.float32),
    )


# Whole or not at all


def test_last_tensor_damaged(release: Path, out: Path) -> None:
    """The failure comes when everything but the last tensor has been written."""
    prefix = release / "bert_model.ckpt"
    shapes, config = shapes_of()
    last = list(plan(shapes, config).targets)[-1]
    data = release / "bert_model.ckpt.data-00000-of-00001"
    raw = bytearray(data.read_bytes())
    raw[open_bundle(prefix).entries[last].offset] ^= 1
    data.write_bytes(raw)
    refused(release, out, f"'{last}' in .* is damaged")


def test_missing_shard_and_snappy_reach_the_user(release: Path, out: Path) -> None:
    index = release / "bert_model.ckpt.index"
    index.write_bytes(writer.table([(b"", writer.header())], kind=1))
    refused(release, out, "snappy")
    (release / "bert_model.ckpt.data-00000-of-00001").unlink()
    shutil.copy(PRETRAINED / index.name, index)
    refused(release, out, "data-00000-of-00001 is missing")


def test_place_that_is_taken(release: Path, out: Path, tmp_path: Path) -> None:
    out.mkdir()
    (out / "note").write_text("mine")
    refused(release, out, "not an empty folder", InputError)
    refused(release, out / "note", "not an empty folder", InputError)
    refused(release, release, "not an empty folder", InputError)
    assert (out / "note").read_text() == "mine"
    link = tmp_path / "place" / "link"
    link.symlink_to(tmp_path / "nowhere")
    refused(release, link, "not an empty folder", InputError)


def test_empty_folder_is_filled(release: Path, out: Path) -> None:
    out.mkdir()
    convert(release, out)
    assert (out / "config.json").is_file()
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_place_that_cannot_be(release: Path, out: Path) -> None:
    refused(release, out / "deeper", "There is no folder .*out to put deeper in", InputError)
    refused(release, release / "vocab.txt" / "x", "There is no folder", InputError)
    refused(release, out.with_name("a\0b"), "NUL character", InputError)
    refused(release, out.with_name("n" * 300), "File name too long", InputError)
    refused(release, Path("/proc/converted"), "Check the place, its permissions", InputError)


CHILD = """
import resource, sys
from pathlib import Path
from bert_core.errors import InputError
from bert_core.model.google.convert import convert
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    print(convert(Path(sys.argv[1]), Path(sys.argv[2])).architecture)
except InputError as error:
    print(error)
print(sorted({"torch", "transformers", "tensorflow", "google"} & set(sys.modules)))
"""


@pytest.mark.parametrize("packed", [False, True])
def test_no_room_for_the_weights(tmp_path: Path, out: Path, packed: bool) -> None:
    """The kernel itself stops the writing in the middle, as a full disk or a quota does."""
    source = zip_of(PRETRAINED, tmp_path / "x.zip", "") if packed else PRETRAINED

    def run(limit: int) -> str:
        command = [sys.executable, "-c", CHILD, str(source), str(out), str(limit)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout

    assert "File too large. Check the place, its permissions and the free space." in run(8000)
    assert list(out.parent.iterdir()) == []
    # The same with room enough, and with no library that computes.
    assert run(1_000_000) == "BertForPreTraining\n[]\n"
