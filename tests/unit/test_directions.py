"""One direction or both: what one side cannot know must not change its answer by one bit."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bert_core.analysis.directions import combine, directions, visibility
from bert_core.errors import InputError, ModelError
from bert_core.tasks.distribution import log_softmax
from bert_core.tasks.masked import fill
from tests.unit import reference

TEXT = "The heron waits near the [MASK] by our old town."
PAIR = "It is cold and the water is grey."
WORDS = st.sampled_from(["river", "snow", "late", "opens", "fresh", "train", "she", "of", "slow"])


def views(encoder, tokens, position: int, **options):
    found = directions(encoder, tokens, position, **options)
    return {view.direction: view for view in found.views}


def replaced(encoder, tokens, position: int, word: str):
    """The same input with another piece at one place."""
    pieces = encoder.tokenizer.vocabulary.pieces
    id_ = pieces.index(word)
    return tokens.filled([(position, id_, word)])


@pytest.mark.parametrize("pair", [None, PAIR])
def test_one_side_never_hears_of_the_other(encoder_of, pair: str | None) -> None:
    encoder = encoder_of("bert-pretraining")
    tokens = encoder.tokenize(TEXT, pair)
    (gap,) = tokens.masks
    usual = views(encoder, tokens, gap, k=20)
    for position in tokens.content:
        if position == gap:
            continue
        changed = views(encoder, replaced(encoder, tokens, position, "snow"), gap, k=20)
        same, other = ("left", "right") if position > gap else ("right", "left")
        assert changed[same].candidates == usual[same].candidates, f"piece {position}"
        assert changed[same].entropy == usual[same].entropy
        assert changed[other].candidates != usual[other].candidates, f"piece {position}"
        assert changed["deep"].candidates != usual["deep"].candidates


@given(gap=st.integers(1, 8), words=st.lists(WORDS, min_size=8, max_size=8), pair=st.booleans())
def test_the_whole_other_side_may_change(tiny_bert, gap: int, words, pair: bool) -> None:
    tokens = tiny_bert.tokenize("a a a a [MASK] a a a", "a a a" if pair else None)
    tokens = replaced(tiny_bert, tokens, 5, "a").masked([gap])
    right = left = tokens
    for position, word in zip(tokens.content, words, strict=False):
        if position > gap:
            right = replaced(tiny_bert, right, position, word)
        if position < gap:
            left = replaced(tiny_bert, left, position, word)
    usual = views(tiny_bert, tokens, gap)
    assert views(tiny_bert, right, gap)["left"].candidates == usual["left"].candidates
    assert views(tiny_bert, left, gap)["right"].candidates == usual["right"].candidates


def test_a_whole_second_text_is_the_right_side(tiny_bert) -> None:
    for gap_in_pair in (False, True):
        texts = ("the heron waits", "the ___ waits") if gap_in_pair else ("the ___", "the heron")
        tokens = tiny_bert.tokenize(*texts)
        (gap,) = tokens.masks
        changed = replaced(tiny_bert, tokens, 2 if gap_in_pair else len(tokens) - 2, "snow")
        side = "right" if gap_in_pair else "left"
        assert (
            views(tiny_bert, changed, gap)[side].candidates
            == views(tiny_bert, tokens, gap)[side].candidates
        )


def test_deep_is_fill(embedded) -> None:
    text = "Paris is the capital of [MASK]."
    tokens = embedded.tokenize(text)
    result = directions(embedded, tokens, tokens.masks[0], k=10)
    deep = result.views[3]
    (mask,) = fill(embedded, text, k=10).masks
    assert deep.direction == "deep"
    assert deep.candidates == mask.candidates
    assert deep.entropy == mask.entropy
    assert result.target == mask.candidates[0].word
    assert deep.target == mask.candidates[0]


def test_shallow_is_the_normalised_product(tiny_bert) -> None:
    tokens = tiny_bert.tokenize(TEXT)
    found = views(tiny_bert, tokens, tokens.masks[0], k=100, words_only=False)
    left = {each.id: each.probability for each in found["left"].candidates}
    right = {each.id: each.probability for each in found["right"].candidates}
    both = sorted(set(left) & set(right))
    first = both[0]
    shallow = {each.id: each.probability for each in found["shallow"].candidates}
    shared = [i for i in both if i in shallow and first in shallow]
    assert len(shared) > 10
    for i in shared:
        expected = (left[i] * right[i]) / (left[first] * right[first])
        assert shallow[i] / shallow[first] == pytest.approx(expected, rel=1e-6)


@given(st.lists(st.tuples(*[st.floats(-30, 30)] * 2), min_size=1, max_size=20))
def test_combine_by_formula(logits) -> None:
    left, right = (log_softmax(np.array(side)) for side in zip(*logits, strict=True))
    product = [math.exp(a) * math.exp(b) for a, b in zip(left, right, strict=True)]
    assume(sum(product) > 1e-200)
    expected = [each / sum(product) for each in product]
    assert np.exp(combine(left, right)).tolist() == pytest.approx(expected, abs=1e-9)


def test_left_only_is_a_model_that_looks_back_only(tiny_bert) -> None:
    """The mask as the library takes it: a sequence without marks in between is causal."""
    tokens = tiny_bert.tokenize(TEXT)
    seen = visibility(tokens, "left")
    last = len(tokens) - 1
    for i in range(len(tokens)):
        for j in range(len(tokens)):
            expected = j in (0, last) if i in (0, last) else j <= i or j == last
            assert seen[i, j] == expected


@pytest.mark.parametrize("side", ["left", "right"])
def test_restricted_attention_is_the_librarys_with_the_same_mask(tiny_bert, side) -> None:
    import torch

    tokens = tiny_bert.tokenize(TEXT, PAIR)
    (gap,) = tokens.masks
    model = reference.library_model(tiny_bert.checkpoint.folder)
    with torch.inference_mode():
        logits = model(
            torch.tensor([tokens.ids]),
            token_type_ids=torch.tensor([tokens.segments]),
            attention_mask=torch.from_numpy(visibility(tokens, side))[None, None],
        ).logits[0, gap]
    line = torch.softmax(logits.double(), -1)
    for each in views(tiny_bert, tokens, gap, k=30)[side].candidates:
        assert each.probability == pytest.approx(float(line[each.id]), abs=1e-6)


@pytest.mark.parametrize("name", ["distilbert", "roberta", "xlm-roberta"])
def test_other_families_can_be_restricted_too(encoder_of, name: str) -> None:
    encoder = encoder_of(name)
    tokens = encoder.tokenize("The heron waits <mask> near the lake.")
    (gap,) = tokens.masks
    end = tokens.content[-1]
    changed = tokens.filled([(end, tokens.ids[2], tokens.pieces[2])])
    there, here = views(encoder, tokens, gap), views(encoder, changed, gap)
    assert there["left"] == here["left"]
    assert there["right"].candidates != here["right"].candidates


def test_the_followed_word_is_the_one_that_was_masked(tiny_bert) -> None:
    tokens = tiny_bert.tokenize("The heron waits near the lake.").masked([6])
    result = directions(tiny_bert, tokens, 6)
    assert result.target == "lake"
    assert [view.direction for view in result.views] == ["left", "right", "shallow", "deep"]
    for view in result.views:
        assert view.target.word == "lake"


@pytest.mark.parametrize("position", [0, 1, -1, 99])
def test_a_position_that_is_no_mask(tiny_bert, position: int) -> None:
    with pytest.raises(InputError, match="no mask") as refused:
        directions(tiny_bert, tiny_bert.tokenize(TEXT), position)
    assert refused.value.field == "position"


@pytest.mark.parametrize("k", [0, 101, "3", 1.5, None])
def test_k_out_of_range(tiny_bert, k) -> None:
    tokens = tiny_bert.tokenize(TEXT)
    with pytest.raises(InputError, match="from 1 to 100") as refused:
        directions(tiny_bert, tokens, tokens.masks[0], k=k)
    assert refused.value.field == "k"


def test_a_checkpoint_without_the_head(encoder_of) -> None:
    encoder = encoder_of("bert-bare")
    tokens = encoder.tokenize(TEXT)
    with pytest.raises(ModelError, match="masked word"):
        directions(encoder, tokens, tokens.masks[0])
