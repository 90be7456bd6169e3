"""The modules of one encoder layer by what they do, whatever a family calls them.

A layer of BERT (Vaswani et al. 2017, section 3.1) projects its input to queries, keys and values,
mixes the values of each head by attention, projects the mixtures of all heads back together, adds
the input, normalises, and sends the sum through a feed-forward network of the same form.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The modules of one layer of the library.

    Attributes:
        heads: number of attention heads (A), each H / A wide.
        query: linear, hidden states (..., H) to the queries of all heads, side by side.
        key: the same for keys.
        value: the same for values.
        mix: linear, what all heads put out, side by side (..., H), to one state (..., H).
        finish: from what the heads put out (B, P, H) and the layer's input at the same pieces
            to the layer's output (B, P, H); ``mix`` is its first step.
    """

    heads: int
    query: Any
    key: Any
    value: Any
    mix: Any
    finish: Callable[[Tensor, Tensor], Tensor]


def parts_of(encoder: Any) -> tuple[Parts, ...]:
    """The layers of an encoder of the library, from the lowest to the highest."""
    if hasattr(encoder, "transformer"):
        return tuple(_distilbert(layer) for layer in encoder.transformer.layer)
    return tuple(_bert(layer) for layer in encoder.encoder.layer)


def _bert(layer: Any) -> Parts:
    own = layer.attention.self

    def finish(context: Tensor, hidden: Tensor) -> Tensor:
        attended = layer.attention.output(context, hidden)
        out: Tensor = layer.output(layer.intermediate(attended), attended)
        return out

    return Parts(
        int(own.num_attention_heads),
        own.query,
        own.key,
        own.value,
        layer.attention.output.dense,
        finish,
    )


def _distilbert(layer: Any) -> Parts:
    own = layer.attention

    def finish(context: Tensor, hidden: Tensor) -> Tensor:
        attended = layer.sa_layer_norm(own.out_lin(context) + hidden)
        out: Tensor = layer.output_layer_norm(layer.ffn(attended) + attended)
        return out

    return Parts(int(own.n_heads), own.q_lin, own.k_lin, own.v_lin, own.out_lin, finish)
