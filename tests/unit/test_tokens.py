"""What can be asked of a text in pieces, on hand-made ones."""

import dataclasses

import pytest

from bert_core.errors import InputError
from bert_core.model.tokens import Cut, Tokens

TEXT = "Herons\u200b wait"
PAIR = "so slow"
TOKENS = Tokens(
    text=TEXT,
    pair=PAIR,
    ids=(2, 10, 11, 12, 3, 4, 14, 3),
    pieces=("[CLS]", "heron", "##s", "wait", "[SEP]", "[MASK]", "slow", "[SEP]"),
    words=(None, 0, 0, 1, None, 2, 3, None),
    offsets=(None, (0, 5), (5, 6), (8, 12), None, (0, 2), (3, 7), None),
    sequences=(None, 0, 0, 0, None, 1, 1, None),
    segments=(0, 0, 0, 0, 0, 1, 1, 1),
    mask_id=4,
    mask_piece="[MASK]",
    originals=(None,) * 8,
)


def test_content_masks_and_words() -> None:
    assert len(TOKENS) == 8
    assert TOKENS.content == (1, 2, 3, 5, 6)
    assert TOKENS.masks == (5,)
    assert TOKENS.same_word(1) == TOKENS.same_word(2) == (1, 2)
    assert TOKENS.same_word(3) == (3,)
    assert TOKENS.same_word(0) == ()


def test_surface_is_what_was_typed() -> None:
    assert [TOKENS.surface(position) for position in range(8)] == [
        "", "Heron", "s", "wait", "", "so", "slow", "",
    ]  # fmt: skip


def test_a_mask_put_over_a_piece_remembers_it() -> None:
    masked = TOKENS.masked([2, 6])
    assert masked.ids == (2, 10, 4, 12, 3, 4, 4, 3)
    assert masked.pieces[2] == masked.pieces[6] == "[MASK]"
    assert masked.originals == (None, None, 11, None, None, None, 14, None)
    assert masked.masks == (2, 5, 6)
    assert masked.offsets == TOKENS.offsets
    assert TOKENS.ids[2] == 11, "the first one is not changed"


def test_masking_twice_is_masking_once() -> None:
    assert TOKENS.masked([2]).masked([2]) == TOKENS.masked([2, 2]) == TOKENS.masked([2])
    assert TOKENS.masked([5]) == TOKENS, "a typed mask hides nothing"


@pytest.mark.parametrize("position", [0, 4, 7, 8, -1, 10**9])
def test_only_pieces_of_the_text_can_be_masked(position: int) -> None:
    with pytest.raises(InputError, match="no piece of the text") as refused:
        TOKENS.masked([position])
    assert refused.value.field == "masked"


def test_filled_puts_pieces_in() -> None:
    filled = TOKENS.filled([(5, 12, "wait")])
    assert (filled.ids[5], filled.pieces[5]) == (12, "wait")
    assert filled.masks == ()


def test_characters_that_no_piece_covers() -> None:
    assert TOKENS.unseen() == ((0, 6),)
    both = dataclasses.replace(TOKENS, pair="so slow\x01")
    assert both.unseen() == ((0, 6), (1, 7))


def test_a_cut_text_reports_its_cut_alone() -> None:
    cut = Cut(pieces=1_200, limit=512, first_word="garden", character=2_999, sequence=1)
    assert dataclasses.replace(TOKENS, cut=cut).unseen() == ()
    sentence = cut.sentence()
    for said in ("1,200", "512", "'garden'", "3,000", "second text"):
        assert said in sentence
    assert "second" not in dataclasses.replace(cut, sequence=0).sentence()


def test_tokens_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TOKENS.text = "other"  # type: ignore[misc]


def test_pieces_are_found_again_in_another_cut_of_the_text() -> None:
    other = dataclasses.replace(
        TOKENS,
        ids=(2, 20, 21, 22, 3, 23, 3),
        pieces=("[CLS]", "he", "##rons", "wait", "[SEP]", "so slow", "[SEP]"),
        words=(None, 0, 0, 1, None, 2, None),
        offsets=(None, (0, 2), (2, 6), (8, 12), None, (0, 7), None),
        sequences=(None, 0, 0, 0, None, 1, None),
        segments=(0, 0, 0, 0, 0, 1, 1),
        originals=(None,) * 7,
    )
    assert TOKENS.moved((1,), other) == (1, 2)
    assert TOKENS.moved((2, 6), other) == (2, 5)
    assert TOKENS.moved((), other) == ()
    assert other.moved((1,), TOKENS) == (1,)
    assert other.moved((5,), TOKENS) == (5, 6)
