"""From a choice to an encoder in memory."""

from typing import Any

from bert_core.errors import ModelError
from bert_core.model import sources
from bert_core.model.checkpoints import Checkpoint
from bert_core.model.choice import ModelChoice
from bert_core.model.devices import dtype_for, polite_threads
from bert_core.model.encoder import Encoder
from bert_core.model.foreign import ForeignFiles
from bert_core.model.sources import Progress
from bert_core.model.tokenizer import Tokenizer

_OURS: dict[str, Any] = {
    "return_dict": True,
    "output_attentions": False,
    "output_hidden_states": False,
    "chunk_size_feed_forward": 0,
}
"""What a checkpoint's config.json may say about the way results are handed out, but not here."""


def load(choice: ModelChoice | None = None, *, on_progress: Progress | None = None) -> Encoder:
    """Load a model: the embedded one by default.

    Args:
        choice: which model, on which device, in which precision.
        on_progress: told about downloads and loading.

    Raises:
        ModelError: the files cannot be found or used, or memory ran out.
        InputError: the device or precision does not exist here.
    """
    choice = choice or ModelChoice()
    checkpoint = sources.find(choice, on_progress=on_progress)
    polite_threads()
    if on_progress is not None:
        on_progress(f"Loading {checkpoint.source}", None)
    products = dtype_for(choice.device, choice.precision)
    tokenizer = Tokenizer(checkpoint)
    return Encoder(checkpoint, choice, tokenizer, _body(checkpoint, choice, products))


def _model(checkpoint: Checkpoint, choice: ModelChoice) -> Any:
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()  # what is missing is said by us
    if "next_sentence" in checkpoint.heads and "masked_word" in checkpoint.heads:
        library: Any = transformers.BertForPreTraining
    elif "next_sentence" in checkpoint.heads:
        library = transformers.BertForNextSentencePrediction
    elif "masked_word" in checkpoint.heads:
        library = transformers.AutoModelForMaskedLM
    else:
        library = transformers.AutoModel
    with ForeignFiles(f"The weights of {checkpoint.source} do not fit its config.json."):
        try:
            model, info = library.from_pretrained(
                checkpoint.folder,
                dtype=torch.float32,  # else the library computes in the type of the file
                attn_implementation=choice.attention,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
                **_OURS,
            )
            _refuse_changed(checkpoint, info)
            return model.to(choice.device).eval()
        except torch.OutOfMemoryError:
            raise ModelError(
                f"{choice.device} has not enough memory for {checkpoint.source}. Use the CPU.",
                field="device",
            ) from None


def _refuse_changed(checkpoint: Checkpoint, info: dict[str, Any]) -> None:
    """Refuse a model that is not what the file holds.

    The library fills missing weights with random ones, which is harmless only for a pooler that
    nothing reads, and leaves out weights that it does not know.
    """
    pooler_is_read = "next_sentence" in checkpoint.heads
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


def _body(checkpoint: Checkpoint, choice: ModelChoice, products: Any) -> Any:
    import torch

    from bert_core.model import half, lean
    from bert_core.model.body import Body

    model = _model(checkpoint, choice)
    encoder = getattr(model, model.base_model_prefix, model)
    if products != torch.float32:
        half.halve_products(encoder, products)
    return Body(
        family=checkpoint.family,
        encoder=encoder,
        lean=lean.lean_encoder(encoder),
        masked_word=_masked_word(model),
        next_sentence=_next_sentence(model, encoder),
    )


def _masked_word(model: Any) -> Any:
    if hasattr(model, "vocab_projector"):  # DistilBERT spreads its head over the model

        def read_out(states: Any) -> Any:
            states = model.activation(model.vocab_transform(states))
            return model.vocab_projector(model.vocab_layer_norm(states))

        return read_out
    if hasattr(model, "lm_head"):
        return model.lm_head
    return getattr(getattr(model, "cls", None), "predictions", None)


def _next_sentence(model: Any, body: Any) -> Any:
    head = getattr(getattr(model, "cls", None), "seq_relationship", None)
    return None if head is None else lambda last: head(body.pooler(last))
