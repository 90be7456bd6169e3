"""Properties of the heads of tasks: labels, tags, endings, answers, next sentences."""

import math
from typing import Any

import pytest
from hypothesis import strategies as st

import bert_core
from bert_core.tasks.spans.features import SpanSettings
from tests.properties import given as g
from tests.properties.given import Given
from tests.properties.outcome import descends, outcome


def classify(given: Given) -> Any:
    """A text, or two, to labels."""
    encoder = given.encoder(
        "bert-classification",
        "distilbert-classification",
        "roberta-classification",
        lacking="bert-span",
    )
    result = outcome(bert_core.classify, encoder, **given.arguments(text=g.TEXT, pair=g.PAIR))
    if result is not None:
        labels = result.probabilities
        assert descends(each.probability for each in labels)
        assert math.fsum(each.probability for each in labels) == pytest.approx(1)
        assert [result.logits[each.id] for each in labels] == [each.logit for each in labels]
        assert result.label == labels[0].label
    return result


def tag(given: Given) -> Any:
    """A text to tags; every word and entity is a stretch of it."""
    encoder = given.encoder("bert-tagging", lacking="bert-masked")
    text = given.draw(g.TEXT.sound | g.hostile | g.not_texts)
    result = outcome(bert_core.tag, encoder, text)
    if result is not None:
        spans = [(each.start, each.end) for each in result.words]
        assert spans == sorted(set(spans))
        for each in result.words:
            assert each.word == text[each.start : each.end] != ""
            assert 0 < each.probability <= 1
        for each in result.entities:
            assert each.text == text[each.start : each.end] != ""
    return result


def choose(given: Given) -> Any:
    """Endings to what goes before."""
    encoder = given.encoder("bert-multiple_choice", lacking="bert-masked")
    asked = given.arguments(
        context=g.TEXT, endings=g.texts(g.SECOND, least=2),
        start=g.Kind(st.just("") | g.words, g.hostile | g.not_texts),
    )  # fmt: skip
    result = outcome(bert_core.choose, encoder, **asked)
    if result is not None:
        assert descends(each.probability for each in result.choices)
        assert math.fsum(each.probability for each in result.choices) == pytest.approx(1)
        assert sorted(each.index for each in result.choices) == [*range(len(asked["endings"]))]
        assert all(each.ending == asked["endings"][each.index] for each in result.choices)
        assert result.best == result.choices[0].index
    return result


LAYOUT = g.Kind(
    st.none() | st.builds(SpanSettings, st.integers(20, 64), st.integers(1, 8), st.integers(4, 8)),
    st.builds(SpanSettings, g.numbers, g.numbers, g.numbers),
)
THRESHOLD = g.Kind(st.floats(-5, 5), g.numbers | st.floats())


def answer(given: Given) -> Any:
    """A question on a text, with every setting."""
    encoder = given.encoder("bert-span", lacking="bert-masked")
    asked = given.arguments(
        question=g.TEXT, context=g.TEXT, n_best=g.whole(1, 200), impossible=g.YES_OR_NO,
        max_answer_length=g.whole(1, 512), null_threshold=THRESHOLD, layout=LAYOUT,
        decoder=g.either("google", "hf", "pipeline"),
    )  # fmt: skip
    result = outcome(bert_core.answer, encoder, **asked)
    if result is not None:
        assert result.windows >= 1
        assert (result.text == "") == (result.best is None)
        assert asked["impossible"] or all(each.text for each in result.nbest)
        assert len(result.nbest) <= asked["n_best"] + 1
        for each in result.nbest:
            assert 0 <= each.probability <= 1
        if result.best is not None:
            start, end = result.best.start, result.best.end
            assert asked["context"][start:end].strip() != ""
            assert "".join(result.text.split()) in "".join(asked["context"].split())
        if result.null_odds is not None and asked["decoder"] != "pipeline":
            assert (result.text == "") == (result.null_odds > asked["null_threshold"])
    return result


def check_score(score: Any) -> None:
    """Both sides of one question."""
    assert score.p_is_next + score.p_not_next == pytest.approx(1)
    assert (score.answer == "is-next") == (score.logit_is_next >= score.logit_not_next)
    odds = score.logit_is_next - score.logit_not_next
    assert score.p_is_next == pytest.approx(1 / (1 + math.exp(-odds)), abs=1e-9)


NEXT = ("bert-pretraining", "bert-next_sentence")


def next_sentence(given: Given) -> Any:
    """Two texts in both orders."""
    encoder = given.encoder(*NEXT, lacking="bert-masked")
    asked = given.arguments(text=g.TEXT, pair=g.SECOND)
    result = outcome(bert_core.next_sentence, encoder, **asked)
    if result is not None:
        check_score(result.score)
        check_score(result.swapped)
        other = bert_core.next_sentence(encoder, asked["pair"], asked["text"])
        assert other.score.p_is_next == pytest.approx(result.swapped.p_is_next, abs=1e-5)
    return result


TWO = g.Kind(
    st.tuples(g.sentences, g.sentences),
    st.tuples(g.hostile, g.hostile) | st.lists(g.sentences, max_size=3).map(tuple) | g.not_texts,
)


def score_pairs(given: Given) -> Any:
    """Many pairs, each as if it were asked alone."""
    encoder = given.encoder(*NEXT, lacking="bert-masked")
    pairs = given.arguments(pairs=g.texts(TWO))["pairs"]
    found = outcome(bert_core.score_pairs, encoder, pairs)
    if found is not None:
        assert len(found) == len(pairs)
        for score in found:
            check_score(score)
        if found:
            alone = bert_core.next_sentence(encoder, *pairs[0])
            assert alone.score.p_is_next == pytest.approx(found[0].p_is_next, abs=1e-5)
    return found


def rank_candidates(given: Given) -> Any:
    """What follows a text best, each candidate judged as if it were alone."""
    encoder = given.encoder(*NEXT, lacking="bert-masked")
    asked = given.arguments(text=g.TEXT, candidates=g.texts(g.SECOND))
    result = outcome(bert_core.rank_candidates, encoder, **asked)
    if result is not None:
        assert sorted(each.index for each in result.ranked) == [*range(len(asked["candidates"]))]
        assert all(each.text == asked["candidates"][each.index] for each in result.ranked)
        scores = [each.score for each in result.ranked]
        for score in scores:
            check_score(score)
        assert descends(score.logit_is_next - score.logit_not_next for score in scores)
        alone = bert_core.next_sentence(encoder, asked["text"], result.ranked[0].text)
        assert alone.score.p_is_next == pytest.approx(scores[0].p_is_next, abs=1e-5)
    return result


PROPERTIES = {
    "answer": answer,
    "choose": choose,
    "classify": classify,
    "next_sentence": next_sentence,
    "rank_candidates": rank_candidates,
    "score_pairs": score_pairs,
    "tag": tag,
}
