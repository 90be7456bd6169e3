"""Pieces of one or two texts to one input of the encoder, cut as run_classifier cuts them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bert_core.model.tokenizer import Tokenizer

Ids = NDArray[np.int32]


def joined(
    first: Sequence[int], second: Sequence[int] | None, tokenizer: Tokenizer
) -> tuple[Ids, NDArray[np.uint8]]:
    """``[CLS] first [SEP]`` or ``[CLS] first [SEP] second [SEP]`` with segment ids.

    Returns:
        Ids of shape (T,) and segments of shape (T,): 0 up to the first separator, then 1.
    """
    ids = [tokenizer.cls_id, *first]
    ids += [tokenizer.sep_id] * (1 if second is None else tokenizer.seps_between)
    cut = len(ids)
    if second is not None:
        ids += [*second, tokenizer.sep_id]
    segments = np.zeros(len(ids), dtype=np.uint8)
    segments[cut:] = 1
    return np.asarray(ids, dtype=np.int32), segments


def room(tokenizer: Tokenizer, max_seq_length: int, *, pair: bool) -> int:
    """Pieces that are left for texts once the special ones are placed."""
    longest = min(max_seq_length, tokenizer.max_pieces)
    return longest - (2 + tokenizer.seps_between if pair else 2)


def shortened(
    first: Sequence[int], second: Sequence[int], places: int
) -> tuple[Sequence[int], Sequence[int]]:
    """Cut two texts to ``places`` pieces together.

    The longer one loses its last piece, again and again; the second where they are equally long
    (``_truncate_seq_pair`` of run_classifier.py).
    """
    excess = len(first) + len(second) - places
    if excess <= 0:
        return first, second
    one, two = len(first), len(second)
    lead = min(abs(one - two), excess)
    one, two = (one - lead, two) if one > two else (one, two - lead)
    rest = excess - lead
    return first[: one - rest // 2], second[: two - (rest + 1) // 2]
