"""Results as tables of bars and rows of chips: the figures of the result, cell by cell."""

import math

import pytest

from bert_core.tasks.candidates import score_candidates
from bert_core.tasks.filling import Filling
from bert_core.tasks.masked import fill
from bert_core.views import tables
from bert_core.views.bars import bars_payload
from bert_core.views.chips import chip_payload
from bert_core.views.numbers import nats, percent, signed
from tests.unit.results import all_results


@pytest.fixture(scope="module")
def drawn(results, tiny_bert):
    size = len(tiny_bert.tokenizer.vocabulary)
    with_known = all_results(tiny_bert, tiny_bert)
    return {
        "fits": tables.fits(results["fill"].masks[0], size),
        "sentences": tables.sentences(results["fill"].sentences),
        "lens": tables.lens(results["lens"]),
        "directions": tables.directions(results["directions"]),
        "candidates": tables.candidates(results["candidates"]),
        "probe": tables.probe(with_known["probe"]),
        "comparison": tables.comparison(results["compare"]),
        "comparison with itself": tables.comparison(with_known["compare"]),
    }


@pytest.fixture(scope="module")
def results(tiny_bert, tiny_roberta):
    found = all_results(tiny_bert, tiny_roberta)
    words = ("lake", "herons", "\u4eca")
    tokens = found["fill"].tokens
    return {**found, "candidates": score_candidates(tiny_bert, tokens, words)}


NAMES = ("fits", "sentences", "lens", "directions", "candidates", "probe", "comparison",
         "comparison with itself")  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_a_cell_for_every_column(drawn, name: str) -> None:
    table = drawn[name]
    cells = sum(column.kind != "bar" for column in table.columns)
    assert table.rows
    assert {len(row.cells) for row in table.rows} == {cells}
    assert all(type(cell) is str for row in table.rows for cell in row.cells)
    assert all(math.isfinite(row.value) for row in table.rows)
    payload = bars_payload(table.rows, table.columns, table.scale)
    assert len(payload["rows"]) == len(table.rows)
    assert table.caption


def test_what_fits(results, drawn) -> None:
    mask, table = results["fill"].masks[0], drawn["fits"]
    for row, each in zip(table.rows, mask.candidates, strict=True):
        assert row.cells[0] == str(each.rank)
        assert row.cells[1] == each.piece, "a part of a word keeps its ##"
        assert row.cells[2:] == (percent(each.probability), signed(each.log_odds))
        assert row.value == each.probability
    assert table.badge.startswith("12 of ")
    assert percent(mask.covered) in table.badge


def test_the_line_under_what_fits(tiny_bert) -> None:
    typed = fill(tiny_bert, "The ___ waits.", words_only=False).masks[0]
    over = fill(tiny_bert, "The heron waits.", masked=[2]).masks[0]
    assert tables.fits_summary(typed).startswith("Entropy ")
    assert "Original" not in tables.fits_summary(typed)
    assert over.original is not None
    expected = f"Original: heron, rank {over.original.rank}, {percent(over.original.probability)}."
    assert expected in tables.fits_summary(over)
    assert f"not shown: {percent(over.left_out)}" in tables.fits_summary(over)


def test_sentences(results, drawn) -> None:
    for place, (row, each) in enumerate(
        zip(drawn["sentences"].rows, results["fill"].sentences, strict=True), start=1
    ):
        assert row.cells[:2] == (str(place), each.text)
        assert row.cells[2] == " \u00b7 ".join(map(percent, each.probabilities))
        assert row.cells[3] == nats(each.log_score)
    assert tables.sentences(()).rows == ()
    nasty = Filling("</script>\0", ("x",), (5,), (0.5,), -0.7)
    assert tables.sentences((nasty,)).rows[0].cells[1] == "</script>\0"


def test_layers_and_directions(results, drawn) -> None:
    layers = drawn["lens"].rows
    assert [row.cells[0] for row in layers] == ["embedding", "1", "2"]
    for row, layer in zip(layers, results["lens"].layers, strict=True):
        assert row.cells[1] == layer.candidates[0].word
        assert row.value == layer.candidates[0].probability
        assert row.cells[3] == f"{layer.ranks[0]:,}"
    views = drawn["directions"].rows
    assert [row.emphasis for row in views] == [False, False, False, True]
    for row, view in zip(views, results["directions"].views, strict=True):
        assert row.cells[1] == view.candidates[0].word
        assert row.cells[3] == f"{view.target.rank:,}"
        assert row.note == ", ".join(each.word for each in view.candidates)


def test_own_words(results, drawn) -> None:
    for row, each in zip(drawn["candidates"].rows, results["candidates"].rows, strict=True):
        assert row.cells[:2] == (each.word, " ".join(each.pieces))
        if each.log_probability is None:
            assert row.cells[2:] == ("\u2013",) * 3
            assert row.value == 0
        else:
            assert row.cells[2:4] == (nats(each.log_probability), nats(each.per_piece))
            assert 0 < row.value <= 1
    assert max(row.value for row in drawn["candidates"].rows) == pytest.approx(1.0)
    assert drawn["candidates"].badge == "3 words"


def test_words_that_are_all_unknown(tiny_bert) -> None:
    table = tables.candidates(
        score_candidates(tiny_bert, tiny_bert.tokenize("a ___"), ["\u4eca", "\u5929"])
    )
    assert [row.value for row in table.rows] == [0, 0]


def test_a_probe_draws_the_corrected_figure(drawn) -> None:
    for row in drawn["probe"].rows:
        assert row.cells[2] == signed(row.value)
    assert drawn["probe"].badge == "2 templates"


def test_two_models(results, drawn) -> None:
    for row, each in zip(drawn["comparison"].rows, results["compare"].rows, strict=True):
        assert row.cells[0] == each.word
        for cell, rank in zip(row.cells[1:], each.ranks, strict=True):
            assert (cell == "\u2013") == (rank is None)
    assert drawn["comparison"].badge == ""
    assert drawn["comparison with itself"].badge == "divergence 0.000 bits"
    assert all(row.value == 0 for row in drawn["comparison with itself"].rows)


def test_chips_remember_what_a_mask_hides(tiny_bert) -> None:
    tokens = tiny_bert.tokenize("The herons ___.", "Cold.").masked([2, 3])
    chips = tables.token_chips(tokens, tiny_bert.tokenizer.vocabulary)
    assert [chip.text for chip in chips] == [
        "[CLS]", "the", "heron", "##s", "[MASK]", ".", "[SEP]", "cold", ".", "[SEP]",
    ]  # fmt: skip
    assert [i for i, chip in enumerate(chips) if chip.masked] == [2, 3, 4]
    assert [i for i, chip in enumerate(chips) if chip.special] == [0, 6, 9]
    assert [i for i, chip in enumerate(chips) if chip.continues] == [3]
    assert chips[2].word == chips[3].word != chips[4].word
    assert [chip.word for chip in chips if chip.special] == [-1, -1, -1]
    assert all(chip_payload(chip) for chip in chips)


def test_chips_are_tinted_by_surprise(results) -> None:
    found = results["surprise"]
    chips = tables.surprise_chips(found)
    measured = {each.position: each for each in found.pieces}
    assert len(chips) == len(found.tokens)
    for position, chip in enumerate(chips):
        if position in measured:
            assert chip.level == pytest.approx(min(measured[position].bits / 16, 1.0))
            assert f"rank {measured[position].rank:,}" in chip.note
            assert measured[position].best.word in chip.note
        else:
            assert chip.level is None
            assert chip.note == ""
    assert all(chip_payload(chip) for chip in chips)
