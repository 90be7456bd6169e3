"""The layers of BERT, computed as leanly as a masked-word answer allows.

The numbers are those of the library's layers; three things differ in how they come about.
Queries, keys and values are one product instead of three. The last layer computes queries,
output and feed-forward network, five sixths of its multiplications, only at the positions that
are read. And nothing is recorded on the way.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, scaled_dot_product_attention


class LeanLayer:
    """One layer of BERT's or RoBERTa's form, around the library's own modules.

    The weights of its three projections are laid side by side once; the library's modules then
    look into the same memory.

    Args:
        layer: the library's layer.
    """

    def __init__(self, layer: Any) -> None:
        self._layer = layer
        own = layer.attention.self
        self._heads = int(own.num_attention_heads)
        parts = (own.query, own.key, own.value)
        self._weight = torch.cat([part.weight.detach() for part in parts])
        self._bias = torch.cat([part.bias.detach() for part in parts])
        for part, weight, bias in zip(
            parts, self._weight.chunk(3), self._bias.chunk(3), strict=True
        ):
            part.weight = nn.Parameter(weight, requires_grad=False)
            part.bias = nn.Parameter(bias, requires_grad=False)

    def everywhere(self, hidden: Tensor, mask: Tensor | None) -> Tensor:
        """Hidden states (B, T, H) to (B, T, H); ``mask`` (B, 1, 1, T) is False at padding."""
        joint = linear(hidden.to(self._weight.dtype), self._weight, self._bias)
        query, key, value = joint.chunk(3, dim=-1)
        return self._finish(hidden, query, key, value, mask)

    def only(self, hidden: Tensor, mask: Tensor | None, positions: Tensor) -> Tensor:
        """Hidden states (B, T, H) to (B, P, H) at ``positions`` (B, P)."""
        width = hidden.shape[-1]
        own = hidden.take_along_dim(positions[..., None], dim=1)
        cast = own.to(self._weight.dtype), hidden.to(self._weight.dtype)
        query = linear(cast[0], self._weight[:width], self._bias[:width])
        key, value = linear(cast[1], self._weight[width:], self._bias[width:]).chunk(2, dim=-1)
        return self._finish(own, query, key, value, mask)

    def _finish(
        self, own: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None
    ) -> Tensor:
        seen = scaled_dot_product_attention(
            self._split(query), self._split(key), self._split(value), attn_mask=mask
        )
        attended = self._layer.attention.output(seen.transpose(1, 2).flatten(2), own)
        out: Tensor = self._layer.output(self._layer.intermediate(attended), attended)
        return out

    def _split(self, states: Tensor) -> Tensor:
        """(B, P, H) to (B, A, P, H / A)."""
        return states.view(*states.shape[:2], self._heads, -1).transpose(1, 2)


class LeanEncoder:
    """Embeddings and layers of a whole encoder, for states at chosen positions.

    Args:
        encoder: the library's encoder.
    """

    def __init__(self, encoder: Any) -> None:
        self._embeddings = encoder.embeddings
        self._layers = [LeanLayer(layer) for layer in encoder.encoder.layer]

    def run_at(self, inputs: dict[str, Tensor], positions: Tensor) -> Tensor:
        """Last hidden states (B, P, H).

        Args:
            inputs: ``input_ids``, and where they apply ``token_type_ids`` and a two-dimensional
                ``attention_mask``, each (B, T).
            positions: int64 (B, P).
        """
        arguments = dict(inputs)
        mask = arguments.pop("attention_mask", None)
        seen = None if mask is None else mask.bool()[:, None, None, :]
        hidden = self._embeddings(**arguments)
        for layer in self._layers[:-1]:
            hidden = layer.everywhere(hidden, seen)
        return self._layers[-1].only(hidden, seen, positions)


def lean_encoder(encoder: Any) -> LeanEncoder | None:
    """The lean form of an encoder, or None for a family of another form (DistilBERT)."""
    layers = getattr(getattr(encoder, "encoder", None), "layer", None)
    return None if layers is None else LeanEncoder(encoder)
