"""Properties of what is asked at a mask."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

import bert_core
from tests import tiny
from tests.properties import given as g
from tests.properties.given import Given
from tests.properties.outcome import descends, outcome

FAMILIES = ("bert-pretraining", "bert-cased", "roberta", "xlm-roberta", "distilbert")
STRATEGIES = ("independent", "left-to-right", "confident-first", "beam")


def masked_tokens(given: Given, encoder: Any) -> Any:
    """A sentence with masks, as its pieces."""
    return encoder.tokenize(given.draw(g.MASKED.sound))


def any_tokens(given: Given, encoder: Any) -> Any:
    """Whatever sentence has pieces, masks or not."""
    text = given.draw(g.MASKED.sound | g.TEXT.sound | g.hostile)
    tokens = outcome(encoder.tokenize, text)
    assume(tokens is not None)
    return tokens


def check_candidates(found: Any) -> None:
    """Ranked words of one distribution."""
    assert descends(each.probability for each in found)
    ranks = [each.rank for each in found]
    assert ranks == sorted(ranks)
    assert all(rank >= 1 for rank in ranks)
    assert all(0 <= each.probability <= 1 for each in found)
    assert all(each.log_odds <= 0 for each in found)
    assert sum(each.probability for each in found) <= 1 + 1e-9


def check_masks(masks: Any, tokens: Any, k: int, pieces: int) -> None:
    """What fits each mask."""
    assert tuple(each.position for each in masks) == tokens.masks
    for each in masks:
        check_candidates(each.candidates)
        assert 1 <= len(each.candidates) <= k
        covered = math.fsum(found.probability for found in each.candidates)
        assert each.covered == pytest.approx(covered)
        assert each.covered + each.left_out <= 1 + 1e-9
        assert -1e-9 <= each.entropy <= math.log2(pieces) + 1e-9
        assert (each.original is None) == (tokens.originals[each.position] is None)


def check_fillings(found: Any, tokens: Any, width: int) -> None:
    """Whole sentences."""
    assert 1 <= len(found) <= width
    assert descends(each.log_score for each in found)
    assert len({each.ids for each in found}) == len(found)
    for each in found:
        assert len(each.words) == len(each.ids) == len(each.probabilities) == len(tokens.masks)
        assert each.log_score == pytest.approx(math.fsum(map(math.log, each.probabilities)))


def fill(given: Given) -> Any:
    """A sentence, and everything that can be asked of it."""
    encoder = given.encoder(*FAMILIES)
    asked = given.arguments(
        text=g.MASKED, pair=g.PAIR, k=g.whole(1, 20), width=g.whole(1, 10), masked=g.POSITIONS,
        strategy=g.either(*STRATEGIES), words_only=g.YES_OR_NO,
    )  # fmt: skip
    result = outcome(bert_core.fill, encoder, **asked)
    if result is not None:
        pieces = len(encoder.tokenizer.vocabulary)
        check_masks(result.masks, result.tokens, asked["k"], pieces)
        check_fillings(result.sentences, result.tokens, asked["width"])
        assert set(asked["masked"]) <= set(result.tokens.masks)
    return result


def trace_masks(given: Given) -> Any:
    """A sentence, masked or not, to the logits at its masks."""
    encoder = given.encoder(*FAMILIES, lacking="bert-bare")
    tokens, hidden = any_tokens(given, encoder), given.draw(st.booleans())
    trace = outcome(bert_core.trace_masks, encoder, tokens, hidden=hidden)
    if trace is not None:
        pieces = len(encoder.tokenizer.vocabulary)
        assert trace.positions == tokens.masks
        assert trace.logits.shape == (len(tokens.masks), pieces)
        assert (trace.hidden is not None) is hidden
    return trace


def predict(given: Given) -> Any:
    """A trace with logits, or without."""
    encoder = given.encoder(*FAMILIES)
    tokens = masked_tokens(given, encoder)
    bare = given.draw(st.sampled_from((False, False, True)))
    trace = encoder.trace(tokens) if bare else bert_core.trace_masks(encoder, tokens)
    asked = given.arguments(k=g.whole(1, 1_000), words_only=g.YES_OR_NO)
    vocabulary = encoder.tokenizer.vocabulary
    found = outcome(bert_core.predict, trace, vocabulary, **asked)
    if found is not None:
        check_masks(found, tokens, asked["k"], len(vocabulary))
    return found


def fill_trace(given: Given) -> Any:
    """A trace, filled as the sentence itself would be."""
    encoder = given.encoder(*FAMILIES)
    tokens = masked_tokens(given, encoder)
    asked = given.arguments(
        k=g.whole(1, 20), width=g.whole(1, 10), strategy=g.either(*STRATEGIES),
        words_only=g.YES_OR_NO,
    )  # fmt: skip
    trace = bert_core.trace_masks(encoder, tokens)
    result = outcome(bert_core.fill_trace, encoder, trace, **asked)
    if result is not None:
        whole = bert_core.fill(encoder, tokens.text, **asked)
        assert [each.text for each in whole.sentences] == [each.text for each in result.sentences]
        assert len(whole.masks) == len(result.masks)
    return result


def rank_sentences(given: Given) -> Any:
    """Whole sentences from a trace."""
    encoder = given.encoder(*FAMILIES)
    tokens = encoder.tokenize(given.draw(g.with_masks(14)))
    asked = given.arguments(
        width=g.whole(1, 10), strategy=g.either(*STRATEGIES), words_only=g.YES_OR_NO
    )
    trace = bert_core.trace_masks(encoder, tokens, hidden=False)
    found = outcome(bert_core.rank_sentences, encoder, trace, **asked)
    if found is not None:
        check_fillings(found, tokens, asked["width"])
    return found


def score_candidates(given: Given) -> Any:
    """Own words at one of the masks."""
    encoder = given.encoder(*FAMILIES)
    tokens = masked_tokens(given, encoder)
    asked = given.arguments(words=g.texts(g.SECOND), mask=g.whole(0, len(tokens.masks) - 1))
    table = outcome(bert_core.score_candidates, encoder, tokens, **asked)
    if table is not None:
        assert table.position == tokens.masks[asked["mask"]]
        assert {row.word for row in table.rows} == set(asked["words"])
        known = [row for row in table.rows if row.log_probability is not None]
        assert list(table.rows[: len(known)]) == known
        assert descends(row.log_probability for row in known)
        for row in known:
            assert len(row.steps) == len(row.pieces) > 0
            assert max(row.steps) <= 0
            assert row.log_probability == pytest.approx(math.fsum(row.steps))
    return table


def top_words(given: Given) -> Any:
    """Many sentences at once, each with masks: as `fill` answers each by itself."""
    encoder = given.encoder(*FAMILIES)
    asked = given.arguments(texts=g.texts(g.MASKED), k=g.whole(1, 200))
    found = outcome(bert_core.top_words, encoder, **asked)
    if found is not None:
        assert len(found) == len(asked["texts"])
        for row in found:
            assert row
            for candidates in row:
                check_candidates(candidates)
    if found:
        alone = bert_core.fill(encoder, asked["texts"][0], k=1, words_only=False)
        best = [candidates[0].probability for candidates in found[0]]
        expected = [mask.candidates[0].probability for mask in alone.masks]
        np.testing.assert_allclose(best, expected, rtol=1e-3)
    return found


TEMPLATE = g.Kind(
    st.builds("{} {} {}".format, g.words, st.just("{slot} goes to"), st.sampled_from(g.MASKS)),
    st.builds("{} {} {}".format, st.just("{slot}"), g.hostile, st.sampled_from(g.MASKS))
    | g.hostile | g.not_texts,
)  # fmt: skip
WORDS = [
    g.Kind(st.sampled_from(tiny.WORDS[part::3]), g.odd_words | g.not_texts | g.endless)
    for part in range(3)
]
"""Words of three kinds, none of which is of two."""


def probe(given: Given) -> Any:
    """A template, slot words and two groups of words."""
    encoder = given.encoder("bert-pretraining", "bert-cased", "roberta")
    asked = given.arguments(
        templates=g.texts(TEMPLATE, most=2), slots=g.texts(WORDS[0], most=3),
        group_a=g.texts(WORDS[1], most=2), group_b=g.texts(WORDS[2], most=2),
    )  # fmt: skip
    table = outcome(bert_core.probe, encoder, **asked)
    if table is not None:
        assert descends(row.log_odds for row in table.rows)
        assert len(table.rows) == len(asked["slots"])
        assert len(table.baseline) == len(asked["templates"])
        for row in table.rows:
            assert row.log_odds == pytest.approx(np.mean(row.by_template))
            assert row.corrected == pytest.approx(row.log_odds - np.mean(table.baseline))
    return table


def surprise(given: Given) -> Any:
    """Every piece of a sentence masked in turn."""
    encoder = given.encoder(*FAMILIES, lacking="bert-bare")
    text = given.draw(g.TEXT.sound | g.hostile | st.sampled_from(g.MASKS))
    tokens = outcome(encoder.tokenize, text)
    assume(tokens is not None)
    result = outcome(bert_core.surprise, encoder, tokens)
    if result is not None:
        assert len(result.pieces) == len(tokens.content) - len(tokens.masks)
        logs = [each.log_probability for each in result.pieces]
        assert result.pll == pytest.approx(math.fsum(logs))
        assert result.per_piece == pytest.approx(np.mean(logs))
        for each in result.pieces:
            assert each.log_probability <= 1e-9
            assert each.bits == pytest.approx(-each.log_probability / math.log(2))
            assert 1 <= each.rank <= len(encoder.tokenizer.vocabulary)
            # Special pieces, such as that of an unknown word, are never the best.
            special = encoder.tokenizer.vocabulary.special[result.tokens.ids[each.position]]
            assert special or each.best.rank <= each.rank
    return result


PROPERTIES = {
    "fill": fill,
    "fill_trace": fill_trace,
    "predict": predict,
    "probe": probe,
    "rank_sentences": rank_sentences,
    "score_candidates": score_candidates,
    "surprise": surprise,
    "top_words": top_words,
    "trace_masks": trace_masks,
}
