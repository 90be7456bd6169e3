"""A checkpoint of the plainest form, read without the library: BERT with every weight in its place.

Most BERTs are of that form, the shipped ones among them. Whatever is not is left to the library,
which reads many forms, refuses what cannot be read, and takes seconds to import.
"""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bert_core.model.checkpoints import Checkpoint

if TYPE_CHECKING:
    from bert_core.model.bert_heads import Bert

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=10**9)]
Piece = Annotated[int, Field(ge=0)] | None
Kind = Literal["float32", "float16", "bfloat16"] | None
_FILE = "model.safetensors"
_NUMBERS = {"F32", "F16", "BF16"}
_POOLED = {"next_sentence", "classification", "multiple_choice"}
"""Heads behind the pooler."""


class PlainConfig(BaseModel):
    """What a plain checkpoint's config.json may say; all of it is known here, or changes nothing.

    The sizes that it shares with :class:`Checkpoint` were looked at there.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    model_type: Literal["bert"]
    vocab_size: Count
    max_position_embeddings: Count
    num_hidden_layers: Count
    num_attention_heads: Count
    hidden_size: Count
    intermediate_size: Count = 3072
    type_vocab_size: Count = 2
    hidden_act: Literal["gelu", "relu"] = "gelu"
    layer_norm_eps: Annotated[float, Field(gt=0, lt=1)] = 1e-12
    id2label: dict[str, str] | None = None
    label2id: dict[str, int] | None = None
    problem_type: str | None = None
    architectures: list[str] | None = None
    transformers_version: str | None = None
    dtype: Kind = None
    torch_dtype: Kind = None
    position_embedding_type: Literal["absolute"] = "absolute"
    is_decoder: Literal[False] = False
    add_cross_attention: Literal[False] = False
    tie_word_embeddings: Literal[True] = True
    gradient_checkpointing: bool = False
    use_cache: bool = True
    hidden_dropout_prob: Share = 0.1
    attention_probs_dropout_prob: Share = 0.1
    classifier_dropout: Share | None = None
    initializer_range: Share = 0.02
    pad_token_id: Piece = 0
    bos_token_id: Piece = None
    eos_token_id: Piece = None


def read_plain(checkpoint: Checkpoint) -> "Bert | None":
    """A BERT with its heads, in float32; None when the checkpoint is not of the plainest form.

    Every weight that the configuration promises has to be there in its shape, and no other.
    """
    files = [path.name for path in checkpoint.folder.glob("model*.safetensors")]
    if checkpoint.family.name != "BERT" or files != [_FILE]:
        return None
    try:
        config = PlainConfig.model_validate_json(
            (checkpoint.folder / "config.json").read_text(encoding="utf-8")
        )
    except (OSError, ValueError):
        return None
    if (config.pad_token_id or 0) >= config.vocab_size:
        return None
    return _read(checkpoint, config)


def _read(checkpoint: Checkpoint, config: PlainConfig) -> "Bert | None":
    import torch
    from safetensors import safe_open

    from bert_core.model.bert import Shape
    from bert_core.model.bert_heads import Bert

    shape = Shape(
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        hidden=config.hidden_size,
        inner=config.intermediate_size,
        vocabulary=config.vocab_size,
        positions=config.max_position_embeddings,
        segments=config.type_vocab_size,
        epsilon=config.layer_norm_eps,
        activation=config.hidden_act,
    )
    with safe_open(checkpoint.folder / _FILE, framework="pt") as weights:
        parts = {name: weights.get_slice(name) for name in weights.keys()}
        if not {part.get_dtype() for part in parts.values()} <= _NUMBERS:
            return None
        with torch.device("meta"):
            model = Bert(
                shape,
                checkpoint.heads,
                outputs=2 if config.id2label is None else len(config.id2label),
                pooler=not _POOLED.isdisjoint(checkpoint.heads)
                or any(".pooler." in f".{name}" for name in parts),
            )
        whole = model if checkpoint.heads else model.bert  # without heads, names have no prefix
        wanted = {name: list(weight.shape) for name, weight in whole.state_dict().items()}
        if {name: part.get_shape() for name, part in parts.items()} != wanted:
            return None
        # Copies: a file that is cut short later must not take the process along.
        state = {name: weights.get_tensor(name).to(torch.float32, copy=True) for name in parts}
    whole.load_state_dict(state, assign=True)
    return model
