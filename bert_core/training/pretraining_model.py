"""BERT with both heads of pre-training, computing vocabulary scores only where they are asked."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import BertForPreTraining

from bert_core.training.kinds.base import NOT_ASKED


class LeanPreTraining(BertForPreTraining):  # type: ignore[misc]
    """The library's model, but with the vocabulary projection at masked positions only.

    The projection is the most costly part of a small BERT; fifteen pieces in a hundred need it
    (``gather_indexes`` of run_pretraining.py does the same).
    """

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        next_sentence_label: Tensor,
        token_type_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Losses and scores of one batch.

        Args:
            input_ids: shape (B, T).
            labels: shape (B, T): the piece that was masked, -100 elsewhere.
            next_sentence_label: shape (B,): 0 for IsNext, 1 for a random text.
            token_type_ids: shape (B, T).
            attention_mask: shape (B, T), or None where nothing is padded.

        Returns:
            ``loss``: masked-word loss plus next-sentence loss, in nats; ``masked_logits`` of
            shape (N, V) for the N masked pieces, row by row; ``next_logits`` of shape (B, 2).
        """
        out: Any = self.bert(
            input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        )
        asked = labels != NOT_ASKED
        masked = self.cls.predictions(out.last_hidden_state[asked])
        following = self.cls.seq_relationship(out.pooler_output)
        loss = cross_entropy(masked.float(), labels[asked])
        loss = loss + cross_entropy(following.float(), next_sentence_label)
        return {"loss": loss, "masked_logits": masked, "next_logits": following}


LeanPreTraining.__name__ = "BertForPreTraining"  # what config.json names as the architecture


def counted(out: dict[str, Tensor], batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """What measuring needs of one batch: per row, hits and losses.

    Returns:
        Arrays of shape (B,): ``masked`` (pieces asked), ``first`` (right ones), ``five`` (right
        among the best five), ``nats`` (summed loss), ``next`` (1 where the pair was told right).
    """
    labels = batch["labels"]
    asked = labels != NOT_ASKED
    gold = labels[asked]
    logits = out["masked_logits"].float()
    rows = asked.nonzero()[:, 0]
    best = logits.topk(min(5, logits.shape[-1]), dim=-1).indices == gold[:, None]
    nats = cross_entropy(logits, gold, reduction="none")

    def summed(values: Tensor) -> Tensor:
        return torch.zeros(len(labels), device=labels.device).index_add_(0, rows, values.float())

    right = out["next_logits"].argmax(dim=-1) == batch["next_sentence_label"]
    return {
        "masked": asked.sum(dim=1),
        "first": summed(best[:, 0]),
        "five": summed(best.any(dim=1)),
        "nats": summed(nats),
        "next": right,
    }
