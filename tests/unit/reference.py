"""The library's own model and tokenizer on the same files: what our numbers are held against.

Nothing of ``bert_core`` is used here but the folder of a checkpoint.
"""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray


@functools.cache
def library_model(folder: Path) -> Any:
    """The masked-word model of a folder in float32."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers.AutoModelForMaskedLM.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True
    ).eval()


@functools.cache
def library_tokenizer(folder: Path) -> Any:
    """The tokenizer of a folder."""
    return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)


def log_probabilities(
    folder: Path, ids: Sequence[int], segments: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """Log-probabilities at every piece of one input, shape (T, V), in nats."""
    inputs = {"input_ids": torch.tensor([list(ids)])}
    if segments is not None:
        inputs["token_type_ids"] = torch.tensor([list(segments)])
    with torch.inference_mode():
        logits = library_model(folder)(**inputs).logits[0]
    return torch.log_softmax(logits.double(), dim=-1).numpy()


def log_probabilities_of(encoder: Any, tokens: Any) -> NDArray[np.float64]:
    """The same for pieces that our tokenizer made; its own tests hold the tokenizer."""
    segments = tokens.segments if encoder.checkpoint.family.has_segments else None
    return log_probabilities(encoder.checkpoint.folder, tokens.ids, segments)
