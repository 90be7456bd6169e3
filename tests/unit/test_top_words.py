"""Many sentences at once: the fast path gives what the slow one gives, and names bad rows."""

import dataclasses
import math
from pathlib import Path

import pytest

from bert_core.errors import InputError
from bert_core.tasks.many import top_words
from bert_core.tasks.masked import fill
from tests.unit import reference

HELD_OUT = (Path(__file__).parents[1] / "golden" / "held_out.txt").read_text(encoding="utf-8")
TWO = "The [MASK] waits near the [MASK]."


def with_a_gap(sentence: str) -> str:
    words = sentence.split()
    middle = len(words) // 2
    end = words[middle][-1] if not words[middle][-1].isalnum() else ""
    return " ".join([*words[:middle], "[MASK]" + end, *words[middle + 1 :]])


GAPS = [with_a_gap(line) for line in HELD_OUT.splitlines()[:40]]


def test_the_fast_path_gives_what_fill_gives(embedded, tiny_bert) -> None:
    for encoder, texts in (
        (embedded, GAPS),
        (tiny_bert, [TWO, "a ___", "___ on the ___ lake ___"]),
    ):
        found = top_words(encoder, texts, k=5)
        assert len(found) == len(texts)
        for text, masks in zip(texts, found, strict=True):
            expected = fill(encoder, text, k=5, words_only=False).masks
            for each, other in zip(masks, expected, strict=True):
                assert_same_candidates(each, other.candidates)


def assert_same_candidates(first, second) -> None:
    for each, other in zip(first, second, strict=True):
        exact = dataclasses.replace(each, probability=other.probability, log_odds=other.log_odds)
        assert exact == other
        # Another batch adds up in another order: the last digits of float32 differ.
        assert each.probability == pytest.approx(other.probability, abs=1e-5)
        assert each.log_odds == pytest.approx(other.log_odds, abs=1e-4)


def test_the_fast_path_gives_what_the_librarys_pipeline_gives(embedded) -> None:
    import transformers

    folder = embedded.checkpoint.folder
    pipe = transformers.pipeline(
        "fill-mask",
        model=reference.library_model(folder),
        tokenizer=reference.library_tokenizer(folder),
        top_k=5,
    )
    expected = pipe(GAPS, batch_size=8)
    for masks, rows in zip(top_words(embedded, GAPS, k=5), expected, strict=True):
        assert [each.id for each in masks[0]] == [row["token"] for row in rows]
        for each, row in zip(masks[0], rows, strict=True):
            # Measured against float64: the pipeline's padded batches are 1.5e-5 off, ours 1.5e-6.
            assert each.probability == pytest.approx(row["score"], abs=1e-4)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["a ___", "no gap"], "Row 2 has no mask"),
        (["a ___", " "], "Row 2"),
        (["a ___", "x ___" * 500], "Row 2"),
    ],
)
def test_the_fast_path_names_the_row(tiny_bert, texts, said: str) -> None:
    with pytest.raises(InputError, match=said):
        top_words(tiny_bert, texts)


def test_no_rows_are_no_rows(tiny_bert) -> None:
    assert top_words(tiny_bert, []) == []


def test_special_pieces_are_never_shown(tiny_bert) -> None:
    special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
    ((row,),) = top_words(tiny_bert, ["The [MASK] waits."], k=1000)
    assert {each.piece for each in row} == set(tiny_bert.tokenizer.vocabulary.pieces) - special


@pytest.mark.parametrize("k", [0, -1, 1001, 2.5, "5", None, math.nan])
def test_k_out_of_range_or_no_whole_number(tiny_bert, k) -> None:
    with pytest.raises(InputError, match="whole number from 1 to 1,000") as refused:
        top_words(tiny_bert, [TWO], k=k)
    assert refused.value.field == "k"
