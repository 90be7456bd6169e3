"""BERT itself: embeddings, layers and pooler (Devlin et al. 2019).

Names of parts and weights, and what is computed, are those of transformers'
``models/bert/modeling_bert.py``, so that one can stand for the other. The library's own classes
bring its trainers, quantisers and compilers along: 2 seconds of imports and 130 MiB before the
first answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, relu, scaled_dot_product_attention, softmax

ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {"gelu": gelu, "relu": relu}


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a BERT is, and the few numbers that are not weights.

    Attributes:
        layers: number of layers (L).
        heads: attention heads of a layer (A).
        hidden: width of a hidden state (H).
        inner: width inside the feed-forward network.
        vocabulary: number of word pieces (V).
        positions: number of position embeddings.
        segments: number of segment embeddings.
        epsilon: added to the variance in a layer norm.
        activation: a key of ``ACTIVATIONS``.
    """

    layers: int
    heads: int
    hidden: int
    inner: int
    vocabulary: int
    positions: int
    segments: int
    epsilon: float
    activation: str


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """What comes out of the layers, named as the library names it.

    Attributes:
        last_hidden_state: shape (B, T, H).
        hidden_states: input of the lowest layer and output of each, or None.
        attentions: of each layer the weights (B, A, T, T), or None.
    """

    last_hidden_state: Tensor
    hidden_states: tuple[Tensor, ...] | None
    attentions: tuple[Tensor, ...] | None


class Embeddings(nn.Module):
    """Word piece + segment + position, normalised."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.word_embeddings = _table(shape.vocabulary, shape.hidden)
        self.position_embeddings = _table(shape.positions, shape.hidden)
        self.token_type_embeddings = _table(shape.segments, shape.hidden)
        self.LayerNorm = nn.LayerNorm(shape.hidden, eps=shape.epsilon)

    def forward(
        self,
        input_ids: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
    ) -> Tensor:
        """Ids, or word vectors in their place, to the input of the lowest layer (B, T, H)."""
        words = self.word_embeddings(input_ids) if inputs_embeds is None else inputs_embeds
        length = words.shape[1]
        if token_type_ids is None:
            token_type_ids = torch.zeros(1, length, dtype=torch.long, device=words.device)
        summed = words + self.token_type_embeddings(token_type_ids)
        out: Tensor = self.LayerNorm(summed + self.position_embeddings.weight[:length])
        return out


class SelfAttention(nn.Module):
    """Every piece looks at every piece it may see, in A heads."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.num_attention_heads = shape.heads
        self.query = nn.Linear(shape.hidden, shape.hidden)
        self.key = nn.Linear(shape.hidden, shape.hidden)
        self.value = nn.Linear(shape.hidden, shape.hidden)

    def forward(
        self, hidden: Tensor, seen: Tensor | None, weights: bool
    ) -> tuple[Tensor, Tensor | None]:
        """What the heads put out, side by side (B, T, H); their weights if they are wanted.

        Args:
            hidden: shape (B, T, H).
            seen: False where a piece may not look, in a shape that spreads to (B, A, T, T).
            weights: whether they are wanted; without, they are never laid out in memory.
        """
        query, key, value = (
            each(hidden).unflatten(-1, (self.num_attention_heads, -1)).transpose(1, 2)
            for each in (self.query, self.key, self.value)
        )
        if not weights:
            mixed = scaled_dot_product_attention(query, key, value, attn_mask=seen)
            return mixed.transpose(1, 2).flatten(2), None
        scores = query @ key.mT * query.shape[-1] ** -0.5
        if seen is not None:
            scores = scores.masked_fill(~seen, torch.finfo(scores.dtype).min)
        shares = softmax(scores, dim=-1)
        return (shares @ value).transpose(1, 2).flatten(2), shares


class Sum(nn.Module):
    """A projection, added to what went around it, and normalised."""

    def __init__(self, width: int, shape: Shape) -> None:
        super().__init__()
        self.dense = nn.Linear(width, shape.hidden)
        self.LayerNorm = nn.LayerNorm(shape.hidden, eps=shape.epsilon)

    def forward(self, states: Tensor, around: Tensor) -> Tensor:
        """(B, T, width) and (B, T, H) to (B, T, H)."""
        out: Tensor = self.LayerNorm(self.dense(states) + around)
        return out


class Dense(nn.Module):
    """A projection and a curve."""

    def __init__(self, width: int, out: int, curve: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.dense = nn.Linear(width, out)
        self._curve = curve

    def forward(self, states: Tensor) -> Tensor:
        """(..., width) to (..., out)."""
        return self._curve(self.dense(states))


class Attention(nn.Module):
    """Self-attention and the sum after it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self = SelfAttention(shape)
        self.output = Sum(shape.hidden, shape)


class Layer(nn.Module):
    """One layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = Attention(shape)
        self.intermediate = Dense(shape.hidden, shape.inner, ACTIVATIONS[shape.activation])
        self.output = Sum(shape.inner, shape)

    def forward(
        self, hidden: Tensor, seen: Tensor | None, weights: bool
    ) -> tuple[Tensor, Tensor | None]:
        """Hidden states (B, T, H) to (B, T, H), and weights as of :class:`SelfAttention`."""
        context, shares = self.attention.self(hidden, seen, weights)
        attended = self.attention.output(context, hidden)
        return self.output(self.intermediate(attended), attended), shares


class Stack(nn.Module):
    """The layers, from the lowest to the highest."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.layer = nn.ModuleList(Layer(shape) for _ in range(shape.layers))


class Pooler(Dense):
    """The first piece, which speaks for the whole text."""

    def forward(self, states: Tensor) -> Tensor:
        """(B, T, H) to (B, H)."""
        return super().forward(states[:, 0])


class BertEncoder(nn.Module):
    """Ids to hidden states, and the pooler of the heads that judge a whole text."""

    def __init__(self, shape: Shape, *, pooler: bool) -> None:
        super().__init__()
        self.embeddings = Embeddings(shape)
        self.encoder = Stack(shape)
        self.pooler = Pooler(shape.hidden, shape.hidden, torch.tanh) if pooler else None

    def get_input_embeddings(self) -> nn.Embedding:
        """The table of word pieces, shape (V, H)."""
        return self.embeddings.word_embeddings

    def forward(
        self,
        input_ids: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        output_hidden_states: bool = False,
        output_attentions: bool = False,
    ) -> Output:
        """One pass of B inputs of T pieces.

        Args:
            input_ids: int64 (B, T).
            token_type_ids: segments, int64 (B, T); None: all 0.
            attention_mask: 0 or False at padding (B, T), or where a piece may not look, in a
                shape that spreads to (B, A, T, T).
            output_hidden_states: keep those of all layers.
            output_attentions: keep the attention weights.
        """
        seen = None if attention_mask is None else attention_mask.bool()
        if seen is not None and seen.dim() == 2:
            seen = seen[:, None, None, :]
        hidden = self.embeddings(input_ids, token_type_ids)
        states, shares = [hidden], []
        for layer in self.encoder.layer:
            hidden, share = layer(hidden, seen, output_attentions)
            states.append(hidden)
            shares.append(share)
        return Output(
            hidden,
            tuple(states) if output_hidden_states else None,
            tuple(shares) if output_attentions else None,
        )


def _table(rows: int, width: int) -> nn.Embedding:
    # One made by size would be filled with random numbers, for which torch imports its compiler
    # where there is no memory to fill.
    empty = torch.empty(rows, width)
    table: nn.Embedding = nn.Embedding.from_pretrained(empty)  # type: ignore[no-untyped-call]
    return table
