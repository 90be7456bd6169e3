"""What heads do over many sentences, against one sentence after another."""

import numpy as np
import pytest

from bert_core.analysis.attention import corpus
from bert_core.analysis.attention.corpus import head_statistics
from bert_core.analysis.attention.table import VALUES, head_table
from bert_core.errors import InputError
from tests import tiny

TEXTS = (*tiny.SENTENCES, "The lake.", "Snow, snow and old snow!", "It is.")


def tables(encoder, texts):  # type: ignore[no-untyped-def]
    found = []
    for text in texts:
        tokens = encoder.tokenize(text)
        found.append(head_table(encoder.trace(tokens, attention=True).attention, tokens))
    return found


@pytest.mark.parametrize("name", ["bert-pretraining", "distilbert", "roberta"])
def test_it_equals_one_sentence_after_another(encoder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(name)
    found = head_statistics(encoder, TEXTS)
    single = tables(encoder, TEXTS)
    assert found.names == VALUES
    for row, figure in enumerate(VALUES):
        grids = np.stack([table.grid(figure) for table in single])
        np.testing.assert_allclose(found.mean[row], grids.mean(axis=0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(
            found.spread[row], grids.std(axis=0, ddof=1), rtol=1e-3, atol=1e-5
        )
    assert (found.sentences, found.bad) == (len(TEXTS), ())
    assert found.pieces == sum(table.pieces for table in single)
    assert (found.pattern_counts.sum(axis=0) == len(TEXTS)).all()
    for row, pattern in enumerate(found.patterns):
        named = sum(
            np.array([each.pattern == pattern for each in table.rows]).reshape(2, 4)
            for table in single
        )
        np.testing.assert_array_equal(found.pattern_counts[row], named)


def test_a_figure_that_no_text_has_is_no_number(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    found = head_statistics(tiny_bert, TEXTS)
    for row, figure in enumerate(found.names):
        pairs_only = figure in ("a_to_b", "b_to_a")
        assert found.counts[row] == (0 if pairs_only else len(TEXTS))
        assert np.isnan(found.mean[row]).all() == pairs_only
        assert np.isnan(found.spread[row]).all() == pairs_only


def test_one_sentence_has_no_spread(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    found = head_statistics(tiny_bert, TEXTS[:1])
    np.testing.assert_allclose(found.mean[0], tables(tiny_bert, TEXTS[:1])[0].grid(VALUES[0]))
    assert np.isnan(found.spread).all()


def test_weights_of_one_batch_only_are_in_memory(tiny_bert, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    whole = head_statistics(tiny_bert, TEXTS)
    longest = max(len(tiny_bert.tokenize(text)) for text in TEXTS)
    limit = 2 * 2 * 4 * longest**2 * 4
    monkeypatch.setattr(corpus, "WEIGHTS_BYTES", limit)
    monkeypatch.setattr(corpus, "BLOCK", 5)
    sizes = []
    real = corpus._weights

    def weighed(encoder, batch):  # type: ignore[no-untyped-def]
        sizes.append(len(batch) * 2 * 4 * max(map(len, batch)) ** 2 * 4)
        return real(encoder, batch)

    monkeypatch.setattr(corpus, "_weights", weighed)
    before = tiny_bert.passes
    parts = head_statistics(tiny_bert, TEXTS)
    assert max(sizes) <= limit
    assert 4 <= len(sizes) == tiny_bert.passes - before
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(parts.spread, whole.spread, rtol=1e-4, atol=1e-6)


def test_rows_that_cannot_be_used_are_counted(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    texts = ["", TEXTS[0], "snow " * 80, "snow", "\x00", TEXTS[1], "\ud800"]
    told: list[tuple[int, int]] = []
    found = head_statistics(tiny_bert, texts, on_progress=lambda *done: told.append(done))
    assert found.sentences == 2
    assert [each.row for each in found.bad] == [1, 3, 4, 5, 7]
    reasons = [each.reason for each in found.bad]
    for reason, said in zip(
        reasons,
        ("empty", "82 word pieces", "one piece", "no character", "surrogate"),
        strict=True,
    ):
        assert said in reason
        assert reason.endswith(".")
    assert told[-1] == (7, 7)
    assert told == sorted(told)
    np.testing.assert_array_equal(found.mean, head_statistics(tiny_bert, TEXTS[:2]).mean)


@pytest.mark.parametrize(("texts", "said"), [([], "of 0 can"), (["", "x"], "Row 1: The text is")])
def test_a_file_without_a_sentence_is_refused(tiny_bert, texts, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=said):
        head_statistics(tiny_bert, texts)


def test_it_can_be_stopped(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    before = tiny_bert.passes
    with pytest.raises(Stopped):
        head_statistics(tiny_bert, TEXTS, on_progress=stop)
    assert tiny_bert.passes == before
