"""What one output of a task head owes to the word vectors that go into an encoder.

Integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365, equation 1) lead from a baseline
x' to the input x and multiply the mean slope on the way by x - x'; summed over everything this is
the output at x less the output at x'. Gradient x input takes the slope at x alone, times x. Both
are Captum's. Only word vectors change: segments and positions are added as they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from captum.attr import InputXGradient, IntegratedGradients
from numpy.typing import NDArray
from torch import Tensor

from bert_core.model.body import Body
from bert_core.model.contributions import GRADIENT_PIECES
from bert_core.model.encoder import Encoder
from bert_core.model.heads import Head
from bert_core.model.tokens import Tokens

Method = Literal["integrated", "gradient"]


@dataclass(frozen=True, slots=True, eq=False)
class Owed:
    """One output and what it owes to each of T pieces.

    Attributes:
        scores: shape (T,), the sum over the H numbers of a word vector, in the output's unit.
        norms: shape (T,), the length of the vector of these H numbers.
        whole: the output for the input.
        nothing: the output for the baseline.
    """

    scores: NDArray[np.float64]
    norms: NDArray[np.float64]
    whole: float
    nothing: float


class Output:
    """One output of a task head as a function of word vectors.

    The encoder is held for one pass at a time, and others get their turn in between.

    Args:
        encoder: the model.
        head: the task head.
        tokens: the input, T pieces.
        position: the piece that goes through the head.
        index: which of the head's outputs.
        on_pass: told how many inputs went forward and back; may raise to stop.
    """

    def __init__(
        self,
        encoder: Encoder,
        head: Head,
        tokens: Tokens,
        position: int,
        index: int,
        on_pass: Callable[[int], None] | None = None,
    ) -> None:
        encoder.checkpoint.require(head)
        self._encoder, self._head, self._tokens = encoder, head, tokens
        self._position, self._index = position, index
        self._on_pass = on_pass

    def vectors(self, replaced: Sequence[int], by: int | None) -> tuple[Tensor, Tensor]:
        """Word vectors of the input and of a baseline, each (1, T, H).

        Args:
            replaced: positions where the baseline has something else.
            by: id of the piece that it has there; None: zeros.
        """
        with self._encoder.computing(gradients=True) as body, torch.no_grad():
            table = body.encoder.get_input_embeddings()
            ids = torch.tensor([self._tokens.ids], device=body.device)
            whole = table(ids).float()
            nothing = whole.clone()
            filling = None if by is None else table(torch.tensor(by, device=body.device)).float()
            nothing[:, list(replaced)] = 0.0 if filling is None else filling
        return whole, nothing

    def values(self, *vectors: Tensor) -> list[float]:
        """The output for some word vectors, each (1, T, H)."""
        with self._encoder.computing(len(vectors)) as body:
            found: list[float] = self.answer(body, torch.cat(vectors)).tolist()
        return found

    def gradients(
        self,
        forward_fn: Callable[[Body, Tensor], Tensor],
        inputs: tuple[Tensor, ...],
        target_ind: Any = None,
        additional_forward_args: Any = None,
    ) -> tuple[Tensor, ...]:
        """Slopes of the output, asked for as Captum asks; see :meth:`answer`."""
        count = len(inputs[0])
        with self._encoder.computing(count, gradients=True) as body, torch.enable_grad():
            found = torch.autograd.grad(forward_fn(body, *inputs).sum(), inputs)
        if self._on_pass is not None:
            self._on_pass(count)
        return found

    def answer(self, body: Body, vectors: Tensor) -> Tensor:
        """The output for B versions of the word vectors (B, T, H), shape (B,)."""
        # DistilBERT's embeddings want to be told that there are no ids.
        inputs: dict[str, Any] = {"input_ids": None, "inputs_embeds": vectors}
        if body.family.has_segments:
            segments = torch.tensor([self._tokens.segments], device=vectors.device)
            inputs["token_type_ids"] = segments.expand(len(vectors), -1)
        where = torch.full((len(vectors), 1), self._position, device=vectors.device)
        states = body.lean.run_at(inputs, where)[:, 0]
        logits: Tensor = body.heads[self._head](states).float()
        return logits[:, self._index]


def owed(
    output: Output, method: Method, replaced: Sequence[int], by: int | None, *, steps: int
) -> Owed:
    """What an output owes to each piece.

    Args:
        output: the output on its input.
        method: integrated gradients, or gradient x input.
        replaced: positions where the baseline has something else.
        by: id of the piece that it has there; None: a vector of zeros.
        steps: points along the way of integrated gradients, those of Gauss and Legendre.
    """
    whole, nothing = output.vectors(replaced, by)
    if method == "gradient":
        local = InputXGradient(output.answer)
        local.gradient_func = output.gradients
        found = local.attribute(whole.clone().requires_grad_())
    else:
        along = IntegratedGradients(output.answer)
        along.gradient_func = output.gradients
        size = max(1, GRADIENT_PIECES // whole.shape[1])
        found = along.attribute(whole, nothing, n_steps=steps, internal_batch_size=size)
    parts = found.detach()[0].cpu().numpy().astype(np.float64)
    at_whole, at_nothing = output.values(whole, nothing)
    return Owed(parts.sum(axis=-1), np.linalg.norm(parts, axis=-1), at_whole, at_nothing)
