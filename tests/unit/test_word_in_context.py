"""A word in many sentences: found as the tokenizer sees it, with the library's own states."""

import json

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from bert_core.analysis.directions import visibility
from bert_core.analysis.embeddings.occurrences import find_word
from bert_core.analysis.embeddings.readings import read_five_ways
from bert_core.analysis.embeddings.sentences import (
    Sentence,
    as_sentences,
    parse_lines,
    read_table,
    ready_sets,
    write_lines,
)
from bert_core.analysis.embeddings.vectors import OTHERS, word_in_context
from bert_core.errors import InputError
from bert_core.model.hidden import input_states, pooled_states

FAMILIES = ("bert-pretraining", "distilbert", "roberta", "xlm-roberta")
LINES = [
    "The heron waits near the cold lake.",
    "A heron reads slow letters.",
    "Our old town has a bakery; near the heron it is cold.",
    "She writes to the heron every morning in winter, and the train is late.",
]


def library_states(encoder, text: str) -> np.ndarray:
    """Hidden states of a text straight from transformers, shape (L + 1, T, H)."""
    transformers.utils.logging.set_verbosity_error()
    folder = encoder.checkpoint.folder
    model = transformers.AutoModel.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True
    ).eval()
    ids = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)(
        text, return_tensors="pt"
    )
    with torch.inference_mode():
        return torch.cat(model(**ids, output_hidden_states=True).hidden_states).numpy()


def lines_left_out(trace) -> list[int]:
    return [each.line for each in trace.left_out]


# ---- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("pooling", ["mean", "first", "last"])
@pytest.mark.parametrize("name", FAMILIES)
def test_the_vectors_are_the_librarys(encoder_of, name: str, pooling: str) -> None:
    encoder = encoder_of(name)
    word = "letters" if name == "bert-pretraining" else "heron"
    lines = [line.replace("heron", word) for line in LINES]
    trace = word_in_context(encoder, lines, word, pooling=pooling)
    assert trace.vectors.shape[0] == encoder.checkpoint.layers + 1
    take = {
        "mean": lambda s: s.mean(axis=1),
        "first": lambda s: s[:, 0],
        "last": lambda s: s[:, -1],
    }
    for index, (line, found) in enumerate(zip(lines, trace.occurrences, strict=True)):
        expected = take[pooling](library_states(encoder, line)[:, list(found.positions)])
        assert np.abs(trace.vectors[:, index] - expected).max() <= 1e-5
        assert line[found.start : found.end] == word


def test_a_word_of_several_pieces_is_pooled(tiny_bert) -> None:
    lines = ["the waited snow", "it waited", "waited a town"]
    mean, first, last = (
        word_in_context(tiny_bert, lines, "waited", pooling=pooling)
        for pooling in ("mean", "first", "last")
    )
    assert all(len(each.positions) > 1 for each in mean.occurrences)
    assert "several pieces" in mean.notes[0]
    for index, each in enumerate(mean.occurrences):
        states = library_states(tiny_bert, lines[index])[:, list(each.positions)]
        for trace, expected in ((mean, states.mean(axis=1)), (first, states[:, 0]),
                                (last, states[:, -1])):  # fmt: skip
            assert np.abs(trace.vectors[:, index] - expected).max() <= 1e-5


def test_the_embedded_models_states_are_the_librarys(embedded) -> None:
    sentences = ready_sets()["bank"].sentences
    trace = word_in_context(embedded, sentences, "bank")
    for index in (0, 7, 15, 23):
        states = library_states(embedded, sentences[index].text)
        (position,) = trace.occurrences[index].positions
        assert np.abs(trace.vectors[:, index] - states[:, position]).max() <= 1e-5
        word = next(n for n, each in enumerate(trace.words) if each.sentence == index)
        pieces = list(trace.words[word].positions)
        assert np.abs(trace.others[:, word] - states[:, pieces].mean(axis=1)).max() <= 1e-5


@pytest.mark.parametrize("side", ["left", "right", None])
def test_batches_change_no_state(encoder_of, side) -> None:
    encoder = encoder_of("bert-pretraining")
    inputs = [encoder.tokenize(line) for line in (*LINES, LINES[0].replace("cold", "warm"))]
    groups = [[(1, 2), (len(tokens) - 2,)] for tokens in inputs]
    told = []
    states = pooled_states(
        encoder, inputs, groups,
        visible=None if side is None else lambda tokens: visibility(tokens, side),
        on_progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    for index, tokens in enumerate(inputs):
        seen = None if side is None else visibility(tokens, side)
        alone = encoder.trace(tokens, hidden=True, visible=seen).hidden
        expected = np.stack([alone[:, 1:3].mean(axis=1), alone[:, -2]], axis=1)
        assert np.abs(states[:, 2 * index : 2 * index + 2] - expected).max() <= 1e-5
    assert told[-1] == (5, 5)


def test_one_side_never_hears_of_the_other(tiny_bert) -> None:
    first = ["the old heron waits near the lake", "a slow heron reads every letter"]
    ahead = ["the old heron goes by our town", "a slow heron opens her window"]
    before = ["our warm heron waits near the lake", "it is heron reads every letter"]
    states = [
        {each.reading: each.vectors for each in read_five_ways(tiny_bert, trace)}
        for trace in (
            word_in_context(tiny_bert, lines, "heron") for lines in (first, ahead, before)
        )
    ]
    usual, other_right, other_left = states
    assert np.abs(usual["left"] - other_right["left"]).max() <= 1e-6
    assert np.abs(usual["left"] - other_left["left"])[1:].max() > 1e-2
    assert np.abs(usual["right"] - other_left["right"]).max() <= 1e-6
    assert np.abs(usual["right"] - other_right["right"])[1:].max() > 1e-2
    for other in (other_right, other_left):
        assert np.array_equal(usual["table"], other["table"])
        assert np.abs(usual["deep"] - other["deep"])[1:].max() > 1e-2
    assert np.array_equal(usual["table"][0, 0], usual["table"][0, 1])
    both = np.concatenate([usual["left"], usual["right"]], axis=-1)
    assert np.array_equal(usual["shallow"], both)


def test_the_table_is_the_checkpoints(tiny_bert) -> None:
    tokens = tiny_bert.tokenize("the heron")
    rows = input_states(tiny_bert, [tokens], [[(1,), (2,), (1, 2)]])
    model = transformers.AutoModel.from_pretrained(
        tiny_bert.checkpoint.folder, dtype=torch.float32, local_files_only=True
    )
    table = model.embeddings.word_embeddings.weight.detach().numpy()
    expected = table[list(tokens.ids[1:3])]
    assert np.array_equal(rows[:2], expected)
    assert np.allclose(rows[2], expected.mean(axis=0))


def test_other_words_are_none_of_the_word_and_chosen_by_seed(embedded) -> None:
    sentences = ready_sets()["spring"].sentences
    first, again, other = (
        word_in_context(embedded, sentences, "spring", seed=seed) for seed in (0, 0, 1)
    )
    assert first.words == again.words
    assert first.words != other.words
    assert len(first.words) == OTHERS == first.others.shape[1]
    assert "spring" not in {each.text.lower() for each in first.words}
    assert all(any(c.isalnum() for c in each.text) for each in first.words)


# ---- where the word is -------------------------------------------------------------------------


def found_in(encoder, text: str, word: str) -> list[tuple[int, int, int]]:
    occurrences, _ = find_word(encoder, [Sentence(1, text)], word)
    return [(each.start, each.end, each.count) for each in occurrences]


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("The Heron waits.", "heron", [(4, 9, 1)]),
        ("the heron", "HERON", [(4, 9, 1)]),
        ("heron, heron", " heron ", [(0, 5, 2)]),
        ("the heron's lake", "heron", [(4, 9, 1)]),
        ("a heron-lake", "heron", [(2, 7, 1)]),
        ("the herons", "heron", []),
        ("snow train", "snow train", [(0, 10, 1)]),
        ("snowed", "snow", []),
        ("the waiter waited", "waited", [(11, 17, 1)]),
    ],
)
def test_whole_words_as_the_tokenizer_sees_them(tiny_bert, text, word, expected) -> None:
    assert found_in(tiny_bert, text, word) == expected


def test_capitals_count_where_the_tokenizer_has_them(tiny_cased, tiny_roberta) -> None:
    assert found_in(tiny_cased, "The heron", "the") == []
    assert found_in(tiny_cased, "near the heron", "the") == [(5, 8, 1)]
    _, (out,) = find_word(tiny_cased, [Sentence(4, "The heron")], "the")
    assert out.line == 4
    assert "capitals" in out.reason
    # RoBERTa spells a word at the start of a text otherwise than inside.
    assert found_in(tiny_roberta, "heron near a heron", "heron") == [(0, 5, 2)]


@given(before=st.lists(st.sampled_from(["the", "snow", "herons", "-", "lake."]), max_size=4),
       after=st.lists(st.sampled_from(["is", "heron", "!", "warm"]), max_size=4))  # fmt: skip
def test_it_stands_where_it_is_said_to(tiny_bert, before: list[str], after: list[str]) -> None:
    text = " ".join([*before, "heron", *after])
    (occurrence,), left_out = find_word(tiny_bert, [Sentence(1, text)], "heron")
    assert text[occurrence.start : occurrence.end] == "heron"
    assert occurrence.start == len(" ".join([*before, ""]))
    assert occurrence.count == 1 + after.count("heron")
    assert left_out == ()


def test_another_occurrence_can_be_taken(tiny_bert) -> None:
    lines = ["a heron near a heron", "the heron"]
    usual = word_in_context(tiny_bert, lines, "heron")
    second = word_in_context(tiny_bert, lines, "heron", which={1: 2})
    assert [each.start for each in usual.occurrences] == [2, 4]
    assert [each.start for each in second.occurrences] == [15, 4]
    assert usual.notes == ("Line 1 has the word 2 times; number 1 is taken.",)
    assert second.notes == ("Line 1 has the word 2 times; number 2 is taken.",)
    with pytest.raises(InputError, match="Line 1 has no occurrence 3 of the word; it has 2"):
        word_in_context(tiny_bert, lines, "heron", which={1: 3})


def test_lines_that_cannot_be_used_are_named(tiny_bert) -> None:
    long = "the heron " + "snow " * 100
    lines = ["a heron", "no such bird", long, "the heron", "\x00", "a lake"]
    trace = word_in_context(tiny_bert, lines, "heron")
    assert [each.sentence.line for each in trace.occurrences] == [1, 4]
    assert lines_left_out(trace) == [2, 3, 5, 6]
    assert trace.notes[0].startswith("2 lines (2, 6) are left out. It does not have 'heron'")
    assert "word pieces" in trace.notes[1]
    assert "Line 3 is left out." in trace.notes[1]


@pytest.mark.parametrize(
    ("sentences", "word", "said"),
    [
        ("", "heron", "no sentences"),
        (["a heron"] * 101, "heron", "101 sentences; at most 100 are compared. Leave 1 out"),
        (["a heron", "a lake"], "heron", "found in 1 of 2 sentences.*Line 2"),
        (["a heron"] * 2, "  ", "no word"),
        (["a heron"] * 2, "日", "cannot spell"),
        (["a heron"] * 2, "x" * 200, "200 characters"),
    ],
)
def test_what_cannot_be_followed_is_said(tiny_bert, sentences, word: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        word_in_context(tiny_bert, sentences, word)


def test_an_unknown_pooling_is_refused(tiny_bert) -> None:
    with pytest.raises(InputError, match="mean, first, last"):
        word_in_context(tiny_bert, LINES, "heron", pooling="max")


def test_a_typed_mask_is_text(tiny_bert) -> None:
    trace = word_in_context(tiny_bert, ["a heron [MASK]", "the heron ___"], "heron")
    assert all(each.tokens.masks == () for each in trace.occurrences)


# ---- sentences ---------------------------------------------------------------------------------


def test_lines_with_and_without_senses() -> None:
    found = parse_lines("river | A bank.\n\nmoney\tThe | bank.\r\nA bank. \n |  x")
    assert found == (
        Sentence(1, "A bank.", "river"),
        Sentence(3, "The | bank.", "money"),
        Sentence(4, "A bank."),
        Sentence(5, "x"),
    )


@given(st.lists(st.tuples(st.text("ab |", min_size=1), st.text("ab |.", min_size=1)), max_size=5))
def test_written_lines_are_read_again(pairs: list[tuple[str, str]]) -> None:
    sentences = [
        Sentence(line, text.strip(), label.strip())
        for line, (label, text) in enumerate(
            ((label, text) for label, text in pairs if text.strip()), start=1
        )
    ]
    assert list(parse_lines(write_lines(sentences))) == sentences


def test_tables_are_read() -> None:
    both = b'label,sentence\nriver,"We sat, late,\non the bank."\nmoney,The bank paid.\n'
    assert read_table(both, "mine.CSV") == (
        Sentence(1, "We sat, late, on the bank.", "river"),
        Sentence(2, "The bank paid.", "money"),
    )
    assert read_table(b"sentence\nA bank.\nThe bank.\n", "x.csv")[1] == Sentence(2, "The bank.")
    rows = [{"sentence": "A bank.", "label": "river"}]
    assert read_table("\n".join(map(json.dumps, rows)).encode(), "x.jsonl")[0].label == "river"


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"words,label\nA bank.,river\n", "x.csv", "sentence"),
        (b"\xff\xfe\x00", "x.csv", "."),
        (b"sentence\nA bank.\n", "x.exe", "does not end in .csv"),
        (b"", "x.csv", "."),
        (
            b"sentence,label\nA bank.,river\n ,money\nThe bank.,money\n",
            "x.csv",
            "Row 3: .* no sentence",
        ),
    ],
)
def test_tables_that_cannot_be_read_are_refused(data: bytes, name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        as_sentences(read_table(data, name))


def test_the_ready_sets_are_sound(embedded) -> None:
    sets = ready_sets()
    assert list(sets) == ["bank", "bark", "cell", "spring", "lead"]
    every = [each.text for ready in sets.values() for each in ready.sentences]
    assert len(every) == len(set(every))
    for word, ready in sets.items():
        occurrences, left_out = find_word(embedded, ready.sentences, word)
        assert left_out == ()
        assert {each.count for each in occurrences} == {1}
        assert {len(each.positions) for each in occurrences} == {1}
        labels = [each.label for each in ready.sentences]
        assert len(set(labels)) >= 2
        assert min(labels.count(label) for label in labels) >= 8
        assert parse_lines(write_lines(ready.sentences)) == ready.sentences
        # No sense is given away by where the word stands.
        places = [
            {each.positions[0] for each in occurrences if each.sentence.label == label}
            for label in dict.fromkeys(labels)
        ]
        assert all(min(place) <= 3 and max(place) >= 7 for place in places)
