"""Low-rank additions to an encoder (Hu et al. 2021), by peft: train few weights, merge them after.

The additions go on every linear layer of the encoder, which full fine-tuning is matched best by
(Dettmers et al. 2023, section 4). The head and the pooler are small and often new, so they are
trained whole. Weights that the head shares with the encoder, the masked-word projection, stay.
"""

import json
import warnings
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bert_core.errors import InputError, ModelError

if TYPE_CHECKING:
    import torch

TARGETS = (
    r".*\blayer\.\d+\..*\b"
    r"(query|key|value|dense|q_lin|k_lin|v_lin|out_lin|lin1|lin2)"
)
"""All linear layers inside the encoder: BERT's and RoBERTa's names, then DistilBERT's."""
WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"


def add_lora(model: Any, rank: int) -> Any:
    """Freeze a model but for its head, and add low-rank weights to its encoder.

    The additions begin as 0, so the model answers as before. They are scaled by 2.

    Args:
        model: a transformers model with a task head; it is changed in place.
        rank: of the additions, >= 1.

    Returns:
        peft's wrapper around ``model``, which is called in the same way.

    Raises:
        InputError: the rank is below 1.
        ModelError: no layer of the model is known here.
    """
    if rank < 1:
        raise InputError(f"The rank is {rank}; at least 1 is needed.", field="lora_rank")
    return _wrapped(model, rank=rank, alpha=2 * rank, whole=_trained_whole(model))


def merge_lora(model: Any) -> Any:
    """A plain transformers model with the additions summed into its weights.

    ``model`` itself stays as it is, so training can go on after a checkpoint is written.

    Args:
        model: what :func:`add_lora` or :func:`load_adapter` returned.
    """
    return deepcopy(model).merge_and_unload()


def adapter_state(model: Any) -> "dict[str, torch.Tensor]":
    """What was trained: the additions and the head, by peft's names.

    Args:
        model: what :func:`add_lora` returned.
    """
    from peft import get_peft_model_state_dict

    state: dict[str, torch.Tensor] = get_peft_model_state_dict(model, save_embedding_layers=False)
    return {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}


def save_adapter(model: Any, folder: Path) -> None:
    """Write what was trained as ``adapter_model.safetensors`` and ``adapter_config.json``.

    peft opens the folder, too. The encoder is not in it, nor is the place it was loaded from.

    Args:
        model: what :func:`add_lora` returned.
        folder: where to; made when absent.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    config = model.peft_config["default"]
    written = {
        "peft_type": "LORA",
        "r": config.r,
        "lora_alpha": config.lora_alpha,
        "target_modules": config.target_modules,
        "modules_to_save": list(config.modules_to_save),
        "inference_mode": True,
    }
    save_file(adapter_state(model), folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def load_adapter(model: Any, folder: Path) -> Any:
    """Put saved additions and their head on an encoder.

    Args:
        model: the encoder that they were trained on, with a head of the same kind; it is changed
            in place.
        folder: what :func:`save_adapter` wrote. Only safetensors are opened.

    Returns:
        peft's wrapper around ``model``; :func:`merge_lora` makes it plain.

    Raises:
        ModelError: files are missing, damaged, or of another encoder or head.
    """
    from peft import set_peft_model_state_dict
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    config = _read_config(folder)
    try:
        state = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{WEIGHTS} of {folder.name} is missing or damaged ({error}). Copy it again.",
            field="model",
        ) from None
    wrapped = _wrapped(model, **config)
    wanted = {name: tensor.shape for name, tensor in adapter_state(wrapped).items()}
    found = {name: tensor.shape for name, tensor in state.items()}
    if wanted != found:
        odd = sorted(wanted.items() ^ found.items())
        raise ModelError(
            f"The adapter {folder.name} belongs to another encoder or head: {odd[0][0]} is "
            "missing or of another size.",
            field="model",
        )
    set_peft_model_state_dict(wrapped, state)
    return wrapped


def _wrapped(model: Any, *, rank: int, alpha: int, whole: list[str]) -> Any:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=rank, lora_alpha=alpha, target_modules=TARGETS, modules_to_save=whole, bias="none"
    )
    try:
        with warnings.catch_warnings():
            # peft asks transformers by a name that the latter gives up in its next version.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
            return get_peft_model(model, config)
    except ValueError:  # what peft says when it finds nothing to add to
        raise ModelError(
            f"Low-rank training does not know the layers of {type(model).__name__}. Set "
            "lora_rank = 0 to train all weights.",
            field="lora_rank",
        ) from None


def _trained_whole(model: Any) -> list[str]:
    """Modules outside the encoder's layers that are trained in full: the head and the pooler."""
    encoder = getattr(model, model.base_model_prefix)
    shared = {id(weight) for weight in encoder.parameters()}
    names = [
        name
        for child, module in model.named_children()
        if module is not encoder
        for name in _own(child, module, shared)
    ]
    if getattr(encoder, "pooler", None) is not None:
        names.append(f"{model.base_model_prefix}.pooler")
    return names


def _own(name: str, module: Any, shared: set[int]) -> Iterator[str]:
    """The largest parts of a module that share no weight with the encoder, by name."""
    weights = [id(weight) for weight in module.parameters()]
    if weights and shared.isdisjoint(weights):
        yield name
    elif weights:
        for child, part in module.named_children():
            yield from _own(f"{name}.{child}", part, shared)


def _read_config(folder: Path) -> dict[str, Any]:
    """Rank, scale and whole modules of a saved adapter. Nothing else of the file is believed."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        rank, alpha, whole = config["r"], config["lora_alpha"], config["modules_to_save"]
        sound = (
            all(isinstance(number, int) and 1 <= number <= 1024 for number in (rank, alpha))
            and isinstance(whole, list)
            and all(isinstance(name, str) for name in whole)
        )
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        sound = False
    if not sound:
        raise ModelError(
            f"{folder.name} has no {CONFIG} that can be read: it is no adapter, or a damaged one.",
            field="model",
        )
    return {"rank": rank, "alpha": alpha, "whole": whole}
