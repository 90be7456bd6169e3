"""Which answer of the model is followed when something inside it is changed."""

from bert_core import Encoder, InputError, Tokens
from bert_core.analysis.attention.targets import Target

WAYS = {
    "masked_word": "mask a piece with a click",
    "next_sentence": "give a text B",
    "span": "give a question as text A and a passage as text B",
}
"""How each task head is asked."""


def target_of(encoder: Encoder, tokens: Tokens) -> Target:
    """The first mask's word; else whether the second text follows; else the answer span."""
    heads = encoder.checkpoint.heads
    if tokens.masks and "masked_word" in heads:
        return Target("masked_word")
    if tokens.pair and "next_sentence" in heads:
        return Target("next_sentence")
    if tokens.pair and "span" in heads:
        return Target("span")
    ways = [way for head, way in WAYS.items() if head in heads]
    if not ways:
        raise InputError(
            "This model has no answer to follow here: none of the task heads for a masked word, "
            "the next sentence and an answer span. Choose another model.",
            field="model",
        )
    raise InputError(f"Nothing is asked of the model yet: {', or '.join(ways)}.", field="text")
