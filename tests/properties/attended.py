"""Properties of what pieces owe to each other: attention, attribution, and vectors of a text."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

import bert_core
from bert_core.analysis.attention.targets import Target
from bert_core.analysis.attribution.outputs import ClassTarget
from tests.properties import given as g
from tests.properties.given import Given
from tests.properties.masked_word import FAMILIES, any_tokens
from tests.properties.outcome import outcome

HEADS = ("masked_word", "next_sentence", "span")
OPEN = g.Kind(st.none(), g.numbers)
SPANS = st.none() | st.lists(g.numbers, max_size=3) | st.tuples(g.numbers, g.numbers)
TARGET = g.Kind(
    st.none() | st.builds(Target, word=st.none() | st.sampled_from(("river", "rain", "the"))),
    st.builds(
        Target, st.sampled_from(HEADS) | g.ANYTHING, position=st.none() | g.numbers,
        word=st.none() | g.hostile | g.not_texts, follows=st.sampled_from((None, True, 7, "no")),
        span=SPANS,
    ) | g.ANYTHING,
)  # fmt: skip
SHORT = g.Kind(g.with_masks(1), g.MASKED.wrong)
"""Flow and attribution take their time on a long text."""


def one_of(count: int) -> g.Kind:
    """A number from 1, or all."""
    return g.Kind(st.none() | st.integers(1, count), g.numbers)


def attend(given: Given) -> Any:
    """Where a text looks, by every measure, whole or in part."""
    model = given.encoder(*FAMILIES, lacking="bert-bare")
    asked = given.arguments(
        text=SHORT, pair=g.PAIR, masked=g.Kind(st.just(()), g.POSITIONS.wrong),
        measure=g.either("raw", "raw", "raw", "raw", "rollout", "norm", "flow", "attribution"),
        target=TARGET, level=g.either("piece", "word"),
        block=g.either("all", "all", "aa", "ab", "ba"),
        hide_special=g.YES_OR_NO, renormalise=g.YES_OR_NO, layer=one_of(2), head=one_of(4),
    )  # fmt: skip
    result = outcome(bert_core.attend, model, **asked)
    if result is not None:
        size = (len(result.layers), max(1, len(result.heads)))
        assert result.weights.shape == (*size, len(result.rows), len(result.columns))
        assert set(result.rows) | set(result.columns) <= set(range(len(result.units)))
        if asked["measure"] == "raw" and asked["level"] == "piece":
            shares = result.weights.sum(axis=-1)
            assert result.weights.min() >= 0
            if not (asked["hide_special"] and asked["renormalise"]):
                np.testing.assert_allclose(shares + result.hidden + result.outside, 1, atol=1e-5)
            else:
                left = shares * (1 - result.hidden) + result.outside + result.hidden
                assert (np.isclose(left, 1, atol=1e-5) | (shares == 0)).all()
    return result


def attribute(given: Given) -> Any:
    """What an output owes to each piece."""
    model = given.encoder(*FAMILIES, "bert-masked", lacking="bert-bare")
    tokens = any_tokens(given, model)
    asked = given.arguments(
        target=g.Kind(TARGET.sound, TARGET.wrong | st.builds(ClassTarget, g.numbers)),
        method=g.either("integrated", "gradient"), baseline=g.either("mask", "pad", "zero"),
        steps=g.whole(1, 5),
    )  # fmt: skip
    assume(len(tokens) < 40)
    result = outcome(bert_core.attribute, model, tokens, **asked)
    if result is not None:
        assert set(result.replaced) == set(tokens.content) - set(tokens.masks)
        kept = sorted(set(range(len(tokens))) - set(result.replaced))
        for each in result.outputs:
            assert each.scores.shape == each.norms.shape == (len(tokens),)
            assert each.left_out.shape == (len(result.replaced),)
            assert each.norms.min() >= 0
            if asked["method"] == "integrated":
                assert each.scores[kept] == pytest.approx(0), "there both are the same"
            difference = each.logit - each.baseline_logit
            assert each.error == pytest.approx(abs(each.scores.sum() - difference), abs=1e-6)
    return result


LAYERS = g.Kind(
    st.lists(st.sampled_from((-1, -2, -3, 1)), min_size=1, max_size=2, unique=True),
    st.lists(g.numbers, max_size=3) | g.not_lists,
)


def embed(given: Given) -> Any:
    """A text as vectors."""
    model = given.encoder(*FAMILIES, "bert-bare")
    asked = given.arguments(
        text=g.TEXT, pair=g.PAIR, layers=LAYERS, pool=g.either("none", "cls", "mean")
    )
    result = outcome(bert_core.embed, model, **asked)
    if result is not None:
        rows = len(result.tokens) if asked["pool"] == "none" else 1
        assert result.vectors.shape == (rows, len(asked["layers"]), model.checkpoint.hidden)
        alone = bert_core.embed(model, asked["text"], asked["pair"], layers=asked["layers"][:1])
        if asked["pool"] == "mean":
            np.testing.assert_array_equal(alone.vectors[:, 0], result.vectors[:, 0])
    return result


PROPERTIES = {"attend": attend, "attribute": attribute, "embed": embed}
