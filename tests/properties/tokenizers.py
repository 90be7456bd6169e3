"""Properties of how a text becomes pieces."""

from typing import Any

from hypothesis import strategies as st

import bert_core
from bert_core.analysis.tokenization.compare import changed_cutter, own_cutter
from tests.properties import given as g
from tests.properties.given import Given
from tests.properties.masked_word import FAMILIES, any_tokens
from tests.properties.outcome import outcome

ALL = (*FAMILIES, "bert-multilingual", "bert-chinese")


def check_tokens(tokens: Any, limit: int) -> None:
    """Pieces point into their texts, in order."""
    assert 0 < len(tokens) <= limit
    for sequence, source in enumerate((tokens.text, tokens.pair)):
        spans = [
            span
            for span, owner in zip(tokens.offsets, tokens.sequences, strict=True)
            if owner == sequence and span is not None
        ]
        assert all(0 <= start <= end <= len(source) for start, end in spans)
        assert spans == sorted(spans)
    for row in (tokens.pieces, tokens.words, tokens.segments, tokens.originals):
        assert len(row) == len(tokens)
    for sequence, character in tokens.unseen():
        assert not (tokens.pair if sequence else tokens.text)[character].isspace()


def tokens(given: Given) -> Any:
    """Pieces, and what can be put over them or in their place."""
    model = given.encoder(*ALL)
    found = any_tokens(given, model)
    check_tokens(found, model.tokenizer.max_pieces)
    inside = st.sampled_from(found.content)
    positions = given.arguments(
        positions=g.Kind(st.lists(inside, max_size=3), st.lists(g.numbers, max_size=3))
    )["positions"]
    masked = outcome(found.masked, positions)
    if masked is not None:
        check_tokens(masked, model.tokenizer.max_pieces)
        assert set(masked.masks) == {*found.masks, *positions}
        for position in set(positions) - set(found.masks):
            assert masked.originals[position] == found.ids[position]
        again, pair = masked.retyped()
        assert pair is None
        assert len(again) >= 1
        wide = found.widened(given.draw(inside), 3)
        check_tokens(wide, len(found) + 2)
        assert len(wide.masks) >= 3
    return masked


def tokenize(given: Given) -> Any:
    """A text's way to ids: each step says how the characters stand."""
    tokenizer = given.encoder(*ALL).tokenizer
    asked = given.arguments(text=g.TEXT, pair=g.PAIR, masks=g.YES_OR_NO)
    result = outcome(bert_core.tokenize, tokenizer, **asked)
    if result is not None:
        texts = (asked["text"], asked["pair"])
        assert [each.position for each in result.pieces] == [*range(len(result.pieces))]
        assert len(result.pieces) <= result.limit
        for piece in result.pieces:
            if piece.sequence is not None:
                assert piece.characters == texts[piece.sequence][piece.start : piece.end]
        expected = tokenizer.encode(**asked)
        assert tuple(each.id for each in result.pieces) == expected.ids
    return result


def cutter_of(given: Given) -> Any:
    """A tokenizer as it is, or one with a thing changed."""
    tokenizer = given.encoder(*ALL).tokenizer
    change = given.draw(st.sampled_from((None, "other case", "first 3,000 pieces")))
    if change is None:
        return own_cutter(tokenizer)
    return outcome(changed_cutter, tokenizer, change) or own_cutter(tokenizer)


def compare_tokenizers(given: Given) -> Any:
    """One text cut in two ways: the places cover it in order."""
    first, second = cutter_of(given), cutter_of(given)
    text = given.draw(g.TEXT.sound | g.hostile | g.not_texts)
    result = outcome(bert_core.compare_tokenizers, first, second, text)
    if result is not None:
        done = 0
        for place in result.places:
            assert done <= place.start <= place.end <= len(text)
            assert place.characters == text[place.start : place.end]
            done = place.end
        for side, pieces in ((result.first, "first"), (result.second, "second")):
            assert sum(len(getattr(place, pieces)) for place in result.places) == side.pieces
            assert 0 <= side.unknown <= side.pieces
        if first == second:
            assert all(place.alike for place in result.places)
    return result


PROPERTIES = {
    "Tokens": tokens,
    "compare_tokenizers": compare_tokenizers,
    "tokenize": tokenize,
}
