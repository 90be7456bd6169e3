"""Answers back in the original text: known cases, and rules for every text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.tasks.spans.basic import BasicTokenizer
from bert_core.tasks.spans.final_text import align, final_text, join_pieces


@pytest.mark.parametrize(
    ("predicted", "original", "expected"),
    [
        ("steve smith", "Steve Smith's", "Steve Smith"),
        ("1895", "(1895-1943).", "1895"),
        ("cafe", "Café,", "Café"),
        ("strasse", "Straße", "Straße"),
        ("[UNK] 虚 假", "“虚假广告罪”", "“虚假广告罪”"),
        ("", "the whole", "the whole"),
        ("elsewhere", "the whole", "the whole"),
        ("虚 假", "“虚假广告罪”", "虚假"),
        ("the", "to the sea and the lake", "the"),
        ("lake", "soft\u00adlake", "soft\u00adlake"),
    ],
)
def test_known_cases(predicted: str, original: str, expected: str) -> None:
    assert final_text(predicted, original, BasicTokenizer(lower=True)) == expected


def test_an_answer_that_begins_with_a_space_is_not_cut_out() -> None:
    assert align(" b", "a b", "a b") == (0, 3)
    assert align("a ", "a b", "a b") == (0, 3)
    assert align("b", "a b", "a b") == (2, 3)


def test_pieces_are_joined_to_words() -> None:
    assert join_pieces(["tea", "##pot", "##s", ",", "##cosy"]) == "teapots ,cosy"
    assert join_pieces([]) == ""


TEXTS = st.text(st.sampled_from("aZé'-(. ß虚Ωσ\u00ad\u00a0\t"), max_size=24)


@given(TEXTS, st.booleans())
def test_words_that_are_remembered_come_out_the_same(text: str, lower: bool) -> None:
    tokenizer = BasicTokenizer(lower=lower)
    first = tokenizer.spaced(text)
    assert tokenizer.spaced(text) == first == BasicTokenizer(lower=lower).spaced(text)
    assert tokenizer.spaced(first) == first
    assert "  " not in first
    assert first == first.strip()


@given(TEXTS, st.data())
def test_an_answer_is_always_a_part_of_the_original(text: str, data: st.DataObject) -> None:
    tokenizer = BasicTokenizer(lower=True)
    tokens = tokenizer.spaced(text).split()
    if not tokens:
        return
    first = data.draw(st.integers(0, len(tokens) - 1))
    last = data.draw(st.integers(first, len(tokens) - 1))
    predicted = " ".join(tokens[first : last + 1])
    found = final_text(predicted, text, tokenizer)
    assert found in text
    if found != text:
        assert tokenizer.spaced(found).replace(" ", "") == predicted.replace(" ", "")
