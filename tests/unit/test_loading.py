"""From a choice to an encoder: what is loaded, in which numbers, and what is refused."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert_core.errors import InputError, ModelError
from bert_core.model.choice import ModelChoice
from bert_core.model.devices import Device
from bert_core.model.loading import load
from bert_core.settings import PROJECT
from tests.unit.fine_tuned import close, rewrite

SENTENCE = "The heron [MASK] near the lake."
Weights = dict[str, np.ndarray]


def open_(folder: Path, **choice: str):  # type: ignore[no-untyped-def]
    return load(ModelChoice(source=str(folder), **choice))  # type: ignore[arg-type]


def logits(encoder) -> np.ndarray:  # type: ignore[no-untyped-def]
    tokens = encoder.tokenize(SENTENCE)
    return encoder.trace(tokens, positions=tokens.masks).logits


def test_the_default_is_the_embedded_model(embedded) -> None:  # type: ignore[no-untyped-def]
    assert embedded.choice == ModelChoice()
    assert embedded.checkpoint.source == "embedded"
    assert 30 < embedded.memory_mib * 1024 * 1024 / 1e6 < 200


def test_progress_is_told(folder_of) -> None:  # type: ignore[no-untyped-def]
    told: list[tuple[str, float | None]] = []
    folder = folder_of("bert-masked")
    choice = ModelChoice(source=str(folder))
    load(choice, on_progress=lambda text, share: told.append((text, share)))
    assert told == [(f"Loading {folder}", None)]


def test_float16_weights_are_computed_in_float32(own_copy, folder_of) -> None:  # type: ignore[no-untyped-def]
    folder = rewrite(
        own_copy("bert-pretraining"),
        lambda weights: {name: array.astype(np.float16) for name, array in weights.items()},
    )
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "dtype": "float16"}))
    encoder = open_(folder)
    found = logits(encoder)
    assert found.dtype == np.float32
    as_published = open_(folder_of("bert-pretraining"))
    assert encoder.memory_mib == as_published.memory_mib, "four bytes for each weight"
    rounded = rewrite(
        folder,
        lambda weights: {name: array.astype(np.float32) for name, array in weights.items()},
    )
    np.testing.assert_allclose(found, logits(open_(rounded)), atol=1e-6)
    np.testing.assert_allclose(found, logits(as_published), atol=0.1)


def test_the_fast_mode_computes_in_sixteen_bits(folder_of, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Where the processor computes them natively; said to be so here, on any processor."""
    here = (Device("cpu", "CPU", "bfloat16"),)
    monkeypatch.setattr("bert_core.model.devices.list_devices", lambda: here)
    fast = open_(folder_of("bert-pretraining"), precision="fast")
    found = logits(fast)
    assert found.dtype == np.float32
    slow = open_(folder_of("bert-pretraining"))
    assert fast.memory_mib < 0.75 * slow.memory_mib
    exact = logits(slow)
    np.testing.assert_allclose(found, exact, atol=0.2)
    assert not np.array_equal(found, exact)


def test_the_fast_mode_is_refused_where_it_is_slow(folder_of, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(
        "bert_core.model.devices.list_devices", lambda: (Device("cpu", "CPU", None),)
    )
    with pytest.raises(InputError, match="exact"):
        open_(folder_of("bert-pretraining"), precision="fast")


def test_a_device_that_is_not_here_is_refused(folder_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="no device cuda:77") as refused:
        open_(folder_of("bert-pretraining"), device="cuda:77")
    assert refused.value.field == "device"


@pytest.mark.parametrize(
    "name",
    ["bert-classification", "bert-tagging", "bert-multiple_choice", "bert-span", "bert-bare",
     "distilbert-classification", "roberta-classification"],
)  # fmt: skip
def test_checkpoints_without_pretraining_heads_open(folder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    encoder = open_(folder_of(name))
    tokens = encoder.tokenize(SENTENCE)
    hidden = encoder.trace(tokens, hidden=True).hidden
    assert hidden.shape == (3, len(tokens), 32)
    with pytest.raises(ModelError, match="no masked word head"):
        encoder.trace(tokens, positions=[1])
    with pytest.raises(ModelError, match="no next sentence head"):
        encoder.trace(tokens, next_sentence=True)


# ---- nothing random is ever shown --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("bert-pretraining", "bert.encoder.layer.1.output.dense.weight"),
        ("bert-pretraining", "bert.encoder.layer.0.attention.self.query.bias"),
        ("bert-pretraining", "bert.embeddings.LayerNorm.weight"),
        ("bert-pretraining", "bert.embeddings.token_type_embeddings.weight"),
        ("bert-pretraining", "cls.predictions.bias"),
        ("bert-pretraining", "cls.predictions.transform.LayerNorm.bias"),
        ("bert-pretraining", "cls.seq_relationship.bias"),
        ("bert-pretraining", "bert.pooler.dense.weight"),
        ("bert-next_sentence", "bert.pooler.dense.bias"),
        ("bert-bare", "encoder.layer.1.output.dense.weight"),
        ("distilbert", "vocab_layer_norm.weight"),
        ("distilbert", "distilbert.transformer.layer.1.ffn.lin1.weight"),
        ("roberta", "lm_head.layer_norm.bias"),
        ("roberta", "roberta.encoder.layer.0.output.dense.bias"),
    ],
)
def test_a_missing_weight_is_refused(own_copy, name: str, lost: str) -> None:  # type: ignore[no-untyped-def]
    def drop(weights: Weights) -> Weights:
        assert lost in weights
        return {key: array for key, array in weights.items() if key != lost}

    folder = rewrite(own_copy(name), drop)
    with pytest.raises(ModelError, match=r"lacks \d+ weights.*incomplete"):
        open_(folder)


def test_a_pooler_that_nothing_reads_may_be_missing(own_copy) -> None:  # type: ignore[no-untyped-def]
    def drop(weights: Weights) -> Weights:
        assert any("pooler" in key for key in weights)
        return {key: array for key, array in weights.items() if "pooler" not in key}

    encoder = open_(rewrite(own_copy("bert-bare"), drop))
    tokens = encoder.tokenize(SENTENCE)
    assert encoder.trace(tokens, hidden=True).hidden is not None


def test_a_missing_head_is_absent_and_never_random(own_copy) -> None:  # type: ignore[no-untyped-def]
    def drop(weights: Weights) -> Weights:
        return {key: array for key, array in weights.items() if "seq_relationship" not in key}

    encoder = open_(rewrite(own_copy("bert-pretraining"), drop))
    assert encoder.checkpoint.heads == ("masked_word",)
    with pytest.raises(ModelError, match="no next sentence head"):
        encoder.trace(encoder.tokenize("snow", "rain"), next_sentence=True)
    assert logits(encoder).shape == (1, 160)


def test_weights_that_this_app_does_not_know_are_refused(own_copy) -> None:  # type: ignore[no-untyped-def]
    """As relative positions, which the library no longer computes and would leave out."""

    def add(weights: Weights) -> Weights:
        extra = np.zeros((127, 8), dtype=np.float32)
        return {**weights, "bert.encoder.layer.0.attention.self.distance_embedding.weight": extra}

    with pytest.raises(ModelError, match=r"distance_embedding.*would be wrong"):
        open_(rewrite(own_copy("bert-pretraining"), add))


@pytest.mark.parametrize(
    "name",
    ["bert.encoder.layer.1.output.dense.weight", "cls.predictions.transform.dense.weight",
     "bert.embeddings.token_type_embeddings.weight"],
)  # fmt: skip
def test_a_wrong_shape_is_refused(own_copy, name: str) -> None:  # type: ignore[no-untyped-def]
    def widen(weights: Weights) -> Weights:
        return {**weights, name: np.zeros((5, 5), dtype=np.float32)}

    with pytest.raises(ModelError, match=r"do not fit its config\.json"):
        open_(rewrite(own_copy("bert-pretraining"), widen))


ABSURD: dict[str, tuple[object, ...]] = {
    "hidden_act": ("nonsense", 3, None),
    "dtype": ("nonsense",),
    "intermediate_size": (-1, 10**9, "x", None),
    "type_vocab_size": (0, 1, 10**9),
    "layer_norm_eps": ("x", None),
    "hidden_dropout_prob": (7,),
    "initializer_range": ("x",),
    "pad_token_id": (10**6, "x"),
    "id2label": ({"a": 1}, 3),
    "quantization_config": ("x",),
    "tie_word_embeddings": (False,),
    "add_cross_attention": (True,),
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in ABSURD.items() for value in values]
)
def test_an_absurd_config_is_refused(own_copy, key: str, value: object) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    change_config(folder, **{key: value})
    with pytest.raises(ModelError, match=r"config\.json") as refused:
        open_(folder)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("return_dict", False),
        ("torchscript", True),
        ("output_attentions", True),
        ("output_hidden_states", True),
        ("chunk_size_feed_forward", 5),
        ("auto_map", {"AutoModel": "evil.Model", "AutoModelForPreTraining": "evil.Model"}),
        ("_attn_implementation", "flash_attention_2"),
        ("attention_probs_dropout_prob", 0.9),
        ("transformers_version", "99.0"),
    ],
)
def test_what_a_config_says_about_handling_changes_nothing(  # type: ignore[no-untyped-def]
    own_copy, encoder_of, key: str, value: object
) -> None:
    folder = own_copy("bert-pretraining")
    change_config(folder, **{key: value})
    close(logits(open_(folder)), logits(encoder_of("bert-pretraining")))


def change_config(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}), encoding="utf-8")


def test_program_files_in_a_folder_are_not_run(own_copy, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    mark = tmp_path / "it-ran"
    program = f"open({str(mark)!r}, 'w').close()\n"
    for name in ("modeling_bert.py", "configuration_bert.py", "tokenization_bert.py", "evil.py"):
        (folder / name).write_text(program, encoding="utf-8")
    change_config(folder, auto_map={"AutoConfig": "evil.C", "AutoModelForMaskedLM": "evil.M"})
    tokenizer = folder / "tokenizer_config.json"
    described = json.loads(tokenizer.read_text(encoding="utf-8"))
    described["auto_map"] = {"AutoTokenizer": ["evil.T", "evil.T"]}
    tokenizer.write_text(json.dumps(described), encoding="utf-8")
    open_(folder)
    assert not mark.exists()


def test_names_of_the_first_releases_are_understood(own_copy, encoder_of) -> None:  # type: ignore[no-untyped-def]
    """Published BERTs call a LayerNorm's weight gamma and its bias beta."""

    def rename(weights: Weights) -> Weights:
        return {
            key.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
                "LayerNorm.bias", "LayerNorm.beta"
            ): array
            for key, array in weights.items()
        }

    encoder = open_(rewrite(own_copy("bert-pretraining"), rename))
    assert encoder.checkpoint.heads == ("masked_word", "next_sentence")
    close(logits(encoder), logits(encoder_of("bert-pretraining")))


def test_weights_in_several_files_load(own_copy, encoder_of) -> None:  # type: ignore[no-untyped-def]
    folder = own_copy("bert-pretraining")
    weights = load_file(folder / "model.safetensors")
    names = sorted(weights)
    (folder / "model.safetensors").unlink()
    where = {}
    for number, part in enumerate((names[::2], names[1::2]), start=1):
        file = f"model-0000{number}-of-00002.safetensors"
        save_file({key: weights[key] for key in part}, folder / file, metadata={"format": "pt"})
        where |= dict.fromkeys(part, file)
    index = {"metadata": {}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    close(logits(open_(folder)), logits(encoder_of("bert-pretraining")))
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ModelError):
        open_(folder)


def test_threads_are_made_polite_before_torch_is_imported() -> None:
    """OpenMP reads its wait policy once, when torch is imported for the first time."""
    program = """
import os, sys

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print("policy", os.environ.get("OMP_WAIT_POLICY"))
        return None

sys.meta_path.insert(0, Watch())
from bert_core.model.loading import load
load()
"""
    environment = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[:1] == ["policy PASSIVE"]
    assert done.stderr == "", "loading says nothing on its own"


RACE = """
import threading
import bert_core
from bert_core.settings import EMBEDDED_MODEL, READER_MODEL

failed = []


def load(folder):
    try:
        bert_core.load(bert_core.ModelChoice(str(folder)))
    except ImportError as error:
        failed.append(error)


threads = [threading.Thread(target=load, args=(each,)) for each in (EMBEDDED_MODEL, READER_MODEL)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failed, failed
"""


def test_two_threads_may_load_first() -> None:
    """As a fresh server does: the warm-up loads one model while a page loads another."""
    done = subprocess.run(
        [sys.executable, "-c", RACE], cwd=PROJECT, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr


def test_many_threads_may_load_at_once(folder_of) -> None:  # type: ignore[no-untyped-def]
    """As visitors do who open models of their own; each is whole, or loading would refuse it."""
    names = ("bert-pretraining", "distilbert", "roberta", "bert-masked") * 3
    folders = [str(folder_of(name)) for name in names]
    with ThreadPoolExecutor(len(folders)) as pool:
        loaded = list(pool.map(lambda folder: load(ModelChoice(source=folder)), folders))
    assert [each.checkpoint.source for each in loaded] == folders


# ---- files that go while they are read, and memory that is not there ---------------------------


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_weights_that_are_cut_short_while_a_model_loads_are_refused(own_copy, keep: int) -> None:  # type: ignore[no-untyped-def]
    """They were whole when they were looked at; only then did another copy begin to arrive."""
    folder = own_copy("bert-pretraining")
    path = folder / "model.safetensors"
    short = path.read_bytes()[:keep]
    with pytest.raises(ModelError, match=r"^The weights of .* cannot be read \(Safetensor") as told:
        load(ModelChoice(str(folder)), on_found=lambda _: path.write_bytes(short))
    assert told.value.field == "model"


NO_MEMORY = """
import resource, sys
import bert_core
from bert_core.model import body, half, lean, loading

def leave(found):
    held = next(line for line in open("/proc/self/status") if line.startswith("VmSize"))
    limit = int(held.split()[1]) * 1024 + int(sys.argv[2]) * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

try:
    loading.load(bert_core.ModelChoice(sys.argv[1]), on_found=leave)
except bert_core.CoreError as error:
    print(error)
"""


def enlarge(folder: Path, inner: int) -> None:
    """Give a checkpoint of width 32 large feed-forward networks, in a file full of holes."""
    path = folder / "model.safetensors"
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header, end = json.loads(content[8 : 8 + size]), 0
    for name, part in header.items():
        if name != "__metadata__":
            part["shape"] = [inner if each == 48 else each for each in part["shape"]]
            part["data_offsets"] = [end, end := end + 4 * int(np.prod(part["shape"]))]
    named = json.dumps(header).encode()
    path.write_bytes(len(named).to_bytes(8, "little") + named)
    os.truncate(path, 8 + len(named) + end)
    change_config(folder, intermediate_size=inner)


@pytest.mark.parametrize("mib", [400, 560])
def test_a_model_for_which_there_is_no_memory_is_a_sentence(own_copy, mib: int) -> None:  # type: ignore[no-untyped-def]
    """Too little to map the file twice, as the libraries do, or enough but not for the weights."""
    enlarge(folder := own_copy("bert-pretraining"), 500_000)
    done = subprocess.run(
        [sys.executable, "-c", NO_MEMORY, str(folder), str(mib)],
        cwd=PROJECT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "not enough memory" in done.stdout, done.stderr
