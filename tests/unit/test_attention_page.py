"""What the attention page follows, how it says that there is nothing, and how it asks then."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bert_core.errors import InputError
from bert_core.examples import examples
from pages._attention.targets import target_of, word_to_mask

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


# ---- a button that asks ------------------------------------------------------------------------

EXAMPLES = examples("attention")


@pytest.mark.parametrize("name", ["Pronoun", "Negation"])
def test_an_example_has_its_own_word_to_mask(embedded, name) -> None:  # type: ignore[no-untyped-def]
    example = EXAMPLES[name]
    tokens = embedded.tokenize(example.text)
    position = word_to_mask(tokens)
    assert position is not None
    assert tokens.surface(position) == example.mask
    assert example.mask not in [tokens.surface(each) for each in range(position)], "the first"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("It was raining in March.", "raining"),
        ("Zyzzyvas eat.", "eat"),
        ("Zyzzyvas!", "zzy"),
        ("...", "."),
    ],
)
def test_of_another_text_the_longest_word_of_one_piece_is_masked(embedded, text, word) -> None:  # type: ignore[no-untyped-def]
    tokens = embedded.tokenize(text)
    position = word_to_mask(tokens)
    assert position is not None
    assert tokens.surface(position) == word


def asking(source: str, text: str, pair: str | None) -> None:
    import streamlit as st

    from bert_core import ModelChoice
    from pages._attention.targets import asked_target
    from pages._shared.models import encoder
    from pages._shared.sentences import shown_errors

    values = st.session_state
    values.setdefault("at_masked", ())
    values.setdefault("at_compare", "nothing")
    held = encoder(ModelChoice(source))
    with shown_errors():
        tokens = held.tokenize(values.get("at_text", text), values.get("at_pair", pair))
        target = asked_target(held, tokens.masked(values["at_masked"]))
        if target is not None:
            st.write(target.head)


def opened(folder: Path, pair: str | None = None) -> AppTest:
    given = {"source": str(folder), "text": TEXT, "pair": pair}
    return AppTest.from_function(asking, kwargs=given, default_timeout=60).run()


@pytest.mark.parametrize(
    ("name", "pair", "word"), [("bert-pretraining", None, "near"), ("distilbert", PAIR, "bakery")]
)
def test_a_click_masks_a_word(
    folder_of: Callable[[str], Path], name: str, pair: str | None, word: str
) -> None:
    page = opened(folder_of(name), pair)
    assert page.markdown[0].value.startswith("There is no answer to follow yet")
    assert [each.label for each in page.button] == [f"Mask “{word}”"]
    page.button("at_ask").click().run()
    assert [each.value for each in page.markdown] == ["masked_word"]
    assert not page.button


@pytest.mark.parametrize(
    ("name", "ready"),
    [("bert-next_sentence", "Pair"), ("bert-span", "Question and passage")],
)
def test_where_no_word_can_be_masked_a_click_takes_an_example(
    folder_of: Callable[[str], Path], name: str, ready: str
) -> None:
    page = opened(folder_of(name))
    assert [each.label for each in page.button] == [f"Take the example “{ready}”"]
    page.button("at_ask").click().run()
    example = EXAMPLES[ready]
    assert (page.session_state["at_text"], page.session_state["at_pair"]) == (
        example.text,
        example.pair,
    )
    assert page.session_state["at_example"] == ready
    assert not page.button


def test_a_model_without_an_answer_says_so_and_offers_nothing(
    folder_of: Callable[[str], Path],
) -> None:
    page = opened(folder_of("roberta-classification"))
    assert "no answer to follow here" in page.info[0].value
    assert not page.button
