"""A model folder, read without loading its weights: its shape, its family, its heads.

Which task heads it has is found out by :mod:`bert_core.model.heads`; every task that needs one
that is absent refuses the checkpoint by name.
"""

import fnmatch
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_core.checks import shown
from bert_core.errors import ModelError
from bert_core.model.families import FAMILIES, Family
from bert_core.model.heads import HEAD_NAMES as HEAD_NAMES
from bert_core.model.heads import HEAD_PLACES, Answers, find_heads, read_answers, read_labels
from bert_core.model.heads import Head as Head

_SIZES = {
    "num_hidden_layers": 1_000,
    "num_attention_heads": 1_000,
    "hidden_size": 65_536,
    "vocab_size": 10_000_000,
    "max_position_embeddings": 1_000_000,
}
MIN_PIECES = 8
"""Shortest input that a model must read: two texts, their special pieces and little else."""
MOST_TEXT_MIB = 64
"""Largest file of a checkpoint that is read whole. The tokenizer of XLM-RoBERTa has 17 MiB; a JSON
file takes many times its size once it is read."""
_TEXTS = re.compile(
    r"(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab"
    r"|model\.safetensors\.index)\.json|(vocab|merges)\.txt|.*\.(model|jinja)"
)
_WEIGHTS = "model*.safetensors"
_LAYER = re.compile(r"\blayer\.(\d+)\.")
_ALIASES = {
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "dim": "hidden_size",
}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a model folder holds.

    Attributes:
        source: the name under which it was asked for.
        folder: where its files are.
        revision: commit of a hub model, else None.
        family: the architecture, with what it has and lacks.
        heads: the task heads whose weights are in the file.
        layers: number of encoder layers (L).
        attention_heads: number of attention heads per layer (A).
        hidden: width of a hidden state (H).
        vocabulary: number of word pieces (V).
        max_pieces: longest input, in word pieces, special ones included.
        parameters: number of weights in the file.
        file_mib: size of the weights on disk, in MiB.
        labels: names of the outputs of its classification or tagging head, in their order; ()
            without one.
        answers: what the outputs of its classification head mean.
    """

    source: str
    folder: Path
    revision: str | None
    family: Family
    heads: tuple[Head, ...]
    layers: int
    attention_heads: int
    hidden: int
    vocabulary: int
    max_pieces: int
    parameters: int
    file_mib: float
    labels: tuple[str, ...] = ()
    answers: Answers = "one"

    def require(self, head: Head) -> None:
        """Refuse the checkpoint unless it has ``head``.

        Raises:
            ModelError: the file holds no weights for it.
        """
        if head in self.heads:
            return
        has = ", ".join(HEAD_NAMES[name] for name in self.heads) or "none"
        places = "; ".join(
            f"{HEAD_NAMES[name]} ({HEAD_PLACES[name]})"
            for name in self.heads
            if name in HEAD_PLACES
        )
        raise ModelError(
            f"{self.source} has no {HEAD_NAMES[head]} head (it has: {has}); with random weights "
            "in its place the answer would mean nothing. Choose another model"
            + (f", or ask what this one has: {places}." if places else "."),
            field="model",
        )


def inspect(folder: Path, *, source: str, revision: str | None = None) -> Checkpoint:
    """Read config and weight header of a model folder.

    Args:
        folder: a folder with ``config.json`` and safetensors weights.
        source: the name to show for it.
        revision: commit, for a hub model.

    Raises:
        ModelError: a file is missing or damaged, the family is unknown, or sizes are absurd.
    """
    check_texts(_file_sizes(folder, source), source)
    config = _read_config(folder, source)
    family = _family(config, source)
    sizes = _sizes(config, source)
    max_pieces = sizes["max_position_embeddings"] - family.position_offset
    if max_pieces < MIN_PIECES:
        raise ModelError(
            f"{source} reads {max_pieces} word pieces; at least {MIN_PIECES} are needed.",
            field="model",
        )
    shapes, size = _weights(folder, source)
    _check_fit(shapes, sizes, source)
    heads = find_heads(family, shapes, config)
    labelled = "classification" in heads or "tagging" in heads
    labels = read_labels(shapes, config, source) if labelled else ()
    return Checkpoint(
        source=source,
        folder=folder,
        revision=revision,
        family=family,
        heads=heads,
        layers=sizes["num_hidden_layers"],
        attention_heads=sizes["num_attention_heads"],
        hidden=sizes["hidden_size"],
        vocabulary=sizes["vocab_size"],
        max_pieces=max_pieces,
        parameters=sum(map(math.prod, shapes.values())),
        file_mib=size / 2**20,
        labels=labels,
        answers=read_answers(labels, config),
    )


def require_files(folder: Path, source: str) -> None:
    """Refuse a model folder that lacks its files, without reading any.

    Raises:
        ModelError: there is no config.json or no weights, or they are empty.
    """
    names = [name for name, size in _file_sizes(folder, source).items() if size]
    for needed in ("config.json", _WEIGHTS):
        if not fnmatch.filter(names, needed):
            raise ModelError(f"{source} has no {needed.replace('*', '')}.", field="model")


def check_texts(sizes: Mapping[str, int], source: str) -> None:
    """Refuse files that are too large to be read whole, before any is.

    Args:
        sizes: bytes of each file by name.
        source: the name of the model.

    Raises:
        ModelError: a tokenizer's or configuration's file is over the limit.
    """
    for name, size in sizes.items():
        if size > MOST_TEXT_MIB * 2**20 and _TEXTS.fullmatch(name):
            raise ModelError(
                f"{name} of {source} has {size / 2**20:,.0f} MiB; at most {MOST_TEXT_MIB} MiB are "
                "read. No tokenizer or configuration of an encoder is as large.",
                field="model",
            )


def _file_sizes(folder: Path, source: str) -> dict[str, int]:
    try:
        return {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
    except OSError as error:
        raise ModelError(
            f"The folder of {source} cannot be read: {error}.", field="model"
        ) from None


def _read_config(folder: Path, source: str) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{source} has no config.json, so it is no model folder. A TensorFlow release is "
            "turned into one by 'python -m bert_core convert FOLDER OUT'.",
            field="model",
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            f"config.json of {source} cannot be read: {error}.", field="model"
        ) from None
    if not isinstance(config, dict):
        raise ModelError(f"config.json of {source} is not a JSON object.", field="model")
    return config


def _family(config: dict[str, Any], source: str) -> Family:
    kind = config.get("model_type")
    family = FAMILIES.get(str(kind))
    if family is None:
        known = ", ".join(FAMILIES)
        what = "no model_type" if kind is None else f"model_type {shown(kind)}"
        raise ModelError(
            f"config.json of {source} says {what}: that is no encoder that this app reads "
            f"({known}).",
            field="model",
        )
    if config.get("is_decoder"):
        raise ModelError(
            f"config.json of {source} says is_decoder: it reads from left to right only and is no "
            "encoder.",
            field="model",
        )
    return family


def _sizes(config: dict[str, Any], source: str) -> dict[str, int]:
    named = {_ALIASES.get(key, key): value for key, value in config.items()}
    sizes: dict[str, int] = {}
    for key, largest in _SIZES.items():
        value = named.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= largest:
            raise ModelError(
                f"config.json of {source} gives {key} = {shown(value)}; a whole number from 1 to "
                f"{largest:,} is expected.",
                field="model",
            )
        sizes[key] = value
    if sizes["hidden_size"] % sizes["num_attention_heads"]:
        raise ModelError(
            f"{source}: hidden_size {sizes['hidden_size']} is not a multiple of "
            f"num_attention_heads {sizes['num_attention_heads']} in config.json.",
            field="model",
        )
    return sizes


def _weights(folder: Path, source: str) -> tuple[dict[str, tuple[int, ...]], int]:
    """Shapes of all tensors by name, and the bytes of their files."""
    from safetensors import SafetensorError, safe_open

    files = sorted(folder.glob(_WEIGHTS))
    if not files:
        raise ModelError(
            f"{source} has no model.safetensors. Other weight files can hide programs and are "
            "not opened; convert them with transformers' save_pretrained first.",
            field="model",
        )
    shapes: dict[str, tuple[int, ...]] = {}
    for path in files:
        try:
            with safe_open(path, framework="np") as weights:
                for name in weights.keys():
                    shapes[name] = tuple(weights.get_slice(name).get_shape())
        except (SafetensorError, OSError) as error:
            raise ModelError(
                f"{path.name} of {source} is damaged or incomplete ({error}). Copy or download "
                "it again.",
                field="model",
            ) from None
    return shapes, sum(path.stat().st_size for path in files)


def _check_fit(shapes: Mapping[str, tuple[int, ...]], sizes: dict[str, int], source: str) -> None:
    """Refuse weights of another shape than config.json gives, before any are loaded.

    The library would fill what is too few with random numbers and leave out what is too many.
    """
    layers = {int(found[1]) for found in map(_LAYER.search, shapes) if found}
    seen = {
        "num_hidden_layers": max(layers, default=-1) + 1,
        "vocab_size": _size(shapes, "word_embeddings.weight", 0),
        "hidden_size": _size(shapes, "word_embeddings.weight", 1),
        "max_position_embeddings": _size(shapes, "position_embeddings.weight", 0),
    }
    for key, number in seen.items():
        if number != sizes[key]:
            raise ModelError(
                f"The weights of {source} are of another model than its config.json: they give "
                f"{key} = {number:,}, it says {sizes[key]:,}.",
                field="model",
            )


def _size(shapes: Mapping[str, tuple[int, ...]], ending: str, axis: int) -> int:
    found = next((shape for name, shape in shapes.items() if name.endswith(ending)), ())
    return found[axis] if len(found) == 2 else 0
