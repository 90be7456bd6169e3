"""Next sentence: the library's own numbers, both orders, many pairs, and a paragraph's order."""

from itertools import pairwise

import numpy as np
import pytest
import torch
import transformers

import bert_core
from bert_core import InputError, ModelError
from bert_core.data.sentences import split_sentences
from bert_core.examples import examples
from bert_core.settings import EMBEDDED_MODEL
from bert_core.tasks import next_pairs
from bert_core.tasks.next_pairs import rank_candidates, score_blocks, score_pairs
from bert_core.tasks.next_sentence import MEANING, NextScore, next_sentence
from bert_core.tasks.paragraph import matrix, paragraph, shuffled_orders

STORE = "the man went to the store ."
MILK, PENGUINS = "he bought a gallon of milk .", "penguins are flightless ."
PAIRS = [
    (STORE, MILK),
    (STORE, PENGUINS),
    ("The museum opened its new wing in spring.", "Visitors queued for hours."),
    ("Salt.", "At half past nine, from the north pier, as on every Sunday in summer, they left."),
    ("Zoë's naïve café", "日本 and Ünï-cödé; 3.5 %"),
]
SENTENCES = (
    "The heron waits near the lake.",
    "It is cold in winter.",
    "Our bakery opens late.",
    "The bread is warm.",
)


def figures(score: NextScore) -> list[float]:
    return [score.logit_is_next, score.logit_not_next, score.p_is_next, score.p_not_next]


@pytest.fixture(scope="module")
def library():
    """The library's own model and tokenizer on the embedded weights, a pair at a time."""
    model = transformers.BertForPreTraining.from_pretrained(EMBEDDED_MODEL, dtype=torch.float32)
    model.eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(EMBEDDED_MODEL)

    def logits(text: str, pair: str) -> np.ndarray:
        with torch.inference_mode():
            inputs = tokenizer(text, pair, return_tensors="pt")
            found: np.ndarray = model(**inputs).seq_relationship_logits[0].numpy()
        return found

    return logits


@pytest.mark.parametrize(("text", "pair"), PAIRS)
def test_a_pair_has_the_librarys_numbers_in_both_orders(embedded, library, text, pair) -> None:
    result = next_sentence(embedded, text, pair)
    for score, logits in (
        (result.score, library(text, pair)),
        (result.swapped, library(pair, text)),
    ):
        expected = [*logits, *np.exp(logits) / np.exp(logits).sum()]
        assert figures(score) == pytest.approx(expected, abs=1e-5)
        assert score.answer == ("is-next" if logits[0] >= logits[1] else "not-next")
    assert result.notes[0] == MEANING
    middle = result.tokens.pieces.index("[SEP]") + 1
    assert result.tokens.segments == (0,) * middle + (1,) * (len(result.tokens) - middle)


def test_many_pairs_have_the_librarys_numbers_in_their_order(embedded, library) -> None:
    told: list[tuple[int, int]] = []
    scores = score_pairs(embedded, PAIRS, on_progress=lambda *done: told.append(done))
    assert len(scores) == len(PAIRS)
    for (text, pair), score in zip(PAIRS, scores, strict=True):
        assert figures(score)[:2] == pytest.approx(list(library(text, pair)), abs=1e-5)
    assert told[-1] == (len(PAIRS), len(PAIRS))


def test_a_head_of_its_own_is_read_as_the_library_reads_it(encoder_of, folder_of) -> None:
    folder = folder_of("bert-next_sentence")
    model = transformers.BertForNextSentencePrediction.from_pretrained(folder).eval()
    tokenizer = transformers.BertTokenizer.from_pretrained(folder)
    result = next_sentence(encoder_of("bert-next_sentence"), SENTENCES[0], SENTENCES[1])
    with torch.inference_mode():
        logits = model(**tokenizer(*SENTENCES[:2], return_tensors="pt")).logits[0].tolist()
    assert figures(result.score)[:2] == pytest.approx(logits, abs=1e-5)


def test_the_example_of_berts_readme_comes_out_in_the_right_order(embedded) -> None:
    milk, penguins = score_pairs(embedded, [(STORE, MILK), (STORE, PENGUINS)])
    assert milk.answer == "is-next"
    assert milk.p_is_next - penguins.p_is_next >= 0.3


def test_ready_examples_say_what_their_names_say(embedded) -> None:
    ready = examples("next_sentence")
    scores = score_pairs(embedded, [(each.text, each.pair) for each in ready.values()])
    answers = {name: score.answer == "is-next" for name, score in zip(ready, scores, strict=True)}
    assert len(answers) >= 5
    assert answers["It follows"]
    assert answers["Longer texts"]
    assert not answers["Another topic"]
    assert not answers["Longer, another topic"]


def test_a_short_pair_is_said_to_be_short(embedded) -> None:
    short = next_sentence(embedded, STORE, MILK)
    assert "short" in short.notes[-1]
    long = next_sentence(embedded, " ".join([STORE] * 4), " ".join([MILK] * 4))
    assert not any("short" in note for note in long.notes)


@pytest.mark.parametrize(
    ("text", "pair", "field", "words"),
    [
        ("", "b", "text", "The text is empty"),
        ("a", " \n", "pair", "The second text is empty"),
        ("\u200b", "b", "text", "The first text has no character"),
        ("a", "\u200b", "pair", "The second text has no character"),
        ("a " * 40, "b " * 40, "text", "83 word pieces, special ones included; the model reads 64"),
        ("a \ud800", "b", "text", "surrogate"),
    ],
)
def test_bad_pairs_are_refused_in_a_sentence(tiny_bert, text, pair, field, words) -> None:
    with pytest.raises(InputError, match=words) as caught:
        next_sentence(tiny_bert, text, pair)
    assert caught.value.field == field
    (score,) = next(score_blocks(tiny_bert, [(text, pair)]))
    assert isinstance(score, str)
    assert score.endswith(".")
    with pytest.raises(InputError, match=r"^Row 2: "):
        score_pairs(tiny_bert, [("a", "b"), (text, pair)])


@pytest.mark.parametrize("name", ["bert-masked", "distilbert", "roberta"])
def test_a_checkpoint_without_the_head_is_refused_by_name(encoder_of, name) -> None:
    encoder = encoder_of(name)
    for ask in (
        lambda: next_sentence(encoder, "a", "b"),
        lambda: score_pairs(encoder, [("a", "b")]),
        lambda: rank_candidates(encoder, "a", ["b"]),
        lambda: paragraph(encoder, SENTENCES),
    ):
        with pytest.raises(ModelError, match=f"{encoder.checkpoint.source} has no next sentence"):
            ask()


def test_bad_rows_keep_their_place_among_blocks(tiny_bert, monkeypatch) -> None:
    monkeypatch.setattr(next_pairs, "BLOCK", 2)
    pairs = [("a", "b"), ("", "b"), ("c", " "), ("", ""), (SENTENCES[0], SENTENCES[1])]
    told: list[tuple[int, int]] = []
    blocks = list(score_blocks(tiny_bert, pairs, on_progress=lambda *done: told.append(done)))
    assert [len(block) for block in blocks] == [2, 2, 1]
    found = [each for block in blocks for each in block]
    assert [isinstance(each, str) for each in found] == [False, True, True, True, False]
    alone = next_sentence(tiny_bert, *pairs[-1]).score
    assert figures(found[-1]) == pytest.approx(figures(alone), abs=1e-5)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (5, 5)


def test_candidates_come_likeliest_first(tiny_bert) -> None:
    result = rank_candidates(tiny_bert, SENTENCES[0], SENTENCES[1:])
    scores = score_pairs(tiny_bert, [(SENTENCES[0], each) for each in SENTENCES[1:]])
    assert sorted(each.index for each in result.ranked) == [0, 1, 2]
    chances = [each.score.p_is_next for each in result.ranked]
    assert chances == sorted(chances, reverse=True)
    for each in result.ranked:
        assert each.text == SENTENCES[1 + each.index]
        assert each.score == scores[each.index]


@pytest.mark.parametrize(
    ("text", "candidates", "words"),
    [
        ("a", [], "There are 0 candidates"),
        ("a", ["b"] * 1001, "There are 1,001 candidates"),
        ("a", ["b", " "], "Candidate 2: The second text is empty"),
        (" ", ["b"], "The text is empty"),
    ],
)
def test_bad_candidates_are_named(tiny_bert, text, candidates, words) -> None:
    with pytest.raises(InputError, match=words):
        rank_candidates(tiny_bert, text, candidates)


def test_a_paragraph_is_all_ordered_pairs_and_fair_controls(tiny_bert) -> None:
    result = paragraph(tiny_bert, SENTENCES, seed=3)
    places = [(each.first, each.second) for each in result.pairs]
    assert places == [(i, j) for i in range(4) for j in range(4) if i != j]
    texts = [(SENTENCES[i], SENTENCES[j]) for i, j in places]
    scores = score_pairs(tiny_bert, texts)
    for each, score in zip(result.pairs, scores, strict=True):
        assert figures(each.score) == pytest.approx(figures(score), abs=1e-5)
    grid = matrix(result.pairs, 4)
    assert np.isnan(np.diagonal(grid)).all()
    true = [grid[i, i + 1] for i in range(3)]
    others = [grid[i, j] for i, j in places if j != i + 1]
    assert result.consecutive == pytest.approx(np.mean(true))
    assert result.auc == pytest.approx(np.mean([t > o for t in true for o in others]))
    assert result.best == sum(int(np.nanargmax(grid[i])) == i + 1 for i in range(3))
    means = [np.mean([grid[a, b] for a, b in pairwise(order)]) for order in shuffled_orders(4, 3)]
    assert result.shuffled == pytest.approx(np.mean(means))
    assert result.as_good == sum(mean >= result.consecutive for mean in means)
    assert paragraph(tiny_bert, SENTENCES, seed=3) == result


@pytest.mark.parametrize("count", [3, 4, 40])
def test_shuffled_orders_have_no_true_neighbours(count: int) -> None:
    orders = shuffled_orders(count, 0)
    assert orders.shape == (1000, count)
    assert (np.sort(orders, axis=1) == np.arange(count)).all()
    assert (np.diff(orders, axis=1) != 1).all()
    assert (shuffled_orders(count, 0) == orders).all()
    assert (shuffled_orders(count, 1) != orders).any()


def test_a_change_of_topic_shows_in_a_paragraph(embedded) -> None:
    (ready,) = examples("paragraph").values()
    result = paragraph(embedded, split_sentences(ready.text))
    assert len(result.sentences) == 6
    assert result.consecutive - result.shuffled > 0.1
    assert result.auc > 0.6


@pytest.mark.parametrize(
    ("sentences", "words"),
    [
        (SENTENCES[:2], "2 sentences; 3 to 40 are expected"),
        (["a"], "1 sentence; 3 to 40"),
        (["a"] * 41, "41 sentences"),
        (["a", "b", "\u200b"], "Sentence 3 has no character"),
        (["a", " ", "b"], "Sentence 2: The text is empty"),
        (["a", "b " * 40, "c " * 40], "Sentences 2 and 3: The pair has 83 word pieces"),
    ],
)
def test_bad_paragraphs_are_refused_in_a_sentence(tiny_bert, sentences, words) -> None:
    with pytest.raises(InputError, match=words):
        paragraph(tiny_bert, sentences)


def test_the_package_offers_both() -> None:
    assert bert_core.next_sentence is next_sentence
    assert bert_core.score_pairs is score_pairs
