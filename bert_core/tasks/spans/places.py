"""Where the pieces of a context stand in its text."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bert_core.tasks.spans.contexts import Context

Places = NDArray[np.int32]
"""Half-open characters of P pieces in the text of their context, shape (P, 2)."""
InWords = Callable[[Sequence[str]], list[list[tuple[int, int]]]]
"""For each of many words, the half-open characters of its pieces."""


def piece_places(contexts: Sequence[Context], in_words: InWords) -> tuple[Places, ...]:
    """The characters of every piece of some contexts; each different word is asked for once.

    Args:
        contexts: contexts in pieces.
        in_words: the tokenizer that cut them.
    """
    words = [context.words.some(0, len(context.words)) for context in contexts]
    different = list(dict.fromkeys(word for each in words for word in each))
    known = dict(zip(different, in_words(different), strict=True))
    found = []
    for context, own in zip(contexts, words, strict=True):
        inside = [place for word in own for place in known[word]]
        places = np.array(inside, dtype=np.int32).reshape(-1, 2)
        found.append(places + context.words.starts[context.word_of][:, None])
    return tuple(found)
