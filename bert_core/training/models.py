"""A checkpoint's encoder with a head to train: new, or the one that it has already."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bert_core.errors import ModelError
from bert_core.model.foreign import ForeignFiles

NEW = ("classifier.", "pre_classifier.", "qa_outputs.", "pooler.")
"""Beginnings of weights that a head brings; only these may be missing in a checkpoint."""


def build(
    library_class: str,
    folder: Path,
    *,
    labels: Sequence[str] = (),
    seed: int,
    **config: Any,
) -> Any:
    """Load an encoder under a head.

    Args:
        library_class: name of transformers' class.
        folder: the checkpoint.
        labels: classes in the order of the outputs; () where there are none: one output.
        seed: of the new head's weights.
        config: further values of the configuration.

    Raises:
        ModelError: the folder cannot be used, or lacks weights of the encoder itself.
    """
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    if labels:
        config["id2label"] = dict(enumerate(labels))
        config["label2id"] = {label: n for n, label in enumerate(labels)}
    torch.manual_seed(seed)
    with ForeignFiles(f"The weights of {folder.name} do not fit its config.json."):
        model, info = getattr(transformers, library_class).from_pretrained(
            folder,
            dtype=torch.float32,
            attn_implementation="sdpa",
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # a head for other classes gives way to a new one
            **config,
        )
    _refuse_random_encoder(info)
    return model


def _refuse_random_encoder(info: dict[str, Any]) -> None:
    mismatched = [name for name, *_ in info["mismatched_keys"]]
    for name in (*info["missing_keys"], *mismatched):
        short = name.split(".", 1)[1] if name.split(".", 1)[0] in _PREFIXES else name
        if not short.startswith(NEW):
            raise ModelError(
                f"The checkpoint lacks {name}, a part of the encoder itself; training would start "
                "from random numbers there. Choose another model.",
                field="model",
            )


_PREFIXES = ("bert", "distilbert", "roberta", "cls")
_LAYER = re.compile(r"\blayer\.\d+$")


def set_attention_dropout(model: Any, share: float) -> None:
    """Leave out so many attention weights at random in training; the configuration stays."""
    for module in model.modules():
        if type(module).__name__.endswith("SelfAttention"):
            module.dropout.p = share


def compile_layers(model: Any) -> None:
    """Have the encoder's layers compiled when they first compute; names of weights stay.

    All layers are alike, so that one is compiled and all use it: quicker than the whole model.
    """
    for name, module in model.named_modules():
        if _LAYER.search(name):
            module.compile()
