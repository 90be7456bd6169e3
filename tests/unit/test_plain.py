"""Results as text for a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.analysis.lens import UNTRAINED
from bert_core.analysis.surprise import PSEUDO
from bert_core.model.inventory import list_models
from bert_core.tasks.candidates import score_candidates
from bert_core.tasks.filling import NO_JOINT
from bert_core.tasks.masked import fill
from bert_core.views import plain
from bert_core.views.numbers import percent, signed
from tests.unit.results import all_results

CELLS = st.text(st.characters(categories=["Lu", "Ll", "Nd"]), max_size=8)


@pytest.fixture(scope="module")
def results(tiny_bert, tiny_roberta):
    return all_results(tiny_bert, tiny_roberta, pair="It is \u4eca.")


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.tuples(*[CELLS] * n), min_size=1)))
def test_columns_of_a_table_line_up(rows) -> None:
    head = tuple(f"h{i}" for i in range(len(rows[0])))
    lines = plain.table(head, rows).split("\n")
    assert len(lines) == len(rows) + 1
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for line, row in zip(lines, (head, *rows), strict=True):
        assert line == line.rstrip()
        padded, start = line.ljust(sum(widths) + 2 * len(widths)), 0
        for cell, width in zip(row, widths, strict=True):
            assert padded[start : start + width].strip() == cell
            start += width + 2


def test_numbers_stand_to_the_right() -> None:
    assert plain.table(("word", "n"), [("a", "5"), ("bcd", "1,000")]) == (
        "word      n\na         5\nbcd   1,000"
    )


def test_a_table_without_rows() -> None:
    assert plain.table(("word", "n"), []) == "word  n"


def test_fill(results) -> None:
    text = plain.fill(results["fill"])
    for mask in results["fill"].masks:
        for each in mask.candidates:
            assert percent(each.probability) in text
            assert signed(each.log_odds) in text
    for each in results["fill"].sentences:
        assert each.text in text
    assert "Sentences, beam" in text
    assert NO_JOINT in text
    assert text.endswith(f"Note: {results['fill'].notes[0]}")


def test_one_mask_needs_no_sentences(tiny_bert) -> None:
    text = plain.fill(fill(tiny_bert, "The ___ waits.", k=3))
    assert len(text.splitlines()) == 5
    assert NO_JOINT not in text


def test_surprise(results) -> None:
    found = results["surprise"]
    text = plain.surprise(found)
    assert PSEUDO in text
    assert f"{found.pll:.2f}" in text.replace("\u2212", "-")
    assert f"{found.pll_within_word:.2f}" in text.replace("\u2212", "-")
    assert len(text.split("\n\n")[0].splitlines()) == len(found.pieces) + 1


def test_lens_and_directions(results) -> None:
    text = plain.lens(results["lens"])
    assert UNTRAINED in text
    assert [line.split()[0] for line in text.splitlines()[:4]] == ["layer", "embedding", "1", "2"]
    lines = plain.directions(results["directions"]).splitlines()
    assert [line.split()[0] for line in lines] == ["context", "left", "right", "shallow", "deep"]
    for line, view in zip(lines[1:], results["directions"].views, strict=True):
        assert ", ".join(each.word for each in view.candidates) in line


def test_candidates_probe_and_compare(results, tiny_bert) -> None:
    table = score_candidates(tiny_bert, tiny_bert.tokenize("a ___"), ["lake", "\u4eca"])
    lines = plain.candidates(table).splitlines()
    assert lines[1].split()[0] == "lake"
    assert lines[2].split()[-3:] == ["\u2013"] * 3
    assert "cannot spell" in lines[-1]
    text = plain.probe(results["probe"])
    assert "above 0: river; below 0: snow" in text
    text = plain.compare(results["compare"])
    assert "vocabularies differ" in text
    assert "divergence" not in text
    same = all_results(tiny_bert, tiny_bert)["compare"]
    assert "Jensen-Shannon divergence 0.000 bits" in plain.compare(same)


def test_models() -> None:
    text = plain.models(list_models())
    assert "embedded" in text
    assert "masked word and next sentence" in text
    assert "cpu" in text
