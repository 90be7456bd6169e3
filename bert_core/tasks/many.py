"""Many sentences with masks at once: the fast path for files."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bert_core.checks import whole_number
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats, Trace
from bert_core.model.tracing import to_numpy
from bert_core.model.vocabulary import Vocabulary
from bert_core.tasks.distribution import (
    Candidate,
    best_ids,
    candidate,
    log_softmax,
    refuse_no_numbers,
)
from bert_core.tasks.masked import MAX_K

if TYPE_CHECKING:
    import torch

NORMALISED_ROWS = 32
"""Rows of logits that are normalised together: few, so that they stay in the processor's cache."""


def top_words(
    encoder: Encoder, texts: Sequence[str], *, k: int = 5
) -> list[tuple[tuple[Candidate, ...], ...]]:
    """The k best pieces at every mask of many sentences: the fast path for files.

    Args:
        encoder: a model with a masked-word head.
        texts: B sentences, each with at least one mask.
        k: pieces per mask, 1 to 1,000.

    Returns:
        For each sentence, for each of its masks in reading order, k candidates: those of
        :func:`fill` with parts of words included.

    Raises:
        InputError: a row is empty, too long, or has no mask; the row is named. Or k is out of
            range, or the model answered with numbers that are no numbers.
    """
    whole_number("k", k, MAX_K, field="k")
    inputs = encoder.tokenize_many(texts)
    for row, tokens in enumerate(inputs, start=1):
        if not tokens.masks:
            raise InputError(f"Row {row} has no mask.", field="text")
    vocabulary = encoder.tokenizer.vocabulary
    found: list[dict[int, tuple[Candidate, ...]]] = [{} for _ in inputs]
    for rows, logits in encoder.masked_logits(inputs, [tokens.masks for tokens in inputs]):
        for (member, position), best in zip(rows, _best_rows(logits, vocabulary, k), strict=True):
            found[member][position] = best
    return [tuple(line[position] for position in sorted(line)) for line in found]


def trace_all_masks(
    encoder: Encoder,
    inputs: Sequence[Tokens],
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Trace]:
    """As :func:`trace_masks` for many sentences in batches, without hidden states.

    Args:
        encoder: a model with a masked-word head.
        inputs: sentences, each with at least one mask.
        on_progress: told how many are done, and of how many; may raise to stop.

    Raises:
        ModelError: the checkpoint has no masked-word head.
    """
    rows: list[list[Floats]] = [[] for _ in inputs]
    places = [tokens.masks for tokens in inputs]
    for names, logits in encoder.masked_logits(inputs, places, on_progress=on_progress):
        for (member, _), line in zip(names, to_numpy(logits), strict=True):
            rows[member].append(line)
    return [
        Trace(tokens, tokens.masks, logits=np.stack(own))
        for tokens, own in zip(inputs, rows, strict=True)
    ]


def _best_rows(
    logits: "torch.Tensor", vocabulary: Vocabulary, k: int
) -> Iterator[tuple[Candidate, ...]]:
    """The k best pieces of each row of logits of shape (N, V), where the logits are.

    Only k figures a row leave the device. A row with a special piece among them, which is not
    shown, is ranked again as a whole: such rows are rare in a trained model.
    """
    k = min(k, len(vocabulary))
    values, ids = logits.topk(k)
    total = np.concatenate(
        [
            logits[first : first + NORMALISED_ROWS]
            .logsumexp(dim=-1, keepdim=True)
            .double()
            .cpu()
            .numpy()
            for first in range(0, len(logits), NORMALISED_ROWS)
        ]
    )
    logs = values.double().cpu().numpy() - total
    refuse_no_numbers(logs)
    for row, (line, line_ids) in enumerate(zip(logs, ids.cpu().numpy(), strict=True)):
        if vocabulary.special[line_ids].any():
            whole = log_softmax(logits[row].cpu().numpy())
            shown = best_ids(whole, k, ~vocabulary.special)
            yield tuple(candidate(vocabulary, whole, id_) for id_ in shown)
            continue
        yield tuple(
            Candidate(
                rank=rank,
                word=vocabulary.words[id_],
                piece=vocabulary.pieces[id_],
                id=id_,
                probability=float(np.exp(log)),
                log_odds=float(log - line[0]),
                whole_word=bool(vocabulary.starts_word[id_]),
            )
            for rank, (log, id_) in enumerate(zip(line, line_ids.tolist(), strict=True), start=1)
        )
