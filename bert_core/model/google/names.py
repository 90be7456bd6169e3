"""From the variable names of google-research/bert to the tensor names of transformers.

Sources: google-research/bert eedf571, modeling.py (the encoder), run_pretraining.py (masked word,
next sentence), run_classifier.py, run_squad.py; transformers 5, models/bert/modeling_bert.py.
Letters: V vocabulary, H hidden. TensorFlow's dense layers keep kernels as (in, out), torch keeps
weights as (out, in); matrices that Google multiplies with ``transpose_b`` already fit.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bert_core.errors import ModelError
from bert_core.model.google.config import GoogleConfig

_OPTIMIZER = re.compile(
    r"(^|/)(global_step|beta[12]_power)$|/(adam_m|adam_v|Adam|Adam_1)$"
)  # Google's AdamWeightDecayOptimizer, and TensorFlow's own Adam
_LAYER = re.compile(r"^bert/encoder/layer_(\d+)/")
_MOST_NAMES = 10  # named in an error; the rest are counted


@dataclass(frozen=True, slots=True)
class Target:
    """What becomes of one variable.

    Attributes:
        name: the tensor's name in transformers.
        shape: the shape TensorFlow should hold it in.
        transpose: whether it is a kernel that torch keeps the other way round.
    """

    name: str
    shape: tuple[int, ...]
    transpose: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How a checkpoint is turned into a transformers one.

    Attributes:
        targets: variable name to target, for every variable that is kept.
        architecture: the transformers class that has just these heads.
        heads: the task heads found, in words.
        labels: how many classes the classifier tells apart; None without one.
        ignored: how many variables belong to the optimizer and are left out.
    """

    targets: Mapping[str, Target]
    architecture: str
    heads: tuple[str, ...]
    labels: int | None
    ignored: int


_ARCHITECTURES: Mapping[tuple[str, ...], str] = {
    (): "BertModel",
    ("masked word",): "BertForMaskedLM",
    ("next sentence",): "BertForNextSentencePrediction",
    ("masked word", "next sentence"): "BertForPreTraining",
    ("classification",): "BertForSequenceClassification",
    ("span",): "BertForQuestionAnswering",
}


def plan(shapes: Mapping[str, tuple[int, ...]], config: GoogleConfig) -> Plan:
    """Decide for every variable of a checkpoint what becomes of it.

    Args:
        shapes: variable name to shape, as the checkpoint has them.
        config: what bert_config.json says.

    Returns:
        A plan that covers every variable; heads follow the variables found.

    Raises:
        ModelError: the number of layers or a shape differs from ``config``, a variable is missing
            or unknown, or the heads belong to no one kind of model.
    """
    kept = {name: shape for name, shape in shapes.items() if not _OPTIMIZER.search(name)}
    _check_kind(kept)
    _check_layers(kept, config)
    labels = kept["output_weights"][0] if len(kept.get("output_weights", ())) == 2 else None
    heads = _heads(config, labels or 1)
    found = tuple(head for head, targets in heads.items() if targets.keys() & kept.keys())
    targets = _encoder(config)
    for head in found:
        targets |= heads[head]
    _check_names(kept, targets)
    _check_shapes(kept, targets)
    if found not in _ARCHITECTURES:
        raise ModelError(
            f"This checkpoint has heads for {' and '.join(found)}, which no one BERT model has "
            "together. Save a checkpoint of one task."
        )
    return Plan(targets, _ARCHITECTURES[found], found, labels, len(shapes) - len(kept))


def _encoder(config: GoogleConfig) -> dict[str, Target]:
    """Everything under ``bert/``."""
    hidden = config.hidden_size
    targets = {
        f"bert/embeddings/{table}_embeddings": Target(
            f"bert.embeddings.{table}_embeddings.weight", (rows, hidden)
        )
        for table, rows in (
            ("word", config.vocab_size),
            ("token_type", config.type_vocab_size),
            ("position", config.max_position_embeddings),
        )
    }
    targets |= _norm("bert/embeddings/LayerNorm", hidden)
    targets |= _dense("bert/pooler/dense", hidden, hidden)
    for layer in range(config.num_hidden_layers):
        at = f"bert/encoder/layer_{layer}"
        for part in ("query", "key", "value"):
            targets |= _dense(f"{at}/attention/self/{part}", hidden, hidden)
        targets |= _dense(f"{at}/attention/output/dense", hidden, hidden)
        targets |= _norm(f"{at}/attention/output/LayerNorm", hidden)
        targets |= _dense(f"{at}/intermediate/dense", hidden, config.intermediate_size)
        targets |= _dense(f"{at}/output/dense", config.intermediate_size, hidden)
        targets |= _norm(f"{at}/output/LayerNorm", hidden)
    return targets


def _heads(config: GoogleConfig, labels: int) -> dict[str, dict[str, Target]]:
    """The variables of every head that Google's scripts can train."""
    hidden = config.hidden_size
    return {
        "masked word": {
            **_dense("cls/predictions/transform/dense", hidden, hidden),
            **_norm("cls/predictions/transform/LayerNorm", hidden),
            "cls/predictions/output_bias": Target("cls.predictions.bias", (config.vocab_size,)),
        },
        "next sentence": _output("cls/seq_relationship/", "cls.seq_relationship", 2, hidden),
        "classification": _output("", "classifier", labels, hidden),
        "span": _output("cls/squad/", "qa_outputs", 2, hidden),
    }


def _torch_name(variable: str) -> str:
    return variable.replace("layer_", "layer.").replace("/", ".")


def _dense(variable: str, inputs: int, outputs: int) -> dict[str, Target]:
    name = _torch_name(variable)
    return {
        f"{variable}/kernel": Target(f"{name}.weight", (inputs, outputs), transpose=True),
        f"{variable}/bias": Target(f"{name}.bias", (outputs,)),
    }


def _norm(variable: str, size: int) -> dict[str, Target]:
    name = _torch_name(variable)
    return {
        f"{variable}/gamma": Target(f"{name}.weight", (size,)),
        f"{variable}/beta": Target(f"{name}.bias", (size,)),
    }


def _output(scope: str, name: str, outputs: int, hidden: int) -> dict[str, Target]:
    return {
        f"{scope}output_weights": Target(f"{name}.weight", (outputs, hidden)),
        f"{scope}output_bias": Target(f"{name}.bias", (outputs,)),
    }


def _check_kind(kept: Mapping[str, tuple[int, ...]]) -> None:
    if "_CHECKPOINTABLE_OBJECT_GRAPH" in kept:
        raise ModelError(
            "This is an object checkpoint of TensorFlow 2, not one of google-research/bert, and "
            "its variables have other names. Use the release for TensorFlow 1."
        )
    if "bert/embeddings/word_embeddings" not in kept:
        raise ModelError(
            "This checkpoint holds no BERT: it has no variable bert/embeddings/word_embeddings. "
            f"It has {_some(kept)}."
        )


def _check_layers(kept: Mapping[str, tuple[int, ...]], config: GoogleConfig) -> None:
    """Compare the layers first: all their names would drown the message otherwise."""
    layers = {int(match[1]) for match in map(_LAYER.match, kept) if match}
    if layers != set(range(config.num_hidden_layers)):
        raise ModelError(
            f"bert_config.json says {config.num_hidden_layers} layers, the checkpoint has "
            f"{len(layers)}. They are not of the same model."
        )


def _check_names(kept: Mapping[str, tuple[int, ...]], targets: Mapping[str, Target]) -> None:
    if unknown := kept.keys() - targets.keys():
        raise ModelError(
            "The checkpoint has variables that google-research/bert does not "
            f"have: {_some(unknown)}. It is another model, and nothing was converted."
        )
    if missing := targets.keys() - kept.keys():
        raise ModelError(
            f"The checkpoint lacks variables of a BERT: {_some(missing)}. It is "
            "incomplete, or another model."
        )


def _check_shapes(kept: Mapping[str, tuple[int, ...]], targets: Mapping[str, Target]) -> None:
    for name, target in targets.items():
        if kept[name] != target.shape:
            raise ModelError(
                f"'{name}' has shape {kept[name]} in the checkpoint, but bert_config.json asks "
                f"for {target.shape}. They are not of the same model."
            )


def _some(names: Mapping[str, object] | set[str]) -> str:
    """The first few names, and how many more there are."""
    ordered = sorted(names)
    more = len(ordered) - _MOST_NAMES
    text = ", ".join(ordered[:_MOST_NAMES]) or "no variables at all"
    return f"{text} and {more} more" if more > 0 else text
