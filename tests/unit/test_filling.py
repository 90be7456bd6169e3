"""Several masks at once, against filling by hand with the library's own forward pass."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.tasks.filling import fill_all, independent, render
from bert_core.tasks.masked import fill, trace_masks
from tests import tiny
from tests.unit import reference

TEXT = "The [MASK] near the [MASK] is [MASK]."
LETTERS = ("a", "b", "c", "d", "##a", "##b")


@pytest.fixture(scope="module")
def small(models):
    """A BERT of four words and two parts of words: every combination can be tried."""
    import transformers

    folder = models / "six-pieces"
    pieces = [*tiny.SPECIAL, *LETTERS]
    shape = transformers.BertConfig(
        **tiny.SIZES, vocab_size=len(pieces), max_position_embeddings=64, initializer_range=0.6
    )
    tiny._save(transformers.BertForMaskedLM, shape, folder, seed=7)
    tiny.write_vocabulary(folder, pieces, lower=True)
    return load(ModelChoice(source=str(folder)))


def choices(encoder, words_only: bool) -> list[int]:
    """Ids that may be put in at a mask that stands for a word."""
    pieces = encoder.tokenizer.vocabulary.pieces
    return [
        i
        for i, piece in enumerate(pieces)
        if piece not in tiny.SPECIAL and not (words_only and piece.startswith("##"))
    ]


def log_at(encoder, tokens, filled: dict[int, int], position: int) -> np.ndarray:
    """Log-probabilities at a mask once other masks are filled, from the library."""
    ids = [filled.get(place, id_) for place, id_ in enumerate(tokens.ids)]
    return reference.log_probabilities(encoder.checkpoint.folder, ids, tokens.segments)[position]


def chained(encoder, tokens, order, ids) -> float:
    """Score of a filling in a given order of its positions, step by step."""
    filled: dict[int, int] = {}
    total = 0.0
    for position, id_ in zip(order, ids, strict=True):
        total += log_at(encoder, tokens, filled, position)[id_]
        filled[position] = id_
    return total


@pytest.mark.parametrize("words_only", [True, False])
def test_independent_is_the_best_of_all_combinations(small, words_only: bool) -> None:
    tokens = small.tokenize("a [MASK] b [MASK] [MASK].")
    logs = reference.log_probabilities_of(small, tokens)
    ids = choices(small, words_only)
    every = sorted(
        itertools.product(ids, repeat=3),
        key=lambda picks: -sum(logs[p][i] for p, i in zip(tokens.masks, picks, strict=True)),
    )
    found = independent(
        trace_masks(small, tokens), small.tokenizer.vocabulary, width=10, words_only=words_only
    )
    assert [each.ids for each in found] == every[:10]
    for each in found:
        steps = [logs[p][i] for p, i in zip(tokens.masks, each.ids, strict=True)]
        assert each.log_score == pytest.approx(sum(steps), abs=1e-4)
        assert each.probabilities == pytest.approx([math.exp(x) for x in steps], abs=1e-6)


def test_independent_gives_no_more_than_there_are(small) -> None:
    found = fill(small, "a [MASK].", width=10).sentences
    assert len(found) == 4
    assert sorted(each.text for each in found) == ["a a.", "a b.", "a c.", "a d."]


def test_a_wide_beam_is_the_exhaustive_search(small) -> None:
    tokens = small.tokenize("b [MASK] a [MASK].")
    first, second = tokens.masks
    every = {
        picks: chained(small, tokens, (first, second), picks)
        for picks in itertools.product(choices(small, True), repeat=2)
    }
    best = sorted(every, key=lambda picks: -every[picks])
    found = fill_all(small, tokens, "beam", width=10, words_only=True)
    assert [each.ids for each in found] == best[:10]
    for each in found:
        assert each.log_score == pytest.approx(every[each.ids], abs=1e-4)


@given(width=st.integers(1, 10), masks=st.integers(2, 4), words_only=st.booleans())
def test_a_beam_is_kept_step_by_step(small, width: int, masks: int, words_only: bool) -> None:
    tokens = small.tokenize("a" + " [MASK] c" * masks)
    held: list[tuple[float, dict[int, int]]] = [(0.0, {})]
    for position in tokens.masks:
        grown = []
        for score, filled in held:
            logs = log_at(small, tokens, filled, position)
            grown += [
                (score + logs[i], {**filled, position: i}) for i in choices(small, words_only)
            ]
        held = sorted(grown, key=lambda each: -each[0])[:width]
    found = fill_all(small, tokens, "beam", width=width, words_only=words_only)
    assert [each.ids for each in found] == [tuple(filled.values()) for _, filled in held]
    scores = [score for score, _ in held]
    assert [each.log_score for each in found] == pytest.approx(scores, abs=1e-4)


def test_left_to_right_alone_is_greedy(tiny_bert) -> None:
    tokens = tiny_bert.tokenize(TEXT)
    filled: dict[int, int] = {}
    steps = []
    for position in tokens.masks:
        logs = log_at(tiny_bert, tokens, filled, position)
        filled[position] = max(choices(tiny_bert, True), key=lambda i: logs[i])
        steps.append(logs[filled[position]])
    (found,) = fill_all(tiny_bert, tokens, "left-to-right", width=1, words_only=True)
    assert found.ids == tuple(filled.values())
    assert found.log_score == pytest.approx(sum(steps), abs=1e-4)
    assert found.probabilities == pytest.approx([math.exp(x) for x in steps], abs=1e-6)


def test_left_to_right_follows_the_best_first_words(tiny_bert) -> None:
    tokens = tiny_bert.tokenize(TEXT)
    logs = log_at(tiny_bert, tokens, {}, tokens.masks[0])
    best = sorted(choices(tiny_bert, True), key=lambda i: -logs[i])[:4]
    found = fill_all(tiny_bert, tokens, "left-to-right", width=4, words_only=True)
    assert {each.ids[0] for each in found} == set(best)
    for each in found:
        score = chained(tiny_bert, tokens, tokens.masks, each.ids)
        assert each.log_score == pytest.approx(score, abs=1e-4)
    scores = [each.log_score for each in found]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("words_only", [True, False])
@pytest.mark.parametrize(
    "text", [TEXT, "[MASK] [MASK] waits [MASK]", "a ___ of ___ and ___ by ___", "___ ___"]
)
def test_confident_first_fills_the_surest_mask_first(tiny_bert, text, words_only: bool) -> None:
    tokens = tiny_bert.tokenize(text)
    may = choices(tiny_bert, words_only)
    filled: dict[int, int] = {}
    score = 0.0
    while left := [position for position in tokens.masks if position not in filled]:
        logs = {p: log_at(tiny_bert, tokens, filled, p) for p in left}
        position = max(left, key=lambda p: max(logs[p][i] for i in may))
        filled[position] = max(may, key=lambda i: logs[position][i])
        score += logs[position][filled[position]]
    (found,) = fill_all(tiny_bert, tokens, "confident-first", width=1, words_only=words_only)
    assert found.ids == tuple(filled[position] for position in tokens.masks)
    assert found.log_score == pytest.approx(score, abs=1e-4)


def test_the_order_of_filling_matters(tiny_bert) -> None:
    """The tests above would prove little if every strategy gave the same scores."""
    tokens = tiny_bert.tokenize(TEXT)
    scores = {
        strategy: round(
            fill_all(tiny_bert, tokens, strategy, width=1, words_only=True)[0].log_score, 3
        )
        for strategy in ("left-to-right", "confident-first")
    }
    alone = fill(tiny_bert, TEXT, width=1).sentences[0].log_score
    assert len({*scores.values(), round(alone, 3)}) == 3


@pytest.mark.parametrize("strategy", ["independent", "left-to-right", "confident-first", "beam"])
def test_sentences_are_ranked_and_complete(tiny_bert, strategy) -> None:
    result = fill(tiny_bert, TEXT, "[MASK] it is cold.", strategy=strategy, width=6)
    scores = [each.log_score for each in result.sentences]
    assert len(scores) == 6
    assert scores == sorted(scores, reverse=True)
    assert len({each.ids for each in result.sentences}) == 6
    for each in result.sentences:
        assert "[MASK]" not in each.text
        assert len(each.words) == len(each.ids) == len(each.probabilities) == 4
        assert each.log_score == pytest.approx(sum(map(math.log, each.probabilities)), abs=1e-6)
        first, near, cold, then = each.words
        assert each.text == f"The {first} near the {near} is {cold}. {then} it is cold."


def rendered(encoder, text: str, pair: str | None, *pieces: str) -> str:
    tokens = encoder.tokenize(text, pair)
    vocabulary = encoder.tokenizer.vocabulary
    ids = [vocabulary.pieces.index(piece) for piece in pieces]
    return render(tokens, vocabulary, dict(zip(tokens.masks, ids, strict=True)))


@pytest.mark.parametrize(
    ("text", "pair", "pieces", "expected"),
    [
        ("The [MASK] waits.", None, ("heron",), "The heron waits."),
        ("[MASK] waits", None, ("heron",), "heron waits"),
        ("It is [MASK]", None, ("cold",), "It is cold"),
        ("___", None, ("cold",), "cold"),
        ("  the   ___ \n waits  ", None, ("heron",), "  the   heron \n waits  "),
        ("It wait [MASK].", None, ("##ed",), "It waited."),
        ("[MASK] [MASK] waits", None, ("river", "##s"), "rivers waits"),
        ("([MASK] )", None, ("##s",), "(s )"),
        ("The ___", "is ___.", ("lake", "cold"), "The lake is cold."),
        ("cold", "___ ___", ("lake", "##s"), "cold lakes"),
        ("He [MASK] [SEP] <b>", None, ("waits",), "He waits [SEP] <b>"),
        ("\u05d0\u05d1 ___ \u05d2", None, ("lake",), "\u05d0\u05d1 lake \u05d2"),
    ],
)
def test_a_sentence_is_as_typed_but_for_its_masks(tiny_bert, text, pair, pieces, expected) -> None:
    assert rendered(tiny_bert, text, pair, *pieces) == expected


def test_a_mask_over_a_part_of_a_word_joins_the_word(tiny_bert) -> None:
    tokens = tiny_bert.tokenize("She waited late.")
    inside = next(i for i, piece in enumerate(tokens.pieces) if piece.startswith("##"))
    before = "".join(p.removeprefix("##") for p in tokens.pieces[2:inside])
    assert "waited".startswith(before)
    rest = len(tokens.surface(inside))
    masked = tokens.masked([inside])
    vocabulary = tiny_bert.tokenizer.vocabulary
    got = render(masked, vocabulary, {inside: vocabulary.pieces.index("##ing")})
    assert got == f"She {before}ing{'waited'[len(before) + rest :]} late."


def test_byte_level_pieces_stand_apart_only_where_they_say_so(tiny_roberta) -> None:
    vocabulary = tiny_roberta.tokenizer.vocabulary
    tokens = tiny_roberta.tokenize("The river <mask>")
    word = next(i for i, piece in enumerate(vocabulary.pieces) if piece.startswith("Ġ"))
    stop = vocabulary.pieces.index(".")
    (mask,) = tokens.masks
    spelled = vocabulary.words[word]
    assert render(tokens, vocabulary, {mask: word}) == f"The river {spelled}"
    assert render(tokens, vocabulary, {mask: stop}) == "The river."
