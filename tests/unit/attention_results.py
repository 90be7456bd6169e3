"""Attention results without a model, some of their texts such as nobody should trust."""

from dataclasses import replace

from bert_core.analysis.attention.attend import AttentionResult, view
from bert_core.analysis.attention.blocks import Block
from bert_core.analysis.attention.measures import Weighed
from tests.unit.made_attention import random_weights, tokens_of

HOSTILE = "</script><img src=x onerror=alert(1)>"
ODD = {3: HOSTILE, 4: "\N{HEBREW LETTER SHIN}\N{RIGHT-TO-LEFT OVERRIDE}abc", 5: "nul\0here"}


def made_result(
    layers: int, heads: int, pieces: int, *, block: Block = "all", seed: int = 0
) -> AttentionResult:
    """Random weights over a pair of ``pieces`` >= 16 pieces.

    Where no heads are asked for, the measure joins them.
    """
    words = [f"word{number}" for number in range(pieces - 3)]
    tokens = tokens_of(" ".join(words[: pieces // 2]), " ".join(words[pieces // 2 :]))
    result = view(
        Weighed(
            model="made up",
            tokens=tokens,
            measure="raw" if heads else "rollout",
            layers=tuple(range(1, layers + 1)),
            heads=tuple(range(1, heads + 1)),
            weights=random_weights(seed, layers, heads or 1, pieces, pieces),
            notes=("A note.",),
        ),
        block=block,
    )
    units = [replace(unit, text=ODD.get(i, unit.text)) for i, unit in enumerate(result.units)]
    return replace(result, units=tuple(units))
