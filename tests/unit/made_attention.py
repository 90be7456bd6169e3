"""Inputs and weights made by hand, for tests of what is computed from attention weights."""

import numpy as np
from hypothesis import strategies as st

from bert_core.model.tokens import Tokens

MASK_ID = 3


def tokens_of(text: str, pair: str | None = None) -> Tokens:
    """An input as BERT's template makes it; ``|`` parts the pieces of a word.

    ``tokens_of("rain|ed ,", "late")`` has the pieces [CLS] rain ##ed , [SEP] late [SEP].
    """
    rows: list[tuple[str, int | None, tuple[int, int] | None, int | None, int]] = []
    rows.append(("[CLS]", None, None, None, 0))
    word = 0
    for sequence, source in enumerate([text] if pair is None else [text, pair]):
        start = 0
        for parts in source.split():
            for number, part in enumerate(parts.split("|")):
                span = (start, start + len(part))
                rows.append(("##" * bool(number) + part, word, span, sequence, sequence))
                start += len(part)
            start += 1
            word += 1
        rows.append(("[SEP]", None, None, None, sequence))
    pieces, words, offsets, sequences, segments = zip(*rows, strict=True)
    return Tokens(
        text=text.replace("|", ""),
        pair=None if pair is None else pair.replace("|", ""),
        ids=tuple({"[CLS]": 1, "[SEP]": 2, "[MASK]": MASK_ID}.get(p, 9) for p in pieces),
        pieces=pieces,
        words=words,
        offsets=offsets,
        sequences=sequences,
        segments=segments,
        mask_id=MASK_ID,
        mask_piece="[MASK]",
        originals=(None,) * len(pieces),
    )


def random_weights(seed: int, *shape: int, sharpness: float = 2.0) -> np.ndarray:
    """Softmax rows of a shape that ends in T, T."""
    scores = np.random.default_rng(seed).normal(size=shape) * sharpness
    weights = np.exp(scores)
    return (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)


_PARTS = st.lists(st.sampled_from(["heron", "is", "late", ",", "."]), min_size=1, max_size=3)
_TEXTS = st.lists(_PARTS.map("|".join), min_size=1, max_size=4).map(" ".join)
inputs = st.builds(tokens_of, _TEXTS, st.none() | _TEXTS)
"""Single texts and pairs of up to four words a text, of up to three pieces a word."""
pairs = st.builds(tokens_of, _TEXTS, _TEXTS)
seeds = st.integers(0, 10_000)
