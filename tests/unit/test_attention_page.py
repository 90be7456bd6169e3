"""What the attention page follows when nothing was asked, and how it says that it cannot."""

import pytest

from bert_core.errors import InputError
from pages._attention.targets import target_of

TEXT, PAIR = "The herons wait near the lake.", "Our bakery opened late."


@pytest.mark.parametrize(
    ("name", "text", "pair", "head"),
    [
        ("bert-pretraining", "The [MASK] wait.", PAIR, "masked_word"),
        ("bert-pretraining", TEXT, PAIR, "next_sentence"),
        ("bert-span", TEXT, PAIR, "span"),
        ("bert-span", "The [MASK] wait.", PAIR, "span"),
    ],
)
def test_what_can_be_asked_is_followed(encoder_of, name, text, pair, head) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(name)
    assert target_of(encoder, encoder.tokenize(text, pair)).head == head


@pytest.mark.parametrize(
    ("name", "pair", "said"),
    [
        ("bert-pretraining", None, "yet: mask a piece with a click, or give a text B."),
        ("distilbert", PAIR, "yet: mask a piece with a click."),
        ("bert-span", None, "yet: give a question as text A and a passage as text B."),
        ("roberta-classification", PAIR, "no answer to follow here"),
    ],
)
def test_it_says_what_this_model_can_be_asked(encoder_of, name, pair, said) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(name)
    with pytest.raises(InputError, match=said):
        target_of(encoder, encoder.tokenize(TEXT, pair))
