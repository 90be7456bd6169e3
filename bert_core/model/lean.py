"""The layers of BERT, computed as leanly as an answer allows.

The numbers are those of the library's layers; three things differ in how they come about.
Queries, keys and values are one product instead of three. The last layer computes queries,
output and feed-forward network, five sixths of its multiplications, only at the positions that
are read. And nothing is recorded on the way.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, scaled_dot_product_attention

from bert_core.model.parts import Parts, parts_of


class LeanLayer:
    """One layer, around the library's own modules.

    The weights of its three projections are laid side by side once; the library's modules then
    look into the same memory.

    Attributes:
        parts: the library's modules.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        projections = (parts.query, parts.key, parts.value)
        self._weight = torch.cat([each.weight.detach() for each in projections])
        self._bias = torch.cat([each.bias.detach() for each in projections])
        for each, weight, bias in zip(
            projections, self._weight.chunk(3), self._bias.chunk(3), strict=True
        ):
            each.weight = nn.Parameter(weight, requires_grad=False)
            each.bias = nn.Parameter(bias, requires_grad=False)

    def everywhere(self, hidden: Tensor, mask: Tensor | None) -> Tensor:
        """Hidden states (B, T, H) to (B, T, H); ``mask`` (B, 1, 1, T) is False at padding."""
        return self._finish(hidden, *self._projected(hidden), mask)

    def only(self, hidden: Tensor, mask: Tensor | None, positions: Tensor) -> Tensor:
        """Hidden states (B, T, H) to (B, P, H) at ``positions`` (B, P)."""
        width = hidden.shape[-1]
        own = hidden.take_along_dim(positions[..., None], dim=1)
        cast = own.to(self._weight.dtype), hidden.to(self._weight.dtype)
        query = linear(cast[0], self._weight[:width], self._bias[:width])
        key, value = linear(cast[1], self._weight[width:], self._bias[width:]).chunk(2, dim=-1)
        return self._finish(own, query, key, value, mask)

    def attention(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Attention weights (A, T, T) and values (A, T, H / A) of one input (1, T, H)."""
        query, key, value = (self._split(each)[0] for each in self._projected(hidden))
        weights = (query @ key.mT * query.shape[-1] ** -0.5).softmax(dim=-1)
        return weights, value

    def _projected(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        joint = linear(hidden.to(self._weight.dtype), self._weight, self._bias)
        query, key, value = joint.chunk(3, dim=-1)
        return query, key, value

    def _finish(
        self, own: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None
    ) -> Tensor:
        seen = scaled_dot_product_attention(
            self._split(query), self._split(key), self._split(value), attn_mask=mask
        )
        return self.parts.finish(seen.transpose(1, 2).flatten(2), own)

    def _split(self, states: Tensor) -> Tensor:
        """(B, P, H) to (B, A, P, H / A)."""
        return states.view(*states.shape[:2], self.parts.heads, -1).transpose(1, 2)


class LeanEncoder:
    """Embeddings and layers of a whole encoder, for states at chosen positions.

    Args:
        encoder: the library's encoder.

    Attributes:
        layers: from the lowest to the highest.
    """

    def __init__(self, encoder: Any) -> None:
        self._embeddings = encoder.embeddings
        self.layers = [LeanLayer(parts) for parts in parts_of(encoder)]

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """The input of the lowest layer, (B, T, H), for arguments as of :meth:`run_at`."""
        embedded: Tensor = self._embeddings(
            **{name: rows for name, rows in inputs.items() if name != "attention_mask"}
        )
        return embedded

    def run_at(self, inputs: dict[str, Tensor], positions: Tensor) -> Tensor:
        """Last hidden states (B, P, H).

        Args:
            inputs: ``input_ids``, and where they apply ``token_type_ids`` and a two-dimensional
                ``attention_mask``, each (B, T).
            positions: int64 (B, P).
        """
        mask = inputs.get("attention_mask")
        seen = None if mask is None else mask.bool()[:, None, None, :]
        return self._from(0, self.embed(inputs), seen, positions)

    def states(self, inputs: dict[str, Tensor], levels: Sequence[int]) -> list[Tensor]:
        """Hidden states of whole inputs, (B, T, H) for each level.

        Args:
            inputs: as of :meth:`run_at`.
            levels: 0 is the input of the lowest layer, n the output of the nth. What is above the
                highest is not computed.
        """
        mask = inputs.get("attention_mask")
        seen = None if mask is None else mask.bool()[:, None, None, :]
        hidden = self.embed(inputs)
        found = {0: hidden}
        for level, layer in enumerate(self.layers[: max(levels)], start=1):
            hidden = layer.everywhere(hidden, seen)
            if level in levels:
                found[level] = hidden
        return [found[level] for level in levels]

    def run_on(self, layer: int, context: Tensor, hidden: Tensor, positions: Tensor) -> Tensor:
        """Last hidden states (B, P, H) from what the heads of one layer put out.

        Args:
            layer: which layer, counted from 0.
            context: what its heads put out, side by side, for B inputs without padding (B, T, H).
            hidden: the layer's input (1, T, H), the same for all.
            positions: int64 (B, P).
        """
        finish = self.layers[layer].parts.finish
        if layer == len(self.layers) - 1:
            where = positions[..., None]
            return finish(context.take_along_dim(where, 1), hidden.take_along_dim(where, 1))
        return self._from(layer + 1, finish(context, hidden), None, positions)

    def _from(self, layer: int, hidden: Tensor, seen: Tensor | None, positions: Tensor) -> Tensor:
        """The layers from one on, given its input (B, T, H)."""
        for each in self.layers[layer:-1]:
            hidden = each.everywhere(hidden, seen)
        return self.layers[-1].only(hidden, seen, positions)
