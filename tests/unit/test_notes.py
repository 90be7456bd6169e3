"""What a reader is told about a text that the model does not see as it was typed."""

import pytest

from bert_core.model.notes import text_notes
from bert_core.tasks.masked import fill


def notes(encoder, text: str, pair: str | None = None) -> tuple[str, ...]:
    return text_notes(encoder.tokenize(text, pair), encoder.tokenizer.vocabulary)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("The heron waits.", None),
        ("  The\theron\n waits. ", "It is\u00a0cold."),
        ("[CLS] <b> [SEP] ___", None),
        ("C\u00e9lia, M\u00fcnchen", None),
    ],
)
def test_nothing_is_said_of_a_text_that_is_seen_whole(tiny_bert, text, pair) -> None:
    assert notes(tiny_bert, text, pair) == ()


def test_dropped_characters_are_counted_and_the_first_is_named(tiny_bert) -> None:
    assert notes(tiny_bert, "a\0b") == (
        "1 character is dropped by the tokenizer: U+0000 at character 2 of the text.",
    )
    (note,) = notes(tiny_bert, "the heron", "it\u200b is \u200b\0 cold")
    assert note.startswith("3 characters are dropped by the tokenizer: U+200B at character 3")
    assert "second text and others" in note


def test_unknown_words_are_shown_as_typed(tiny_bert) -> None:
    (one,) = notes(tiny_bert, "the \u4eca waits")
    assert one == "1 word is unknown to the vocabulary and read as [UNK]: '\u4eca'."
    (many,) = notes(tiny_bert, "\u4eca \u5929 \u6c14 \u5f88 heron", "\U0001f600")
    assert many.startswith("5 words are unknown")
    assert many.endswith("'\u4eca', '\u5929', '\u6c14' and others.")


def test_a_long_unknown_word_is_shortened(tiny_bert) -> None:
    (note,) = notes(tiny_bert, "x" * 300)
    assert "'" + "x" * 30 + "'" in note
    assert "x" * 31 not in note


def test_a_cut_is_said_first(tiny_bert) -> None:
    text = "the heron waits " * 30 + "\u4eca"
    tokens = tiny_bert.tokenizer.encode("\u4eca " + text, overflow="cut")
    found = text_notes(tokens, tiny_bert.tokenizer.vocabulary)
    assert tokens.cut is not None
    assert found[0] == tokens.cut.sentence()
    assert "unknown" in found[1]


def test_byte_level_pieces_know_every_word(tiny_roberta) -> None:
    assert notes(tiny_roberta, "the \u4eca \U0001f600 waits") == ()


def test_a_result_carries_them(tiny_bert) -> None:
    result = fill(tiny_bert, "the \u4eca ___\0")
    assert len(result.notes) == 2
    assert result.notes == notes(tiny_bert, "the \u4eca ___\0")
