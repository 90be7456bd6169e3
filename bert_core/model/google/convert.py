"""Google's TensorFlow releases of BERT, turned into transformers folders without TensorFlow.

What google-research/bert publishes and what its scripts leave behind (bert_config.json, vocab.txt,
``*.ckpt.index`` and ``*.ckpt.data-*``) becomes config.json, model.safetensors and the tokenizer's
files. The numbers are Google's: see `google_config` for the one choice that matters, the
activation. One tensor at a time is in memory.
"""

import json
import shutil
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bert_core.errors import InputError, ModelError
from bert_core.model.google.config import read_config, transformers_config
from bert_core.model.google.files import CONFIG, VOCABULARY, Release, find_release
from bert_core.model.google.names import Plan, Target, plan
from bert_core.model.google.tensor_bundle import TensorBundle, open_bundle
from bert_core.model.google.vocabulary import decide_case, read_vocabulary, write_tokenizer


@dataclass(frozen=True, slots=True)
class ConvertReport:
    """What a conversion found and decided.

    Attributes:
        out: the new folder.
        architecture: transformers class with the heads that were found.
        heads: the task heads, in words; empty for a bare encoder.
        layers: L.
        hidden: H.
        vocabulary: V.
        parameters: how many numbers were written.
        tensors: in how many tensors.
        ignored: variables of the optimizer, which were left out.
        lower: whether text is lower-cased before it is cut into pieces.
        lower_reason: how that was decided, a sentence.
        activation: transformers' name of the activation that computes what Google's code does.
    """

    out: str
    architecture: str
    heads: tuple[str, ...]
    layers: int
    hidden: int
    vocabulary: int
    parameters: int
    tensors: int
    ignored: int
    lower: bool
    lower_reason: str
    activation: str


def convert(source: Path, out: Path, *, lower: bool | None = None) -> ConvertReport:
    """Turn a release of google-research/bert into a folder that transformers opens.

    The folder appears whole or not at all: it is made under another name beside ``out`` and
    renamed at the end.

    Args:
        source: folder or zip file with bert_config.json, vocab.txt and one checkpoint.
        out: folder to make; it must not exist, or be empty.
        lower: whether the model wants lower-cased text; None: decide by name and vocabulary.

    Returns:
        What was found and decided.

    Raises:
        InputError: ``out`` is taken or cannot be written.
        ModelError: the release is incomplete, damaged, unsafe to unpack or no BERT.
    """
    out = out.absolute()
    work = None
    try:
        _check_free(out)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        release = find_release(source, work / "unzipped")
        ready = work / "ready"
        ready.mkdir()
        report = _write(release, ready, out, lower)
        ready.rename(out)  # takes the place of an empty folder, fails on one filled meanwhile
        return report
    except OSError as error:
        raise InputError(
            f"{error.filename or out}: {error.strerror or error}. Check the place, its permissions "
            "and the free space.",
            field="out",
        ) from error
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)


def _check_free(out: Path) -> None:
    if "\0" in str(out):
        raise InputError("The name of the folder to make holds a NUL character.", field="out")
    if not out.parent.is_dir():
        raise InputError(f"There is no folder {out.parent} to put {out.name} in.", field="out")
    taken = any(out.iterdir()) if out.is_dir() else out.exists() or out.is_symlink()
    if taken:
        raise InputError(
            f"{out} is there already and not an empty folder. Choose another name; nothing is "
            "ever overwritten.",
            field="out",
        )


def _write(release: Release, folder: Path, out: Path, lower: bool | None) -> ConvertReport:
    """Write all files into a folder; everything is checked before the first byte is."""
    config = read_config(release.folder / CONFIG)
    pieces = read_vocabulary(release.folder / VOCABULARY, config.vocab_size)
    bundle = open_bundle(release.prefix)
    todo = plan({name: entry.shape for name, entry in bundle.entries.items()}, config)
    case = decide_case(release.names, pieces, lower)
    _write_weights(folder / "model.safetensors", bundle, todo)
    settings = transformers_config(
        config,
        architecture=todo.architecture,
        labels=todo.labels,
        pad_id=pieces.index("[PAD]"),
    )
    (folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n")
    write_tokenizer(folder, pieces, lower=case.lower, longest=config.max_position_embeddings)
    return ConvertReport(
        out=str(out),
        architecture=todo.architecture,
        heads=todo.heads,
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        vocabulary=config.vocab_size,
        parameters=sum(prod(target.shape) for target in todo.targets.values()),
        tensors=len(todo.targets),
        ignored=todo.ignored,
        lower=case.lower,
        lower_reason=case.reason,
        activation=config.activation,
    )


def _write_weights(path: Path, bundle: TensorBundle, todo: Plan) -> None:
    """Stream the tensors into a safetensors file: length of header, header, numbers.

    The library's own writer wants all tensors at once, twice over; here it is one at a time.
    """
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for target in todo.targets.values():
        start, end = end, end + 4 * prod(target.shape)
        shape = target.shape[::-1] if target.transpose else target.shape
        header[target.name] = {"dtype": "F32", "shape": shape, "data_offsets": (start, end)}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("xb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in _tensors(bundle, todo):
            file.write(values.data)


def _tensors(bundle: TensorBundle, todo: Plan) -> Iterator[npt.NDArray[np.float32]]:
    """The tensors in the order of the plan, turned as torch wants them."""
    for name, target in todo.targets.items():
        yield _turned(name, bundle.read(name), target)


def _turned(name: str, values: npt.NDArray[np.generic], target: Target) -> npt.NDArray[np.float32]:
    if values.dtype.kind != "f":
        raise ModelError(f"'{name}' holds {values.dtype} values, where weights are wanted.")
    weights = values.astype("<f4", copy=False)
    if not np.isfinite(weights).all():
        raise ModelError(
            f"'{name}' holds values that are not finite numbers. The checkpoint is of a training "
            "that failed; use an earlier one."
        )
    return np.ascontiguousarray(weights.T if target.transpose else weights)
