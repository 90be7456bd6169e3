"""Properties of what is looked at inside a model: layers, directions, states, words in context."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import bert_core
from bert_core.analysis.embeddings.geometry import Geometry
from bert_core.analysis.embeddings.sentences import Sentence
from tests.properties import given as g
from tests.properties.given import Given
from tests.properties.masked_word import FAMILIES, any_tokens, check_candidates, masked_tokens
from tests.properties.outcome import descends, outcome


def encoder(given: Given) -> Any:
    """A sentence through a model, and whatever of the pass is kept."""
    model = given.encoder(*FAMILIES, "bert-bare", "bert-classification")
    tokens = any_tokens(given, model)
    inside = st.lists(st.integers(0, len(tokens) - 1), max_size=3)
    asked = given.arguments(
        positions=g.Kind(inside, st.lists(g.numbers, min_size=1, max_size=3)),
        hidden=g.YES_OR_NO, attention=g.YES_OR_NO, next_sentence=g.YES_OR_NO,
    )  # fmt: skip
    trace = outcome(model.trace, tokens, **asked)
    if trace is not None:
        shape, length = model.checkpoint, len(tokens)
        if asked["attention"]:
            size = (shape.layers, shape.attention_heads, length, length)
            assert trace.attention.shape == size
            np.testing.assert_allclose(trace.attention.sum(axis=-1), 1, atol=1e-5)
        if asked["hidden"]:
            assert trace.hidden.shape == (shape.layers + 1, length, shape.hidden)
        if asked["positions"]:
            assert trace.logits.shape == (len(asked["positions"]), shape.vocabulary)
        assert (trace.next_sentence is None) is not asked["next_sentence"]
    return trace


def lens(given: Given) -> Any:
    """A mask, or any piece, layer by layer."""
    model = given.encoder(*FAMILIES)
    tokens = any_tokens(given, model)
    hidden = given.draw(st.sampled_from((True, True, False)))
    trace = model.trace(tokens, hidden=hidden)
    asked = given.arguments(position=g.whole(0, len(tokens) - 1), k=g.whole(1, 100))
    result = outcome(bert_core.lens, model, trace, **asked)
    if result is not None:
        assert [each.layer for each in result.layers] == [*range(model.checkpoint.layers + 1)]
        for layer in result.layers:
            check_candidates(layer.candidates)
            assert len(layer.ranks) == len(layer.probabilities) == len(result.words)
        # The last layer is the model's own answer.
        assert result.layers[-1].candidates == result.words
    return result


def directions(given: Given) -> Any:
    """A mask from the left, from the right, and from both."""
    model = given.encoder(*FAMILIES)
    tokens = masked_tokens(given, model)
    place = g.Kind(st.sampled_from(tokens.masks), g.numbers)
    asked = given.arguments(position=place, k=g.whole(1, 100), words_only=g.YES_OR_NO)
    result = outcome(bert_core.directions, model, tokens, **asked)
    if result is not None:
        assert [view.direction for view in result.views] == ["left", "right", "shallow", "deep"]
        for view in result.views:
            check_candidates(view.candidates)
            assert view.target.word == result.target
    return result


def compare(given: Given) -> Any:
    """One mask, two models."""
    first, second = given.encoder(*FAMILIES), given.encoder(*FAMILIES)
    tokens = masked_tokens(given, first)
    asked = given.arguments(mask=g.whole(0, len(tokens.masks) - 1), k=g.whole(1, 100))
    result = outcome(bert_core.compare, first, second, tokens, **asked)
    if result is not None:
        sums = [sum(each or 0 for each in row.probabilities) for row in result.rows]
        assert descends(sums)
        assert len({row.word for row in result.rows}) == len(result.rows) <= 2 * asked["k"]
        if first is second:
            assert result.divergence == pytest.approx(0, abs=1e-6)
            assert all(row.ranks[0] == row.ranks[1] for row in result.rows)
    return result


def shift(given: Given) -> Any:
    """One sentence, two states of a model."""
    names = ("bert-pretraining", "bert-masked", "bert-cased", "distilbert")
    before, after = given.encoder(*names), given.encoder(*names)
    result = outcome(bert_core.shift, before, after, **given.arguments(text=g.TEXT, pair=g.PAIR))
    if result is not None:
        assert descends(head.distance for head in result.heads)
        assert len(result.heads) == result.attention.size
        assert result.attention.min() >= 0
        assert result.attention.max() <= 1 + 1e-6
        assert result.hidden.shape == (len(result.attention) + 1, len(result.tokens))
        if before is after:
            assert result.hidden.max() == pytest.approx(0, abs=1e-5)
    return result


@st.composite
def lines_with(draw: Any, word: str) -> list[Sentence]:
    """Sentences of two senses that have a word, twice in some."""
    count = draw(st.integers(4, 6))
    return [
        Sentence(n, f"{draw(g.sentences)} {word} {draw(g.sentences)}", draw(st.sampled_from("ab")))
        for n in range(1, count + 1)
    ]


def words_of(given: Given, model: Any) -> tuple[dict[str, Any], Any]:
    """What was asked of `word_in_context`, and what it said."""
    word = given.draw(g.words)
    asked = given.arguments(
        sentences=g.Kind(
            lines_with(word),
            st.lists(g.hostile | st.just(f"the {word}"), max_size=3)
            | st.lists(g.hostile, max_size=3).map("\n".join) | g.texts(g.TEXT).wrong,
        ),
        word=g.Kind(st.just(word), g.hostile | g.not_texts),
        which=g.Kind(
            st.none() | st.just({1: 1}),
            st.dictionaries(st.integers(0, 3), g.numbers, max_size=2) | g.not_lists,
        ),
        pooling=g.either("mean", "first", "last"), seed=g.whole(0, 2**32),
    )  # fmt: skip
    return asked, outcome(bert_core.word_in_context, model, **asked)


def word_in_context(given: Given) -> Any:
    """A word in sentences, its states layer by layer."""
    model = given.encoder(*FAMILIES)
    asked, trace = words_of(given, model)
    if trace is not None:
        shape = model.checkpoint
        assert trace.vectors.shape == (shape.layers + 1, len(trace.occurrences), shape.hidden)
        assert trace.others.shape == (shape.layers + 1, len(trace.words), shape.hidden)
        for each in trace.occurrences:
            found = each.sentence.text[each.start : each.end].casefold()
            assert found == asked["word"].strip().casefold()
            assert 1 <= each.number <= each.count
    return trace


GEOMETRY = g.Kind(
    st.none() | st.builds(Geometry, st.sampled_from(("cosine", "euclidean")), st.booleans(),
                          st.integers(0, 5)),
    st.builds(Geometry, g.either("cosine").wrong, st.booleans(), g.numbers),
)  # fmt: skip


def senses(given: Given) -> Any:
    """Which reading of a word tells its senses apart."""
    model = given.encoder("bert-pretraining", "distilbert")
    trace = bert_core.word_in_context(model, given.draw(lines_with("river")), "river")
    asked = given.arguments(geometry=GEOMETRY, rounds=g.whole(1, 60), seed=g.whole(0, 2**32))
    result = outcome(bert_core.senses, model, trace, **asked)
    if result is not None:
        assert len(result.readings) == 5
        assert 0 < result.chance < 1
        for reading in result.readings:
            assert 0 <= reading.best.accuracy <= 1
            assert -1 <= reading.best.silhouette <= 1
            assert 1 / (1 + result.rounds) <= reading.p <= 1
            assert reading.best in reading.layers
    return result


PROPERTIES = {
    "Encoder": encoder,
    "compare": compare,
    "directions": directions,
    "lens": lens,
    "senses": senses,
    "shift": shift,
    "word_in_context": word_in_context,
}
