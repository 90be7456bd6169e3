"""Checkpoints of the plainest form, read without the library: the same numbers, and what is not."""

import gc
import json
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.numpy import load_file, save_file

from bert_core.model.checkpoints import inspect
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.model.plain import read_plain
from bert_core.model.plain_tokenizer import read_plain_tokenizer
from bert_core.settings import EMBEDDED_MODEL, PROJECT, READER_MODEL
from tests import tiny
from tests.unit.fine_tuned import change_config, rewrite

SHIPPED = [EMBEDDED_MODEL, READER_MODEL]
Copy = Callable[[str], Path]


def plain(folder: Path) -> Any:
    return read_plain(inspect(folder, source="mine"))


# ---- the same numbers --------------------------------------------------------------------------


@pytest.fixture(scope="module", params=tiny.BERT_HEADS)
def both(request: pytest.FixtureRequest, folder_of) -> tuple[Any, Any]:  # type: ignore[no-untyped-def]
    """A checkpoint with one head, or with two: as read here, and by the library."""
    folder = folder_of(f"bert-{request.param}")
    library = getattr(transformers, tiny.BERT_HEADS[request.param]).from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    return plain(folder).eval(), library.eval()


def inputs() -> dict[str, torch.Tensor]:
    """Three inputs, the second of them shorter."""
    ids = torch.arange(5, 65).reshape(3, 20)
    seen = torch.ones_like(ids)
    seen[1, 12:] = 0
    segments = (torch.arange(20) > 8).long().expand(3, -1)
    return {"input_ids": ids, "token_type_ids": segments, "attention_mask": seen}


@torch.inference_mode()
def test_every_layer_and_weight_is_that_of_the_library(both: tuple[Any, Any]) -> None:
    ours, library = both
    kept = {"output_hidden_states": True, "output_attentions": True}
    found = ours.bert(**inputs(), **kept)
    encoder = getattr(library, "bert", library)
    expected = encoder(**inputs(), **kept)
    for name in ("hidden_states", "attentions"):
        for own, theirs in zip(getattr(found, name), getattr(expected, name), strict=True):
            torch.testing.assert_close(own, theirs, rtol=0, atol=2e-6)
    fused = ours.bert(**inputs()).last_hidden_state
    seen = inputs()["attention_mask"].bool()
    torch.testing.assert_close(fused[seen], expected.last_hidden_state[seen], rtol=0, atol=5e-6)
    if ours.bert.pooler is not None:
        pooled = ours.bert.pooler(found.last_hidden_state)
        torch.testing.assert_close(pooled, encoder.pooler(expected.last_hidden_state))


def test_every_weight_is_there_once(both: tuple[Any, Any]) -> None:
    ours, library = both
    held = (ours if hasattr(library, "bert") else ours.bert).state_dict()
    tied = ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")
    expected = {name: each for name, each in library.state_dict().items() if name not in tied}
    assert held.keys() == expected.keys()
    assert all(torch.equal(weight, expected[name]) for name, weight in held.items())


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_shipped_models_are_plain(folder: Path) -> None:
    read = plain(folder)
    weights = load_file(folder / "model.safetensors")
    assert {name: str(array.dtype) for name, array in weights.items() if array.ndim} == (
        dict.fromkeys(weights, "float16")
    )
    for name, weight in read.state_dict().items():
        assert weight.dtype == torch.float32
        np.testing.assert_array_equal(weight.numpy(), weights[name].astype(np.float32))


PROGRAM = """
import sys, bert_core
encoder = bert_core.load()
print(bert_core.fill(encoder, "Fill the [MASK].").masks[0].candidates[0].word.isalpha())
print(*sorted({"transformers", "huggingface_hub", "sympy", "torch._dynamo"} & set(sys.modules)))
"""


def test_the_first_answer_of_the_embedded_model_needs_no_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=PROJECT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["True", ""]


# ---- what is not plain -------------------------------------------------------------------------


def changed(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Any], Any]:
    return lambda weights: {**weights, name: change(weights[name])}


def renamed(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.replace("LayerNorm.weight", "LayerNorm.gamma"): w for name, w in weights.items()}


WORDS = "bert.embeddings.word_embeddings.weight"


@pytest.mark.parametrize(
    "change",
    [
        renamed,
        changed(WORDS, lambda array: array.astype(np.float64)),
        changed("cls.predictions.bias", lambda array: array[:-1]),
        lambda weights: {**weights, "cls.predictions.decoder.weight": weights[WORDS]},
        lambda weights: {**weights, "more.weight": np.zeros(3, np.float32)},
        lambda weights: {name: w for name, w in weights.items() if "pooler" not in name},
    ],
    ids=["old names", "other numbers", "a shape", "an untied head", "more", "less"],
)
def test_other_weights_are_left_to_the_library(own_copy: Copy, change: Any) -> None:
    folder = own_copy("bert-pretraining")
    assert plain(folder) is not None
    assert plain(rewrite(folder, change)) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_act", "gelu_new"),
        ("layer_norm_eps", "x"),
        ("intermediate_size", 10**9),
        ("intermediate_size", 10**30),
        ("type_vocab_size", 3),
        ("pad_token_id", 10**6),
        ("tie_word_embeddings", False),
        ("position_embedding_type", "relative_key"),
        ("quantization_config", {"bits": 4}),
        ("auto_map", {"AutoModel": "evil.Model"}),
        ("something_new", 1),
    ],
)
def test_other_configurations_are_left_to_the_library(
    own_copy: Copy, key: str, value: object
) -> None:
    assert plain(change_config(own_copy("bert-pretraining"), **{key: value})) is None


def test_other_families_and_several_files_are_left_to_the_library(
    folder_of: Copy, own_copy: Copy
) -> None:
    assert plain(folder_of("distilbert")) is None
    assert plain(folder_of("roberta")) is None
    folder = own_copy("bert-pretraining")
    weights = load_file(folder / "model.safetensors")
    one = weights.pop("cls.predictions.bias")
    save_file(weights, folder / "model.safetensors")
    save_file({"cls.predictions.bias": one}, folder / "model-2.safetensors")
    assert plain(folder) is None


def test_relu_is_computed_as_in_the_library(own_copy: Copy) -> None:
    folder = change_config(own_copy("bert-masked"), hidden_act="relu")
    library = transformers.BertForMaskedLM.from_pretrained(folder, dtype=torch.float32).eval()
    ours = plain(folder).eval()
    with torch.inference_mode():
        found = ours.cls.predictions(ours.bert(**inputs()).last_hidden_state)
        expected = library(**inputs()).logits
    seen = inputs()["attention_mask"].bool()
    torch.testing.assert_close(found[seen], expected[seen], rtol=0, atol=1e-5)


def test_a_file_that_is_cut_short_later_changes_nothing(own_copy: Copy) -> None:
    """Weights that were still looked up in the file would end the process."""
    folder = own_copy("bert-pretraining")
    read = plain(folder)
    (folder / "model.safetensors").write_bytes(b"")
    assert all(torch.isfinite(weight).all() for weight in read.state_dict().values())


# ---- tokenizers --------------------------------------------------------------------------------


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """A plain tokenizer as the library saves it, of a cased vocabulary."""
    tiny.write_vocabulary(tmp_path, tiny.vocabulary(cased=True), lower=False)
    library = transformers.BertTokenizer.from_pretrained(tmp_path, model_max_length=64)
    folder = tmp_path / "saved"
    library.save_pretrained(folder)
    return folder


def described(folder: Path) -> Any:
    library = transformers.AutoTokenizer.from_pretrained(folder)
    return json.loads(library.backend_tokenizer.to_str())


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_shipped_tokenizers_are_plain(folder: Path) -> None:
    found = read_plain_tokenizer(folder)
    assert found is not None
    assert found[1] == described(folder)


def test_a_saved_tokenizer_is_plain(tokenizer: Path) -> None:
    found = read_plain_tokenizer(tokenizer)
    assert found is not None
    config, description = found
    assert (config.do_lower_case, config.model_max_length) == (False, 64)
    assert description == described(tokenizer)


def other_tokenizer(file: str, *path: str, value: object) -> Callable[[Path], None]:
    """Sets one value in one of the two files."""

    def change(folder: Path) -> None:
        content = json.loads((folder / file).read_text(encoding="utf-8"))
        place = content
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        (folder / file).write_text(json.dumps(content), encoding="utf-8")

    return change


TOKENIZER, CONFIG = "tokenizer.json", "tokenizer_config.json"


@pytest.mark.parametrize(
    "change",
    [
        other_tokenizer(TOKENIZER, "normalizer", value=None),
        other_tokenizer(TOKENIZER, "normalizer", "lowercase", value=True),
        other_tokenizer(TOKENIZER, "added_tokens", value=[]),
        other_tokenizer(TOKENIZER, "model", "type", value="BPE"),
        other_tokenizer(TOKENIZER, "model", "vocab", "heron", value=10**6),
        other_tokenizer(TOKENIZER, "model", "vocab", "heron", value=[]),
        other_tokenizer(TOKENIZER, "model", value=3),
        other_tokenizer(CONFIG, "do_lower_case", value=True),
        other_tokenizer(CONFIG, "cls_token", value="[SEP]"),
        other_tokenizer(CONFIG, "mask_token", value=None),
        other_tokenizer(CONFIG, "model_max_length", value="many"),
        other_tokenizer(CONFIG, "extra_special_tokens", value=["snow"]),
        other_tokenizer(CONFIG, "tokenizer_class", value="RobertaTokenizer"),
        lambda folder: (folder / "added_tokens.json").write_text("{}"),
        lambda folder: (folder / TOKENIZER).write_text("[" * 100_000),
        lambda folder: (folder / TOKENIZER).write_text("[]"),
        lambda folder: (folder / TOKENIZER).unlink(),
        lambda folder: (folder / CONFIG).unlink(),
    ],
)
def test_other_tokenizers_are_left_to_the_library(
    tokenizer: Path, change: Callable[[Path], object]
) -> None:
    change(tokenizer)
    assert read_plain_tokenizer(tokenizer) is None


def test_a_released_encoder_is_freed_without_a_collection(folder_of: Copy) -> None:
    """A server does not look through the model that it begins with: see pages/_server/garbage."""
    encoder = load(ModelChoice(str(folder_of("bert-pretraining"))))
    tokens = encoder.tokenize("warm [MASK]")
    encoder.trace(tokens, positions=tokens.masks, hidden=True)
    with encoder.computing() as body:
        weights = [weakref.ref(weight) for weight in body.encoder.parameters()]
        weights += [weakref.ref(body.lean.layers[0].parts.mix)]
    del body
    gc.disable()
    try:
        encoder.release()
        assert [weight() for weight in weights if weight() is not None] == []
    finally:
        gc.enable()
