"""Which answer of the model is followed when something inside it is changed."""

from bert_core import Encoder, InputError, Tokens
from bert_core.analysis.attention.targets import Target


def target_of(encoder: Encoder, tokens: Tokens) -> Target:
    """The first mask's word; else whether the second text follows; else the answer span."""
    heads = encoder.checkpoint.heads
    if tokens.masks and "masked_word" in heads:
        return Target("masked_word")
    if tokens.pair and "next_sentence" in heads:
        return Target("next_sentence")
    if tokens.pair and "span" in heads:
        return Target("span")
    raise InputError(
        "Nothing is asked of the model yet. Mask a piece with a click, or give a text B.",
        field="text",
    )
