"""The fast mode: 16-bit products, everything else in float32.

Only the matrix products of the layers run in 16 bits, where nearly all the time goes. The
embeddings, the sums along the residual stream, the layer norms and the task heads stay in
float32. That costs little time and keeps the answers much closer to the exact ones than a
model converted as a whole.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear


class HalfLinear(nn.Module):
    """A linear layer whose product is computed, and returned, in 16 bits."""

    def __init__(self, exact: nn.Linear, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight = nn.Parameter(exact.weight.to(dtype), requires_grad=False)
        bias = None if exact.bias is None else exact.bias.to(dtype)
        self.bias = None if bias is None else nn.Parameter(bias, requires_grad=False)

    def forward(self, states: Tensor) -> Tensor:
        """(..., H in) in any type to (..., H out) in 16 bits; sums with float32 widen it again."""
        return linear(states.to(self.weight.dtype), self.weight, self.bias)


def halve_products(encoder: Any, dtype: torch.dtype) -> None:
    """Put :class:`HalfLinear` in place of every linear layer inside an encoder's layers."""
    stack = encoder.encoder if hasattr(encoder, "encoder") else encoder.transformer
    for module in list(stack.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                setattr(module, name, HalfLinear(child, dtype))
