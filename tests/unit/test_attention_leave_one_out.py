"""One piece or word after another replaced by the mask, against one pass for each."""

import numpy as np
import pytest

from bert_core.analysis.attention.agreement import agreement
from bert_core.analysis.attention.leave_one_out import leave_one_out
from bert_core.analysis.attention.targets import Target
from bert_core.errors import InputError, ModelError
from bert_core.model import batching
from bert_core.tasks.distribution import log_softmax

TEXT = "The rained heron waits near the [MASK] lake."


def logs_at(encoder, tokens, position):  # type: ignore[no-untyped-def]
    return log_softmax(encoder.trace(tokens, positions=[position]).logits[0])


@pytest.mark.parametrize("name", ["bert-pretraining", "distilbert", "roberta"])
@pytest.mark.parametrize("level", ["piece", "word"])
def test_it_equals_one_pass_for_each(encoder_of, name: str, level: str) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(name)
    tokens = encoder.tokenize(TEXT)
    mask = tokens.masks[0]
    before = logs_at(encoder, tokens, mask)
    found = leave_one_out(encoder, tokens, level=level)  # type: ignore[arg-type]
    word = int(np.argmax(np.isclose(before, found.before, atol=1e-7)))
    for unit, divergence, change in zip(found.units, found.divergence, found.change, strict=True):
        after = logs_at(encoder, tokens.masked(unit.pieces), mask)
        assert divergence == pytest.approx(
            float((np.exp(before) * (before - after)).sum()), abs=1e-5
        )
        assert change == pytest.approx(after[word] - before[word], abs=1e-5)
    assert found.divergence.max() > 1e-3
    left_out = [position for unit in found.units for position in unit.pieces]
    assert left_out == [position for position in tokens.content if position != mask]


def test_words_go_as_a_whole(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    words = leave_one_out(tiny_bert, tokens, level="word").units
    assert [unit.text for unit in words] == [
        "The", "rained", "heron", "waits", "near", "the", "lake", ".",
    ]  # fmt: skip
    assert len(words[1].pieces) == 2
    assert len(leave_one_out(tiny_bert, tokens).units) == 9


def test_a_word_that_is_masked_in_part_is_left_alone(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("the rained heron").masked([3])
    found = leave_one_out(tiny_bert, tokens, level="word")
    assert [unit.text for unit in found.units] == ["the", "heron"]


def test_other_outputs_can_be_followed(tiny_bert, encoder_of) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("snow falls", "the river is cold")
    found = leave_one_out(tiny_bert, tokens, Target("next_sentence", follows=True))
    first = tokens.masked([found.units[0].pieces[0]])
    after = log_softmax(tiny_bert.trace(first, next_sentence=True).next_sentence)
    assert found.before + found.change[0] == pytest.approx(after[0], abs=1e-5)
    encoder = encoder_of("bert-span")
    tokens = encoder.tokenize("where is it", "it is near the lake")
    spans = leave_one_out(encoder, tokens, Target("span"))
    assert len(spans.units) == len(tokens.content)
    assert (spans.divergence > 0).all()


def test_batches_do_not_change_the_numbers(tiny_bert, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    whole = leave_one_out(tiny_bert, tokens)
    monkeypatch.setattr(batching, "BATCH_PIECES", 4 * len(tokens))
    told: list[tuple[int, int]] = []
    parts = leave_one_out(tiny_bert, tokens, on_progress=lambda *done: told.append(done))
    np.testing.assert_allclose(parts.change, whole.change, rtol=0, atol=1e-6)
    assert told == [(4, 9), (8, 9), (9, 9)]


def test_it_can_be_held_against_attention(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    found = leave_one_out(tiny_bert, tokens)
    attention = tiny_bert.trace(tokens, attention=True).attention[-1, 0, tokens.masks[0]]
    received = [attention[list(unit.pieces)].sum() for unit in found.units]
    kendall = agreement(received, found.divergence).kendall
    assert kendall is not None
    assert -1 <= kendall <= 1


def test_what_cannot_be_left_out_is_refused(tiny_bert, encoder_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="mask already"):
        leave_one_out(tiny_bert, tiny_bert.tokenize("[MASK] [MASK]"))
    with pytest.raises(InputError, match="Nothing is masked"):
        leave_one_out(tiny_bert, tiny_bert.tokenize("a lake"))
    with pytest.raises(ModelError, match="no answer span head"):
        leave_one_out(tiny_bert, tiny_bert.tokenize("a lake"), Target("span"))
