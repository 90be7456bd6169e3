"""The library's classes that read a checkpoint, and the task heads inside a loaded model.

The library's classes of different tasks share their encoder but not their heads. Here every head
is one function of hidden states, so that one encoder serves all that a checkpoint has.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bert_core.model.checkpoints import Checkpoint
from bert_core.model.heads import Head

Module = Callable[[Any], Any]
"""Hidden states (..., H) to a head's outputs (..., C)."""
FUSED = "sdpa"
"""The library's name of the attention kernel that is faster, and keeps its weights to itself."""
_LAID_OUT = "eager"
"""The name of the one that lays its weights out in memory."""
_CLASSES: Mapping[Head, str] = {
    "masked_word": "AutoModelForMaskedLM",
    "next_sentence": "BertForNextSentencePrediction",
    "classification": "AutoModelForSequenceClassification",
    "tagging": "AutoModelForTokenClassification",
    "multiple_choice": "AutoModelForMultipleChoice",
    "span": "AutoModelForQuestionAnswering",
}


def library_classes(checkpoint: Checkpoint) -> dict[str, tuple[Head, ...]]:
    """Names of the library's classes that together read all heads, each with those it reads.

    A checkpoint without heads is read by ``AutoModel``. Nearly all need one class only.
    """
    pretraining: tuple[Head, ...] = ("masked_word", "next_sentence")
    heads = list(checkpoint.heads)
    found: dict[str, tuple[Head, ...]] = {}
    if set(pretraining) <= set(heads):
        found["BertForPreTraining"] = pretraining
        heads = [head for head in heads if head not in pretraining]
    found |= {_CLASSES[head]: (head,) for head in heads}
    return found or {"AutoModel": ()}


def head_module(model: Any, head: Head) -> Module:
    """A head of a loaded model of the class that reads it.

    Args:
        model: of one of :func:`library_classes`.
        head: which. Those that judge a whole text take the hidden state of its first piece,
            the others that of any piece.
    """
    match head:
        case "masked_word":
            return _masked_word(model)
        case "next_sentence":
            return _pooled(model, model.cls.seq_relationship)
        case "tagging":
            read_out: Module = model.classifier
            return read_out
        case "span":
            spans: Module = model.qa_outputs
            return spans
        case "classification" | "multiple_choice":
            return _first_piece(model)


def _masked_word(model: Any) -> Module:
    if hasattr(model, "vocab_projector"):  # DistilBERT spreads its head over the model

        def read_out(states: Any) -> Any:
            states = model.activation(model.vocab_transform(states))
            return model.vocab_projector(model.vocab_layer_norm(states))

        return read_out
    if hasattr(model, "lm_head"):
        roberta: Module = model.lm_head
        return roberta
    bert: Module = model.cls.predictions
    return bert


def _first_piece(model: Any) -> Module:
    if hasattr(model, "pre_classifier"):  # DistilBERT

        def distilbert(states: Any) -> Any:
            return model.classifier(model.pre_classifier(states).relu())

        return distilbert
    if hasattr(model.classifier, "out_proj"):  # RoBERTa; it looks for the first piece itself
        return lambda states: model.classifier(states[..., None, :])
    return _pooled(model, model.classifier)


def _pooled(model: Any, head: Module) -> Module:
    """A head behind the pooler, which looks for the first piece itself."""
    pooler = getattr(model, model.base_model_prefix).pooler
    return lambda states: head(pooler(states[..., None, :]))


@contextmanager
def laying_out_weights(encoder: Any) -> Iterator[None]:
    """A block in which an encoder of the library hands out its attention weights.

    Which kernel computes is asked at each pass, so one encoder serves both.

    Args:
        encoder: of the library, loaded with :data:`FUSED`; the caller is alone with it.
    """
    encoder.set_attn_implementation(_LAID_OUT)
    try:
        yield
    finally:
        encoder.set_attn_implementation(FUSED)
