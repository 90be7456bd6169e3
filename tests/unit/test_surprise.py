"""Pseudo-log-likelihood in both published variants, by hand with the library's forward pass."""

import math

import pytest

from bert_core.analysis.surprise import surprise
from bert_core.errors import InputError, ModelError
from tests.unit import reference


def masked_out(encoder, tokens, positions, position: int) -> float:
    """Log-probability of the piece at ``position`` once ``positions`` are masked."""
    ids = [tokens.mask_id if i in positions else id_ for i, id_ in enumerate(tokens.ids)]
    segments = tokens.segments if encoder.checkpoint.family.has_segments else None
    logs = reference.log_probabilities(encoder.checkpoint.folder, ids, segments)
    return float(logs[position, tokens.ids[position]])


def by_hand(encoder, tokens) -> tuple[list[float], list[float]]:
    """Salazar et al. 2020, and Kauf & Ivanova 2023: the piece and all later ones of its word."""
    alone, within = [], []
    for position in tokens.content:
        if tokens.ids[position] == tokens.mask_id:
            continue
        later = {
            i
            for i, word in enumerate(tokens.words)
            if word == tokens.words[position] and i >= position
        }
        alone.append(masked_out(encoder, tokens, {position}, position))
        within.append(masked_out(encoder, tokens, later, position))
    return alone, within


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("The herons waited near the frozen lake.", None),
        ("Unbelievable!", None),
        ("She writes letters.", "The trains ran late."),
        ("The ___ waited near the [MASK] garden.", None),
    ],
)
def test_both_sums_by_hand(tiny_bert, text: str, pair: str | None) -> None:
    tokens = tiny_bert.tokenize(text, pair)
    alone, within = by_hand(tiny_bert, tokens)
    result = surprise(tiny_bert, tokens)
    assert [each.log_probability for each in result.pieces] == pytest.approx(alone, abs=1e-4)
    assert [each.within_word for each in result.pieces] == pytest.approx(within, abs=1e-4)
    assert result.pll == pytest.approx(sum(alone), abs=1e-3)
    assert result.pll_within_word == pytest.approx(sum(within), abs=1e-3)
    assert result.per_piece == pytest.approx(sum(alone) / len(alone), abs=1e-4)
    assert max(abs(a - w) for a, w in zip(alone, within, strict=True)) > 0.01, "they differ here"
    for each in result.pieces:
        assert each.bits == pytest.approx(-each.log_probability / math.log(2))


@pytest.mark.parametrize("name", ["distilbert", "roberta", "xlm-roberta"])
def test_other_families(encoder_of, name: str) -> None:
    encoder = encoder_of(name)
    tokens = encoder.tokenize("The herons waited.")
    alone, within = by_hand(encoder, tokens)
    result = surprise(encoder, tokens)
    assert result.pll == pytest.approx(sum(alone), abs=1e-3)
    assert result.pll_within_word == pytest.approx(sum(within), abs=1e-3)


def test_the_trained_model_by_hand(embedded) -> None:
    tokens = embedded.tokenize("The heron swallowed an unlucky salamander.")
    alone, within = by_hand(embedded, tokens)
    result = surprise(embedded, tokens)
    assert len(tokens.content) > 8, "some of the words have several pieces"
    assert result.pll == pytest.approx(sum(alone), abs=1e-3)
    assert result.pll_within_word == pytest.approx(sum(within), abs=1e-3)
    assert result.pll_within_word < result.pll, "the end of a word gives its beginning away"


def test_a_sentence_of_one_piece_words_has_one_sum(embedded) -> None:
    tokens = embedded.tokenize("The old man went to the river.")
    assert len(tokens.content) == 8
    before = embedded.passes
    result = surprise(embedded, tokens)
    assert result.pll == result.pll_within_word
    assert embedded.passes == before + 1, "eight copies are one batch"


def test_an_unlikely_word_surprises_more(embedded) -> None:
    def bits(text: str, word: str) -> float:
        found = surprise(embedded, embedded.tokenize(text))
        return next(each.bits for each in found.pieces if each.surface == word)

    assert bits("Paris is the capital of France.", "France") < bits(
        "Paris is the capital of Cheese.", "Cheese"
    )


def test_the_best_piece_and_the_rank(tiny_bert) -> None:
    tokens = tiny_bert.tokenize("The heron waits.")
    special = set(tiny_bert.tokenizer.vocabulary.pieces[:5])
    result = surprise(tiny_bert, tokens)
    for each in result.pieces:
        ids = [tokens.mask_id if i == each.position else id_ for i, id_ in enumerate(tokens.ids)]
        line = reference.log_probabilities(tiny_bert.checkpoint.folder, ids, tokens.segments)[
            each.position
        ]
        assert each.rank == int((line > line[tokens.ids[each.position]]).sum()) + 1
        pieces = tiny_bert.tokenizer.vocabulary.pieces
        shown = [i for i, piece in enumerate(pieces) if piece not in special]
        assert each.best.id == max(shown, key=lambda i: line[i])
        assert each.best.probability == pytest.approx(math.exp(line[each.best.id]), abs=1e-6)


def test_typed_masks_are_skipped_and_stay(tiny_bert) -> None:
    tokens = tiny_bert.tokenize("The ___ waits.")
    assert [each.surface for each in surprise(tiny_bert, tokens).pieces] == ["The", "waits", "."]


def test_progress_rises_to_the_total(tiny_bert) -> None:
    told: list[tuple[int, int]] = []
    tokens = tiny_bert.tokenize("The herons waited near a frozen lake. " * 3)
    surprise(tiny_bert, tokens, on_progress=lambda *now: told.append(now))
    done = [count for count, _ in told]
    assert len(done) > 1
    assert done == sorted(set(done))
    assert {total for _, total in told} == {done[-1]}


@pytest.mark.parametrize("text", ["[MASK]", "___ [MASK] <mask>"])
def test_nothing_but_masks(tiny_bert, text: str) -> None:
    with pytest.raises(InputError, match="Every piece is a mask") as refused:
        surprise(tiny_bert, tiny_bert.tokenize(text))
    assert refused.value.field == "text"


def test_a_checkpoint_without_the_head(encoder_of) -> None:
    encoder = encoder_of("bert-bare")
    with pytest.raises(ModelError, match="masked word"):
        surprise(encoder, encoder.tokenize("The heron waits."))
