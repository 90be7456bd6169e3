"""Attention made by hand, with texts that try to break out, for bertviz's pages."""

from dataclasses import replace

import numpy as np

from bert_core.analysis.attention.attend import AttentionResult, view
from bert_core.analysis.attention.levels import Level
from bert_core.analysis.attention.measures import Measure, Weighed
from bert_core.analysis.attention.queries import QueryKeyResult
from bert_core.model.tokens import Tokens
from tests.unit.made_attention import random_weights, tokens_of

LAYERS, HEADS, WIDTH = 2, 3, 4
NASTY = "</script><img src=x onerror=alert(1)>"
MODEL = f"<b>tiny</b>{NASTY}"
OTHERS = ("<!--<script>", "&lt;", "'\"`${1}", "\u2028", "=1+1", "PYTHON_PARAMS")


def nasty_tokens() -> Tokens:
    """A pair of texts: [CLS], three pieces and [SEP], then five pieces and [SEP]."""
    tokens = tokens_of("the heron waits", "it is late , now")
    pieces = list(tokens.pieces)
    for at, text in zip((1, 2, 3, 5, 6, 7, 8), (NASTY, *OTHERS), strict=True):
        pieces[at] = text
    return replace(tokens, pieces=tuple(pieces))


def made(
    tokens: Tokens,
    *,
    measure: Measure = "raw",
    level: Level = "piece",
    layers: int = LAYERS,
    heads: int = HEADS,
    **shown,
) -> AttentionResult:
    """Random weights of an input as they are shown."""
    joined = measure in ("rollout", "flow")
    weighed = Weighed(
        model=MODEL,
        tokens=tokens,
        measure=measure,
        layers=tuple(range(1, layers + 1)),
        heads=() if joined else tuple(range(1, heads + 1)),
        weights=random_weights(1, layers, 1 if joined else heads, len(tokens), len(tokens)),
        notes=(),
    )
    return view(weighed, level=level, **shown)


def made_queries(tokens: Tokens) -> QueryKeyResult:
    """Random queries and keys of an input."""
    random = np.random.default_rng(2)
    shape = LAYERS, HEADS, len(tokens)
    queries, keys = (random.normal(size=(*shape, WIDTH)).astype(np.float32) for _ in range(2))
    weights = random_weights(3, *shape, len(tokens))
    return QueryKeyResult(MODEL, tokens, tuple(range(1, LAYERS + 1)), queries, keys, weights)
