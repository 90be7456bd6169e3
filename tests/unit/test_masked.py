"""Masked word, against the library's own forward pass on the same weights."""

import dataclasses
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.errors import InputError, ModelError
from bert_core.tasks.many import top_words
from bert_core.tasks.masked import fill, fill_trace, predict, trace_masks
from tests.unit import reference

PARIS = "Paris is the capital of [MASK]."
TWO = "The [MASK] waits near the [MASK]."


def direct(encoder, text: str, pair: str | None = None):
    """Log-probabilities and ids from text to softmax without any of our code."""
    folder = encoder.checkpoint.folder
    found = reference.library_tokenizer(folder)(*[each for each in (text, pair) if each])
    return reference.log_probabilities(
        folder, found["input_ids"], found.get("token_type_ids")
    ), found["input_ids"]


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        (PARIS, None),
        ("The man went to the [MASK].", "He bought a gallon of milk."),
        ("He said nothing.", "She [MASK] the [MASK] again."),
    ],
)
def test_probabilities_are_the_softmax_of_the_librarys_logits(embedded, text, pair) -> None:
    logs, ids = direct(embedded, text, pair)
    result = fill(embedded, text, pair, k=50, words_only=False)
    masks = [i for i, id_ in enumerate(ids) if id_ == embedded.tokenizer.mask_id]
    assert [mask.position for mask in result.masks] == masks
    assert result.tokens.ids == tuple(ids)
    for mask in result.masks:
        line = logs[mask.position]
        best = np.argsort(-line, kind="stable")[:50]
        assert [each.id for each in mask.candidates] == best.tolist()
        assert [each.rank for each in mask.candidates] == list(range(1, 51))
        for each in mask.candidates:
            assert each.probability == pytest.approx(math.exp(line[each.id]), abs=1e-6)
            assert each.log_odds == pytest.approx(line[each.id] - line.max(), abs=1e-4)
        entropy = -(np.exp(line) * line).sum() / math.log(2)
        assert mask.entropy == pytest.approx(entropy, abs=1e-4)
        assert mask.covered == pytest.approx(np.exp(line[best]).sum(), abs=1e-5)
        assert mask.covered == pytest.approx(sum(each.probability for each in mask.candidates))
        assert mask.covered <= 1.0


@pytest.mark.parametrize("name", ["distilbert", "roberta", "xlm-roberta", "bert-cased"])
def test_other_families_agree_with_the_library_too(encoder_of, name: str) -> None:
    encoder = encoder_of(name)
    tokens = encoder.tokenize("The old <mask> waits near the lake.")
    line = reference.log_probabilities_of(encoder, tokens)[tokens.masks[0]]
    (mask,) = fill(encoder, "The old <mask> waits near the lake.", k=7, words_only=False).masks
    for each in mask.candidates:
        assert each.probability == pytest.approx(math.exp(line[each.id]), abs=1e-6)
        assert each.rank == int((line > line[each.id]).sum()) + 1


def test_france_is_among_the_first_five(embedded) -> None:
    (mask,) = fill(embedded, PARIS, k=5).masks
    assert "france" in [each.word for each in mask.candidates]


@given(k=st.integers(1, 1000), words_only=st.booleans())
def test_the_listed_probabilities_never_exceed_one(tiny_bert, k: int, words_only: bool) -> None:
    for mask in fill(tiny_bert, TWO, k=k, words_only=words_only).masks:
        chances = [each.probability for each in mask.candidates]
        assert len(chances) <= k
        assert chances == sorted(chances, reverse=True)
        assert all(0 <= each <= 1 for each in chances)
        assert sum(chances) + mask.left_out <= 1 + 1e-9


def test_all_pieces_and_what_is_left_out_make_one(tiny_bert) -> None:
    for words_only in (True, False):
        (mask,) = fill(tiny_bert, "The [MASK] waits.", k=1000, words_only=words_only).masks
        assert mask.covered + mask.left_out == pytest.approx(1.0, abs=1e-9)


def test_the_filter_changes_no_figure(tiny_bert) -> None:
    every = fill(tiny_bert, TWO, k=1000, words_only=False)
    words = fill(tiny_bert, TWO, k=1000, words_only=True)
    for whole, part in zip(every.masks, words.masks, strict=True):
        kept = tuple(each for each in whole.candidates if not each.piece.startswith("##"))
        assert part.candidates == kept
        assert part.entropy == whole.entropy
        assert 0 < len(kept) < len(whole.candidates)


def test_special_pieces_are_never_shown(tiny_bert) -> None:
    special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
    vocabulary = set(tiny_bert.tokenizer.vocabulary.pieces)
    (mask,) = fill(tiny_bert, "The [MASK] waits.", k=1000, words_only=False).masks
    assert {each.piece for each in mask.candidates} == vocabulary - special


def test_a_mask_inside_a_word_shows_pieces_that_continue_it(tiny_bert) -> None:
    tokens = tiny_bert.tokenize("She waited.")
    inside = next(i for i, piece in enumerate(tokens.pieces) if piece.startswith("##"))
    result = fill(tiny_bert, "She waited.", masked=[inside - 1, inside], k=1000)
    first, second = result.masks
    assert not any(each.piece.startswith("##") for each in first.candidates)
    assert all(each.piece.startswith("##") for each in second.candidates)
    assert not any(each.whole_word for each in second.candidates)
    assert not any(each.word.startswith("##") for each in second.candidates)


def test_the_originals_rank_and_probability(embedded) -> None:
    text = "Paris is the capital of France."
    position = embedded.tokenize(text).pieces.index("france")
    (mask,) = fill(embedded, text, masked=[position], k=1).masks
    logs, _ = direct(embedded, PARIS)
    line = logs[position]
    id_ = embedded.tokenizer.vocabulary.pieces.index("france")
    assert mask.original is not None
    assert mask.original.word == "france"
    assert mask.original.rank == int((line > line[id_]).sum()) + 1
    assert mask.original.probability == pytest.approx(math.exp(line[id_]), abs=1e-6)


def test_a_typed_mask_has_no_original(tiny_bert) -> None:
    assert fill(tiny_bert, "The [MASK] waits.").masks[0].original is None


def test_a_click_is_the_same_as_typing_the_mask(embedded) -> None:
    clicked = fill(embedded, "Paris is the capital of France.", masked=[6])
    typed = fill(embedded, PARIS)
    assert clicked.tokens.ids == typed.tokens.ids
    assert clicked.masks[0].candidates == typed.masks[0].candidates
    assert clicked.masks[0].entropy == typed.masks[0].entropy
    assert [each.text for each in clicked.sentences] == [each.text for each in typed.sentences]


@pytest.mark.parametrize("spelling", ["[MASK]", "[mask]", "<mask>", "___", "________"])
def test_every_spelling_of_a_mask(tiny_bert, spelling: str) -> None:
    usual = fill(tiny_bert, "The [MASK] waits.")
    other = fill(tiny_bert, f"The {spelling} waits.")
    assert other.masks == usual.masks
    assert other.sentences == usual.sentences


def test_typed_and_clicked_masks_stand_together(tiny_bert) -> None:
    result = fill(tiny_bert, "The [MASK] waits near the lake.", masked=[6, 6, 2])
    assert [mask.position for mask in result.masks] == [2, 6]
    assert [mask.original and mask.original.word for mask in result.masks] == [None, "lake"]


def test_changing_what_is_shown_makes_no_further_pass(tiny_bert) -> None:
    before = tiny_bert.passes
    trace = trace_masks(tiny_bert, tiny_bert.tokenize(TWO))
    assert tiny_bert.passes == before + 1
    for k in (1, 5, 100):
        for words_only in (True, False):
            for width in (1, 10):
                fill_trace(tiny_bert, trace, k=k, width=width, words_only=words_only)
            predict(trace, tiny_bert.tokenizer.vocabulary, k=k, words_only=words_only)
    assert tiny_bert.passes == before + 1
    fill_trace(tiny_bert, trace, strategy="beam")
    assert tiny_bert.passes == before + 3, "one batch for each of two masks"


@pytest.mark.parametrize("strategy", ["left-to-right", "confident-first", "beam"])
def test_one_mask_needs_one_pass_whatever_the_strategy(tiny_bert, strategy) -> None:
    before = tiny_bert.passes
    result = fill(tiny_bert, "The [MASK] waits.", strategy=strategy)
    assert tiny_bert.passes == before + 1
    assert result.strategy == strategy
    assert [each.ids[0] for each in result.sentences] == [
        each.id for each in result.masks[0].candidates[:5]
    ]


def test_a_result_cannot_be_changed_and_survives_a_pickle(tiny_bert) -> None:
    result = fill(tiny_bert, TWO, "It is cold.", strategy="beam")
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.model = "another"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.masks[0].candidates[0].rank = 2  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own bytes of the line above
    for field in dataclasses.fields(result):
        assert getattr(again, field.name) == getattr(result, field.name)


@pytest.mark.parametrize("k", [0, -1, 1001, 2.5, "5", None, math.nan, [3]])
def test_k_out_of_range_or_no_whole_number(tiny_bert, k) -> None:
    with pytest.raises(InputError, match="whole number from 1 to 1,000") as refused:
        fill(tiny_bert, TWO, k=k)
    assert refused.value.field == "k"


def test_numpys_whole_numbers_are_whole_numbers(tiny_bert) -> None:
    assert len(fill(tiny_bert, TWO, k=np.int64(3)).masks[0].candidates) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [0, 11, 1.5, "2", None])
@pytest.mark.parametrize("strategy", ["independent", "beam"])
def test_width_out_of_range(tiny_bert, width, strategy) -> None:
    with pytest.raises(InputError, match="width") as refused:
        fill(tiny_bert, TWO, width=width, strategy=strategy)
    assert refused.value.field == "width"


@pytest.mark.parametrize("strategy", ["best", "", None, 3, ["beam"]])
def test_an_unknown_strategy_is_named(tiny_bert, strategy) -> None:
    with pytest.raises(InputError, match="confident-first") as refused:
        fill(tiny_bert, TWO, strategy=strategy)
    assert refused.value.field == "strategy"


def test_nothing_masked(tiny_bert) -> None:
    with pytest.raises(InputError, match="Nothing is masked") as refused:
        fill(tiny_bert, "The heron waits, [MASKED] or __ not.")
    assert refused.value.field == "text"


@pytest.mark.parametrize("position", [0, 5, -1, 99])
def test_a_mask_over_no_piece(tiny_bert, position: int) -> None:
    assert len(tiny_bert.tokenize("The heron waits.")) == 6
    with pytest.raises(InputError, match="no piece of the text") as refused:
        fill(tiny_bert, "The heron waits.", masked=[position])
    assert refused.value.field == "masked"


@pytest.mark.parametrize("strategy", ["left-to-right", "confident-first", "beam"])
def test_too_many_masks_to_fill_one_after_another(tiny_bert, strategy) -> None:
    text = "the ___ waits " * 11
    with pytest.raises(InputError, match="11 masks") as refused:
        fill(tiny_bert, text, strategy=strategy)
    assert refused.value.field == "text"
    assert len(fill(tiny_bert, text).sentences) == 5, "each on its own goes"


def test_a_checkpoint_without_the_head_is_refused(encoder_of) -> None:
    with pytest.raises(ModelError, match="no masked word head"):
        fill(encoder_of("bert-next_sentence"), TWO)


def test_a_trace_without_logits_is_refused(tiny_bert) -> None:
    trace = tiny_bert.trace(tiny_bert.tokenize(TWO))
    with pytest.raises(InputError, match="trace_masks"):
        predict(trace, tiny_bert.tokenizer.vocabulary)


def test_weights_that_are_no_numbers_end_in_a_sentence(own_copy) -> None:
    from safetensors.numpy import load_file, save_file

    from bert_core.analysis.surprise import surprise
    from bert_core.model.choice import ModelChoice
    from bert_core.model.loading import load
    from bert_core.tasks.candidates import score_candidates

    folder = own_copy("bert-pretraining")
    weights = load_file(folder / "model.safetensors")
    weights["cls.predictions.bias"][40] = np.nan
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    encoder = load(ModelChoice(source=str(folder)))
    for ask in (
        lambda: fill(encoder, TWO),
        lambda: top_words(encoder, [TWO]),
        lambda: surprise(encoder, encoder.tokenize("the heron")),
        lambda: score_candidates(encoder, encoder.tokenize(TWO), ["lake"]),
    ):
        with pytest.raises(InputError, match="no numbers"):
            ask()
