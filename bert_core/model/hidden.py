"""Hidden states of chosen words in many inputs, batch by batch, and the table of input embeddings.

Only the pooled states of the words are kept, so that memory does not grow with the texts.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bert_core.model import batching
from bert_core.model.body import Body
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats
from bert_core.model.tracing import to_numpy

Pooling = Literal["mean", "first", "last"]
Groups = Sequence[Sequence[Sequence[int]]]
"""For each input the words that are read, each as the positions of its pieces."""


def pooled_states(
    encoder: Encoder,
    inputs: Sequence[Tokens],
    groups: Groups,
    *,
    pooling: Pooling = "mean",
    visible: Callable[[Tokens], NDArray[np.bool_]] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Floats:
    """Hidden states of words at every layer.

    Args:
        encoder: the model, with L layers of H units.
        inputs: B inputs of any lengths.
        groups: for each input its words; N in all, each of one piece at least.
        pooling: what becomes of several pieces: their mean, the first or the last.
        visible: which piece may look at which, shape (T, T), the same for all inputs of a
            length; None: all at all.
        on_progress: told how many inputs are done, and B; may raise to stop.

    Returns:
        Shape (L + 1, N, H), from the embeddings to the last layer, input by input.
    """
    found: dict[int, Floats] = {}
    for members in _batches(inputs, together=visible is not None):
        batch = [inputs[member] for member in members]
        seen = None if visible is None else visible(batch[0])
        with encoder.computing(len(batch), bounded=not found) as body:
            states = body.run(batch, hidden=True, visible=seen).hidden_states
            for row, member in enumerate(members):
                found[member] = _pooled(states, row, groups[member], pooling)
        if on_progress is not None:
            on_progress(len(found), len(inputs))
    return np.concatenate([found[member] for member in range(len(inputs))], axis=1)


def input_states(
    encoder: Encoder, inputs: Sequence[Tokens], groups: Groups, *, pooling: Pooling = "mean"
) -> Floats:
    """The same words as the table of input embeddings has them: no position, no context.

    Returns:
        Shape (N, H), input by input.
    """
    with encoder.computing() as body:
        table = _table(body)
        rows = [
            _pool(table[[tokens.ids[p] for p in pieces]], pooling)
            for tokens, words in zip(inputs, groups, strict=True)
            for pieces in words
        ]  # fmt: skip
        return to_numpy(torch.stack(rows))


def input_cosines(encoder: Encoder, vector: Floats) -> Floats:
    """Cosine of a vector with every row of the table of input embeddings.

    The mean of the table is taken off its rows: what all of them share says nothing of a word.

    Args:
        encoder: the model, with a vocabulary of V pieces.
        vector: shape (H,), with a mean of its own kind taken off.

    Returns:
        Shape (V,), in [-1, 1]; 0 where a length is 0.
    """
    with encoder.computing() as body:
        table = _table(body).float()
        table = table - table.mean(dim=0)
        asked = torch.from_numpy(np.ascontiguousarray(vector)).to(table)
        return to_numpy(torch.nn.functional.cosine_similarity(table, asked[None], dim=1))


def _batches(inputs: Sequence[Tokens], *, together: bool) -> Iterator[list[int]]:
    """Batches by length; ``together``: of one length each, so that one restriction fits all."""
    lengths = [len(tokens) for tokens in inputs]
    for members in batching.plan(lengths):
        if not together:
            yield members
            continue
        for length in dict.fromkeys(lengths[member] for member in members):
            yield [member for member in members if lengths[member] == length]


def _pooled(
    states: Sequence[Tensor], row: int, words: Sequence[Sequence[int]], pooling: Pooling
) -> Floats:
    """The words of one input of a batch, shape (L + 1, words, H)."""
    here = torch.stack([layer[row] for layer in states])
    pooled = [_pool(here[:, list(pieces)].transpose(0, 1), pooling) for pieces in words]
    empty = here.new_empty(len(here), 0, here.shape[-1])
    return to_numpy(torch.stack(pooled, dim=1) if pooled else empty)


def _pool(pieces: Tensor, pooling: Pooling) -> Tensor:
    """Pieces of one word, shape (P, ...), as one."""
    if pooling == "mean":
        return pieces.float().mean(dim=0)
    return pieces[0 if pooling == "first" else -1].float()


def _table(body: Body) -> Tensor:
    weight: Tensor = body.encoder.get_input_embeddings().weight
    return weight
