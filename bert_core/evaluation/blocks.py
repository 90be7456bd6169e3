"""The order in which questions are read, and how many at once."""

from collections.abc import Iterator, Sequence

from bert_core.evaluation.gold import GoldQuestion

BLOCK_QUESTIONS = 32
"""Most questions that are read before any is written: enough to fill batches, and few enough
that a stop loses seconds."""
BLOCK_CHARACTERS = 2_000_000
"""Most characters of their contexts: some 3,500 windows."""


def blocks(
    questions: Sequence[GoldQuestion],
    *,
    most: int = BLOCK_QUESTIONS,
    characters: int = BLOCK_CHARACTERS,
) -> Iterator[list[GoldQuestion]]:
    """Questions in blocks; those on one context follow each other, in one block if it holds them.

    The same questions always give the same blocks. Inputs are batched within a block, and the
    last digits of a probability depend on what is in a batch.

    Args:
        questions: N questions.
        most: questions of a block.
        characters: of the contexts of a block, each counted for each question on it; a longer
            context goes alone, with one question.
    """
    by_context: dict[str, list[GoldQuestion]] = {}
    for each in questions:
        by_context.setdefault(each.context, []).append(each)
    block: list[GoldQuestion] = []
    size = 0
    for context, asked in by_context.items():
        at_once = max(1, min(most, characters // max(1, len(context))))
        for begin in range(0, len(asked), at_once):
            part = asked[begin : begin + at_once]
            weight = len(part) * len(context)
            if block and (len(block) + len(part) > most or size + weight > characters):
                yield block
                block, size = [], 0
            block += part
            size += weight
    if block:
        yield block
