"""Own words at a mask, chained by hand with the library's own forward pass."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.errors import InputError
from bert_core.tasks.candidates import score_candidates, split_words
from bert_core.tasks.masked import fill
from tests.unit import reference

TEXT = "The [MASK] waits near the lake."


def chain(encoder, tokens, position: int, pieces: list[int]) -> list[float]:
    """Log-probability of each piece: n masks for n pieces, filled from left to right."""
    steps = []
    for done in range(len(pieces)):
        ids = [
            *tokens.ids[:position],
            *pieces[:done],
            *[tokens.mask_id] * (len(pieces) - done),
            *tokens.ids[position + 1 :],
        ]
        segments = [
            *tokens.segments[:position],
            *[tokens.segments[position]] * len(pieces),
            *tokens.segments[position + 1 :],
        ]
        folder = encoder.checkpoint.folder
        has = encoder.checkpoint.family.has_segments
        logs = reference.log_probabilities(folder, ids, segments if has else None)
        steps.append(float(logs[position + done, pieces[done]]))
    return steps


def scored(encoder, text: str, words, pair: str | None = None, **options):
    tokens = encoder.tokenize(text, pair)
    table = score_candidates(encoder, tokens, words, **options)
    return tokens, table, {row.word: row for row in table.rows}


def test_words_of_one_piece_have_fills_figures(embedded) -> None:
    text = "Paris is the capital of [MASK]."
    _, table, rows = scored(embedded, text, ["france", "Italy", "cheese", "london"])
    (mask,) = fill(embedded, text, k=1000).masks
    by_word = {each.word: each for each in mask.candidates}
    for word in ("france", "Italy", "london"):
        row, expected = rows[word], by_word[word.lower()]
        assert row.log_probability == pytest.approx(math.log(expected.probability), abs=1e-4)
        assert row.per_piece == row.log_probability
        assert row.rank == expected.rank
        assert row.pieces == (word.lower(),)
    assert rows["france"].log_probability > rows["cheese"].log_probability
    assert table.position == mask.position
    assert table.notes == ()


@pytest.mark.parametrize("pair", [None, "It is cold."])
@pytest.mark.parametrize("word", ["heron", "herons", "waited", "grew slowly", "zyx", "lake-town"])
def test_a_word_of_many_pieces_is_chained(tiny_bert, word: str, pair: str | None) -> None:
    tokens, table, rows = scored(tiny_bert, TEXT, [word], pair)
    pieces = reference.library_tokenizer(tiny_bert.checkpoint.folder)(
        word, add_special_tokens=False
    )["input_ids"]
    expected = chain(tiny_bert, tokens, table.position, pieces)
    row = rows[word]
    assert len(row.steps) == len(row.pieces) == len(pieces)
    assert row.steps == pytest.approx(expected, abs=1e-4)
    assert row.log_probability == pytest.approx(sum(expected), abs=1e-4)
    assert row.per_piece == pytest.approx(sum(expected) / len(pieces), abs=1e-4)
    assert (row.rank is None) == (len(pieces) > 1)


@pytest.mark.parametrize("name", ["distilbert", "roberta"])
def test_other_families_chain_too(encoder_of, name: str) -> None:
    encoder = encoder_of(name)
    tokens, table, rows = scored(encoder, TEXT.replace("[MASK]", "<mask>"), ["herons", "cold"])
    for word in ("herons", "cold"):
        expected = chain(encoder, tokens, table.position, list(encoder.pieces_of(word)))
        assert rows[word].steps == pytest.approx(expected, abs=1e-4)


def test_many_words_together_get_what_they_get_alone(tiny_bert) -> None:
    words = ["heron", "herons", "river", "rivers", "rivered", "waited", "waiter", "snow", "snowly"]
    _, _, together = scored(tiny_bert, TEXT, words)
    for word in words:
        _, _, alone = scored(tiny_bert, TEXT, [word])
        assert together[word].steps == pytest.approx(alone[word].steps, abs=1e-4)
        assert together[word].rank == alone[word].rank


def test_words_share_passes(tiny_bert) -> None:
    told = []
    before = tiny_bert.passes
    words = ["heron", "river", "lake", "herons", "heroner", "rivers"]
    scored(tiny_bert, TEXT, words, on_progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (4, 4), "one mask; two masks; after heron; after river"
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert tiny_bert.passes - before <= 4


def test_other_masks_stay_masks(tiny_bert) -> None:
    text = "The [MASK] waits near the [MASK] lake."
    for mask in (0, 1):
        tokens, table, rows = scored(tiny_bert, text, ["herons", "cold"], mask=mask)
        assert table.position == tokens.masks[mask]
        for word in ("herons", "cold"):
            expected = chain(tiny_bert, tokens, table.position, list(tiny_bert.pieces_of(word)))
            assert rows[word].steps == pytest.approx(expected, abs=1e-4)


def test_rows_are_ranked_and_unknown_words_said(tiny_bert) -> None:
    words = ["snow", "herons", "\u4eca", "river", "waited", "\u5929\u6c14"]
    _, table, rows = scored(tiny_bert, TEXT, words)
    assert [row.word for row in table.rows][-2:] == ["\u4eca", "\u5929\u6c14"]
    figures = [row.log_probability for row in table.rows[:-2]]
    assert figures == sorted(figures, reverse=True)
    for word in ("\u4eca", "\u5929\u6c14"):
        assert rows[word].log_probability is None
        assert rows[word].per_piece is None
        assert rows[word].rank is None
        assert rows[word].steps == ()
    assert any("\u4eca, \u5929\u6c14" in note for note in table.notes)


@pytest.mark.parametrize("word", ["", "  "])
def test_a_word_that_is_empty_is_refused(tiny_bert, word: str) -> None:
    with pytest.raises(
        InputError, match=r"^Word 2 of the list is empty\. Leave it out\.$"
    ) as caught:
        scored(tiny_bert, TEXT, ["lake", word])
    assert caught.value.field == "candidates"


@pytest.mark.parametrize("word", ["\0", "\u4eca" + "heron", "x" * 101])
def test_a_word_that_cannot_be_spelled_gets_no_score(tiny_bert, word: str) -> None:
    _, table, rows = scored(tiny_bert, TEXT, [word, "lake"])
    assert rows[word].log_probability is None
    assert rows["lake"].log_probability is not None
    assert "cannot spell" in table.notes[-1]
    assert len(table.notes[-1]) < 200, "a long word does not fill the page"


def test_different_numbers_of_pieces_are_pointed_out(tiny_bert) -> None:
    _, same, _ = scored(tiny_bert, TEXT, ["heron", "lake"])
    _, differ, _ = scored(tiny_bert, TEXT, ["heron", "lakes"])
    assert not any("number of pieces" in note for note in same.notes)
    assert any("number of pieces" in note for note in differ.notes)


def test_a_typed_mask_among_the_words_is_text(tiny_bert) -> None:
    _, _, rows = scored(tiny_bert, TEXT, ["[MASK]"])
    assert rows["[MASK]"].pieces[0] == "["


def test_a_duplicate_is_one_row(tiny_bert) -> None:
    _, table, _ = scored(tiny_bert, TEXT, ["lake", "snow", "lake"])
    assert sorted(row.word for row in table.rows) == ["lake", "snow"]


@pytest.mark.parametrize("mask", [-1, 1, 99])
def test_no_such_mask(tiny_bert, mask: int) -> None:
    with pytest.raises(InputError, match=f"mask number {mask + 1}") as refused:
        scored(tiny_bert, TEXT, ["lake"], mask=mask)
    assert refused.value.field == "mask"


@pytest.mark.parametrize("words", [[], [f"word{i}" for i in range(1001)]])
def test_too_few_and_too_many_words(tiny_bert, words) -> None:
    before = tiny_bert.passes
    with pytest.raises(InputError, match="1 to 1,000") as refused:
        scored(tiny_bert, TEXT, words)
    assert refused.value.field == "candidates"
    assert tiny_bert.passes == before


def test_a_thousand_words_are_scored(tiny_bert) -> None:
    words = [f"{a}{b}{c}" for a in "abcdefghij" for b in "klmnopqrst" for c in "uvwxyz0123"]
    _, table, _ = scored(tiny_bert, TEXT, words)
    assert len(table.rows) == 1000
    assert all(len(row.steps) == len(row.pieces) > 1 for row in table.rows)


def test_a_word_too_long_for_the_model(tiny_bert) -> None:
    text = "The [MASK] " + "lake " * 50
    scored(tiny_bert, text, ["lake" + "s" * 8])
    with pytest.raises(InputError, match="64") as refused:
        scored(tiny_bert, text, ["lake", "lake" + "s" * 30])
    assert refused.value.field == "candidates"


def test_half_a_surrogate_pair_is_no_word(tiny_bert) -> None:
    with pytest.raises(InputError, match="word 2 is half of a surrogate") as refused:
        scored(tiny_bert, TEXT, ["lake", "\ud800"])
    assert refused.value.field == "candidates"


@given(st.lists(st.text(st.characters(exclude_characters=","), min_size=1)))
def test_a_list_of_words_is_read_back(words: list[str]) -> None:
    lines = [part for word in words for part in word.splitlines()]
    expected = list(dict.fromkeys(part.strip() for part in lines if part.strip()))
    assert list(split_words(" , ".join(words))) == expected
    assert list(split_words("\r\n".join(words) + ",,\n")) == expected
