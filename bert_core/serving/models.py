"""``GET /api/v1/models``: what can be asked here without a download; no folder is named."""

from dataclasses import dataclass

from bert_core.model.devices import Device
from bert_core.model.heads import Head
from bert_core.model.inventory import list_models


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that can be asked.

    Attributes:
        model: its name, as requests name it.
        revision: commit of a hub model, else None.
        family: its architecture.
        heads: the task heads it has.
        layers: number of encoder layers.
        attention_heads: number of attention heads in a layer.
        hidden: width of a hidden state.
        vocabulary: number of word pieces.
        max_pieces: longest input in word pieces, special ones included.
        parameters: number of weights.
        labels: names of the outputs of its classification or tagging head.
    """

    model: str
    revision: str | None
    family: str
    heads: tuple[Head, ...]
    layers: int
    attention_heads: int
    hidden: int
    vocabulary: int
    max_pieces: int
    parameters: int
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServedModels:
    """What can be asked.

    Attributes:
        models: models that are here.
        devices: places to compute.
    """

    models: tuple[ServedModel, ...]
    devices: tuple[Device, ...]


def served_models() -> ServedModels:
    """List the models that are here, without where their files are."""
    here = list_models()
    found = tuple(
        ServedModel(
            model=each.source,
            revision=each.revision,
            family=each.family.name,
            heads=each.heads,
            layers=each.layers,
            attention_heads=each.attention_heads,
            hidden=each.hidden,
            vocabulary=each.vocabulary,
            max_pieces=each.max_pieces,
            parameters=each.parameters,
            labels=each.labels,
        )
        for each in here.models
    )
    return ServedModels(found, here.devices)
