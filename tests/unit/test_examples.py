"""The ready examples: each of them works as it is with the embedded model."""

import pytest

from bert_core.examples import Example, examples
from bert_core.tasks.masked import fill

READY = list(examples("masked_word").values())


def test_there_are_some_and_their_names_differ() -> None:
    assert len(READY) >= 5
    assert list(examples("masked_word")) == [example.name for example in READY]


@pytest.mark.parametrize("example", READY, ids=lambda example: example.name)
def test_every_example_has_an_answer(embedded, example: Example) -> None:
    result = fill(embedded, example.text, example.pair or None, k=5)
    assert result.masks
    assert result.notes == ()
    assert all(mask.candidates[0].probability > 0.02 for mask in result.masks)


def test_an_unknown_page_has_none() -> None:
    with pytest.raises(KeyError):
        examples("no such page")
