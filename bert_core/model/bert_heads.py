"""BERT with its task heads, named and computed as in the library; see :mod:`.bert`."""

from collections.abc import Callable, Collection

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from bert_core.model.bert import ACTIVATIONS, BertEncoder, Dense, Shape
from bert_core.model.heads import Head


class Transform(Dense):
    """What comes before the table in the masked-word head."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape.hidden, shape.hidden, ACTIVATIONS[shape.activation])
        self.LayerNorm = nn.LayerNorm(shape.hidden, eps=shape.epsilon)

    def forward(self, states: Tensor) -> Tensor:
        """(..., H) to (..., H)."""
        out: Tensor = self.LayerNorm(super().forward(states))
        return out


class MaskedWord(nn.Module):
    """The masked-word head; its table of vectors is that of the input."""

    def __init__(self, shape: Shape, table: Callable[[], Tensor]) -> None:
        super().__init__()
        self.transform = Transform(shape)
        self.bias = nn.Parameter(torch.empty(shape.vocabulary))
        self._table = table

    def forward(self, states: Tensor) -> Tensor:
        """(..., H) to logits (..., V)."""
        return linear(self.transform(states), self._table(), self.bias)


class Pretraining(nn.Module):
    """The heads that BERT was trained with, those of them that a checkpoint has."""

    def __init__(self, shape: Shape, heads: Collection[Head], table: Callable[[], Tensor]) -> None:
        super().__init__()
        if "masked_word" in heads:
            self.predictions = MaskedWord(shape, table)
        if "next_sentence" in heads:
            self.seq_relationship = nn.Linear(shape.hidden, 2)


class Bert(nn.Module):
    """An encoder with its task heads.

    Args:
        shape: how large it is.
        heads: those it has; () for an encoder alone.
        outputs: of its classifier.
        pooler: whether it has one.
    """

    base_model_prefix = "bert"

    def __init__(
        self, shape: Shape, heads: Collection[Head], *, outputs: int, pooler: bool
    ) -> None:
        super().__init__()
        self.bert = BertEncoder(shape, pooler=pooler)
        if {"masked_word", "next_sentence"}.intersection(heads):
            words = self.bert.embeddings.word_embeddings
            self.cls = Pretraining(shape, heads, lambda: words.weight)
        if {"classification", "tagging"}.intersection(heads):
            self.classifier = nn.Linear(shape.hidden, outputs)
        if "multiple_choice" in heads:
            self.classifier = nn.Linear(shape.hidden, 1)
        if "span" in heads:
            self.qa_outputs = nn.Linear(shape.hidden, outputs)
