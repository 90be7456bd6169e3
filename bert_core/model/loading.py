"""From a choice to an encoder in memory."""

import threading
from collections.abc import Callable
from typing import Any

from bert_core.errors import ModelError
from bert_core.model import sources
from bert_core.model.checkpoints import Checkpoint
from bert_core.model.choice import ModelChoice
from bert_core.model.devices import dtype_for, polite_threads
from bert_core.model.encoder import Encoder
from bert_core.model.foreign import ForeignFiles, lacks_memory
from bert_core.model.library import transformers
from bert_core.model.modules import FUSED, head_module, library_classes
from bert_core.model.plain import read_plain
from bert_core.model.sources import Progress
from bert_core.model.tokenizer import Tokenizer

_OURS: dict[str, Any] = {
    "return_dict": True,
    "output_attentions": False,
    "output_hidden_states": False,
    "chunk_size_feed_forward": 0,
}
"""What a checkpoint's config.json may say about the way results are handed out, but not here."""


_ONE_AT_A_TIME = threading.Lock()
"""The library changes torch's own functions while it loads, for all threads: of two models that
are loaded at once, one would be without some of its weights."""


def load(
    choice: ModelChoice | None = None,
    *,
    on_progress: Progress | None = None,
    on_found: Callable[[Checkpoint], None] | None = None,
) -> Encoder:
    """Load a model: the embedded one by default.

    Args:
        choice: which model, on which device, in which precision.
        on_progress: told about downloads and loading.
        on_found: told what the folder holds before its weights come into memory.

    Raises:
        ModelError: the files cannot be found or used, or memory ran out.
        InputError: the device or precision does not exist here.
    """
    choice = choice or ModelChoice()
    checkpoint = sources.find(choice, on_progress=on_progress)
    polite_threads()
    if on_found is not None:
        on_found(checkpoint)
    if on_progress is not None:
        on_progress(f"Loading {checkpoint.source}", None)
    products = dtype_for(choice.device, choice.precision)
    tokenizer = Tokenizer(checkpoint)
    return Encoder(checkpoint, choice, tokenizer, _body_with_memory(checkpoint, choice, products))


def load_tokenizer(choice: ModelChoice, *, on_progress: Progress | None = None) -> Tokenizer:
    """Load the tokenizer of a model without its weights.

    Args:
        choice: the model; only its source and revision matter here.
        on_progress: told about a download; a hub model comes whole.

    Raises:
        ModelError: as :func:`load`, where that is about the model's files.
    """
    return Tokenizer(sources.find(choice, on_progress=on_progress))


def _library_model(checkpoint: Checkpoint, library: str) -> Any:
    """A model of the library's class of that name, its weights all from the file."""
    import torch

    package = transformers()
    package.utils.logging.disable_progress_bar()
    package.utils.logging.set_verbosity_error()  # what is missing is said by us
    with ForeignFiles(f"The weights of {checkpoint.source} do not fit its config.json."):
        with _ONE_AT_A_TIME:
            model, info = getattr(package, library).from_pretrained(
                checkpoint.folder,
                dtype=torch.float32,  # else the library computes in the type of the file
                attn_implementation=FUSED,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
                **_OURS,
            )
        _refuse_changed(checkpoint, info, pooler_is_read=library != "AutoModel")
        # The library maps the file, and one that is cut short later would take the process along.
        for part in (*model.parameters(), *model.buffers()):
            part.data = part.data.clone()
    return model


def _refuse_changed(checkpoint: Checkpoint, info: dict[str, Any], *, pooler_is_read: bool) -> None:
    """Refuse a model that is not what the file holds.

    The library fills missing weights with random ones, which is harmless only for a pooler that
    nothing reads, and leaves out weights that it does not know. Its classes for a task bring a
    pooler only where their head reads it.
    """
    random = sorted(
        name for name in info["missing_keys"] if pooler_is_read or ".pooler." not in f".{name}"
    )
    if random:
        raise ModelError(
            f"{checkpoint.source} lacks {len(random)} weights that its config.json promises, "
            f"{random[0]} for one. The file is incomplete or of another model.",
            field="model",
        )
    unread = sorted(name for name in info["unexpected_keys"] if ".layer." in name)
    if unread:
        raise ModelError(
            f"{checkpoint.source} has {len(unread)} weights inside its layers that this app does "
            f"not know, {unread[0]} for one; without them its answers would be wrong.",
            field="model",
        )


def _body_with_memory(checkpoint: Checkpoint, choice: ModelChoice, products: Any) -> Any:
    """The model; weights that are on the device already may need more room to be rearranged."""
    import torch

    try:
        return _body(checkpoint, choice, products)
    except (MemoryError, RuntimeError) as error:
        if not (isinstance(error, torch.OutOfMemoryError) or lacks_memory(error)):
            raise
        advice = "Use a smaller model." if choice.device == "cpu" else "Use the CPU."
        raise ModelError(
            f"{choice.device} has not enough memory for {checkpoint.source}. {advice}",
            field="device",
        ) from None


def _body(checkpoint: Checkpoint, choice: ModelChoice, products: Any) -> Any:
    import torch

    from bert_core.model import half, lean
    from bert_core.model.body import Body

    with _ONE_AT_A_TIME, ForeignFiles(f"The weights of {checkpoint.source} cannot be read."):
        plain = read_plain(checkpoint)
    classes = library_classes(checkpoint)
    models = {name: _placed(plain or _library_model(checkpoint, name), choice) for name in classes}
    first = next(iter(models.values()))
    encoder = getattr(first, first.base_model_prefix, first)
    if products != torch.float32:
        half.halve_products(encoder, products)
    return Body(
        family=checkpoint.family,
        encoder=encoder,
        lean=lean.LeanEncoder(encoder),
        heads={
            head: head_module(models[name], head)
            for name, heads in classes.items()
            for head in heads
        },
        of_library=plain is None,
    )


def _placed(model: Any, choice: ModelChoice) -> Any:
    """A model where it computes, its weights for reading only."""
    return model.to(choice.device).eval().requires_grad_(False)
