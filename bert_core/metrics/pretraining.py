"""Masked words and next sentences, from counts (``metric_fn`` of run_pretraining.py)."""

import math

_LARGEST = 700.0
"""Loss in nats beyond which a perplexity no longer fits a float."""


def rates(
    *, masked: float, first: float, five: float, nats: float, pairs: float, next_right: float
) -> dict[str, float]:
    """Measures of pre-training.

    Args:
        masked: masked pieces.
        first: those whose original piece is the model's first choice.
        five: those where it is among the first five.
        nats: sum of their losses, ``-ln p(original)``.
        pairs: pairs of segments.
        next_right: those rightly told to follow each other or not.

    Returns:
        ``masked_accuracy``, ``masked_top5`` and ``next_accuracy`` in [0, 1], ``masked_loss`` in
        nats for each masked piece, and ``perplexity``, its exponential. What nothing was counted
        for is left out.

    Example:
        >>> rates(masked=4, first=1, five=2, nats=0.0, pairs=0, next_right=0)["masked_top5"]
        0.5
    """
    found: dict[str, float] = {}
    if masked:
        loss = nats / masked
        found["masked_accuracy"] = first / masked
        found["masked_top5"] = five / masked
        found["masked_loss"] = loss
        found["perplexity"] = math.exp(loss) if loss < _LARGEST else math.inf
    if pairs:
        found["next_accuracy"] = next_right / pairs
    return found
