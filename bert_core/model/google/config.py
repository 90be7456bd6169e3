"""bert_config.json of google-research/bert, and the config.json that transformers wants.

The activation: at eedf571 (and since February 2019) Google's modeling.py computes "gelu" by the
tanh approximation of Hendrycks & Gimpel (arXiv:1606.08415), while transformers means the exact
error function by "gelu". Only ``gelu_pytorch_tanh`` gives Google's numbers (the test holds the
fixture to 1e-5; the exact form is off by more than that), so it is what is written. Copies of
the same weights on the hub mostly say "gelu" and answer a little differently.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from bert_core.checks import shown
from bert_core.errors import ModelError

_ACTIVATIONS = {
    "gelu": "gelu_pytorch_tanh",
    "relu": "relu",
    "tanh": "tanh",
    "linear": "linear",
    "": "linear",
}
_LAYER_NORM_EPS = 1e-12  # what tf.contrib.layers.layer_norm adds in float32
_LARGEST = 10_000_000  # no size in a BERT comes near it; keeps absurd files from being tried


@dataclass(frozen=True, slots=True)
class GoogleConfig:
    """The settings of a BERT, named as in bert_config.json.

    Attributes:
        vocab_size: V, number of word pieces.
        hidden_size: H, width of a layer.
        num_hidden_layers: L.
        num_attention_heads: A, of H / A dimensions each.
        intermediate_size: width inside the feed-forward part.
        max_position_embeddings: longest input, in word pieces.
        type_vocab_size: number of segments.
        hidden_act: Google's name of the activation.
        hidden_dropout_prob: dropout while training, probability.
        attention_probs_dropout_prob: the same on attention weights.
        initializer_range: standard deviation of fresh weights.
    """

    vocab_size: int
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    max_position_embeddings: int = 512
    type_vocab_size: int = 16
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    initializer_range: float = 0.02

    @property
    def activation(self) -> str:
        """The name under which transformers computes what Google's code computes."""
        return _ACTIVATIONS[self.hidden_act.lower()]


def read_config(path: Path) -> GoogleConfig:
    """Read and check a bert_config.json; what it leaves out has Google's default.

    Args:
        path: the file.

    Returns:
        The settings. Keys that Google's own code does not use are passed over.

    Raises:
        ModelError: no readable JSON object, no vocab_size, a size that is no positive whole
            number, a probability outside [0, 1], an unknown activation, or a hidden size that
            the heads cannot share.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not valid JSON. Download or copy it again.") from error
    if not isinstance(values, dict) or "vocab_size" not in values:
        raise ModelError(f"{path} does not describe a BERT: it has no vocab_size.")
    known = GoogleConfig.__dataclass_fields__
    config = GoogleConfig(**{key: value for key, value in values.items() if key in known})
    for key, field in known.items():
        _check_value(path, key, field.type, getattr(config, key))
    if config.hidden_size % config.num_attention_heads:
        raise ModelError(
            f"{path}: {config.num_attention_heads} attention heads cannot share a hidden size of "
            f"{config.hidden_size} equally."
        )
    return config


def transformers_config(
    config: GoogleConfig, *, architecture: str, labels: int | None, pad_id: int
) -> dict[str, object]:
    """What config.json says of a converted checkpoint.

    Args:
        config: Google's settings.
        architecture: transformers class with the checkpoint's heads.
        labels: number of classes of a classifier, None without one.
        pad_id: id of [PAD].

    Returns:
        A JSON object.
    """
    result: dict[str, object] = {
        "architectures": [architecture],
        "model_type": "bert",
        "dtype": "float32",
        **{key: getattr(config, key) for key in GoogleConfig.__dataclass_fields__},
        "hidden_act": config.activation,
        "layer_norm_eps": _LAYER_NORM_EPS,
        "pad_token_id": pad_id,
        "tie_word_embeddings": True,
    }
    if labels is not None:
        names = {str(number): f"LABEL_{number}" for number in range(labels)}
        result["id2label"] = names
        result["label2id"] = {name: int(number) for number, name in names.items()}
    return result


def _check_value(path: Path, key: str, kind: object, value: object) -> None:
    if kind is str:
        if not isinstance(value, str) or value.lower() not in _ACTIVATIONS:
            names = ", ".join(filter(None, _ACTIVATIONS))
            raise ModelError(f"{path}: {key} is {shown(value)}, but BERT knows only {names}.")
    elif kind is int:
        # In JSON true is no number, in Python it is.
        if type(value) is not int or not 1 <= value <= _LARGEST:
            raise ModelError(f"{path}: {key} is {shown(value)}, not a positive whole number.")
    elif type(value) not in (int, float) or not 0 <= value <= 1:  # type: ignore[operator]
        raise ModelError(f"{path}: {key} is {shown(value)}, not a number from 0 to 1.")
