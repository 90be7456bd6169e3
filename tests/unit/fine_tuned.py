"""Tiny checkpoints with the heads of fine-tuning, and the library's own answers from them."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from tests import tiny

CLASSES = {
    "bert": {
        "classification": "BertForSequenceClassification",
        "tagging": "BertForTokenClassification",
        "multiple_choice": "BertForMultipleChoice",
        "span": "BertForQuestionAnswering",
    },
    "distilbert": {
        "classification": "DistilBertForSequenceClassification",
        "tagging": "DistilBertForTokenClassification",
        "multiple_choice": "DistilBertForMultipleChoice",
        "span": "DistilBertForQuestionAnswering",
    },
    "roberta": {
        "classification": "RobertaForSequenceClassification",
        "tagging": "RobertaForTokenClassification",
        "multiple_choice": "RobertaForMultipleChoice",
        "span": "RobertaForQuestionAnswering",
    },
}
"""The library's class of a family and a head."""


def write(folder: Path, family: str, head: str, **config: Any) -> Path:
    """A random checkpoint with a head; ``config`` reaches BERT's configuration only."""
    if family == "bert":
        return tiny.write_bert(folder, head, **config)
    makers = {"distilbert": tiny.write_distilbert, "roberta": tiny.write_roberta}
    return makers[family](folder, CLASSES[family][head])


def tagger(folder: Path, labels: Sequence[str], **config: Any) -> Path:
    """A random BERT that tags with these labels."""
    return tiny.write_bert(folder, "tagging", id2label=dict(enumerate(labels)), **config)


def change_config(folder: Path, **values: object) -> Path:
    """Other values in ``config.json``."""
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}), encoding="utf-8")
    return folder


def copy_to(folder: Path, target: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(folder, target))


def rewrite(folder: Path, change: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]) -> Path:
    """Other weights in ``model.safetensors``."""
    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, metadata={"format": "pt"})
    return folder


def library_logits(folder: Path, library: str, tokens: Any) -> NDArray[np.float32]:
    """What the library's own model puts out for one input: a row, or a row for each piece."""
    model = getattr(transformers, library).from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True
    )
    inputs = {"input_ids": torch.tensor([list(tokens.ids)])}
    if library.startswith("Bert"):
        inputs["token_type_ids"] = torch.tensor([list(tokens.segments)])
    if library.endswith("ForMultipleChoice"):
        inputs = {name: rows[:, None] for name, rows in inputs.items()}
    with torch.inference_mode():
        out = model.eval()(**inputs)
    if library.endswith("ForQuestionAnswering"):
        return torch.stack([out.start_logits[0], out.end_logits[0]], dim=-1).numpy()
    return out.logits[0].numpy()


def close(found: object, expected: object) -> None:
    """Equal up to the last digits of float32."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
