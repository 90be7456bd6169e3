"""The last layer, computed only where its output is read.

A masked-word answer reads one hidden state out of T. All T pieces still have to be looked at,
so keys and values of the last layer are computed for all of them; queries, the attention's
output and the feed-forward network (five sixths of the layer's multiplications) only for the
positions asked for. The numbers are those of the whole layer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


class LastLayer(nn.Module):
    """Stands in for the last layer of an encoder; without positions it is that layer.

    Attributes:
        layer: the layer itself, of BERT's or RoBERTa's form.
        positions: int64 of shape (B, P), what to compute, or None for everything.
    """

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer: Any = layer
        self.positions: Tensor | None = None

    @contextmanager
    def only(self, positions: Tensor) -> Iterator[None]:
        """A block in which only the states at (B, P) positions are computed."""
        self.positions = positions
        try:
            yield
        finally:
            self.positions = None

    def forward(
        self, hidden: Tensor, attention_mask: Tensor | None = None, *rest: Any, **more: Any
    ) -> Any:
        """Hidden states (B, T, H) to (B, P, H), or to (B, T, H) without positions."""
        if self.positions is None:
            return self.layer(hidden, attention_mask, *rest, **more)
        attention = self.layer.attention.self
        rows = torch.arange(len(hidden), device=hidden.device)[:, None]
        own = hidden[rows, self.positions]
        query, key, value = (
            self._heads(part(states))
            for part, states in (
                (attention.query, own),
                (attention.key, hidden),
                (attention.value, hidden),
            )
        )
        # The mask only hides padding here, so one of its rows does for every query.
        mask = None if attention_mask is None else attention_mask[:, :, :1]
        seen = scaled_dot_product_attention(query, key, value, attn_mask=mask)
        seen = seen.transpose(1, 2).flatten(2)
        attended = self.layer.attention.output(seen, own)
        return self.layer.output(self.layer.intermediate(attended), attended)

    def _heads(self, states: Tensor) -> Tensor:
        """(B, P, H) to (B, A, P, H / A)."""
        heads = self.layer.attention.self.num_attention_heads
        return states.view(*states.shape[:-1], heads, -1).transpose(1, 2)


def install(body: Any) -> LastLayer | None:
    """Put a :class:`LastLayer` into an encoder, where its layers have the known form."""
    layers = getattr(getattr(body, "encoder", None), "layer", None)
    if layers is None or not hasattr(layers[-1], "intermediate"):
        return None  # DistilBERT: the whole layer is computed
    layers[-1] = LastLayer(layers[-1])
    last: LastLayer = layers[-1]
    return last
