"""Results as JSON and CSV: exact, valid, and harmless when a spreadsheet opens them."""

import csv
import dataclasses
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.model.inventory import list_models
from bert_core.tasks.candidates import CandidateScore, CandidateTable, score_candidates
from bert_core.views.records import to_csv, to_json, to_record, to_rows
from tests.unit.results import KINDS, all_results

FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "\uff0b1",
            "\uff0d1", "\uff201"]  # fmt: skip


@pytest.fixture(scope="module")
def results(tiny_bert, tiny_roberta):
    return all_results(tiny_bert, tiny_roberta, pair='It is \u4eca \U0001f600 \u05d0 "cold".')


def no_such(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def only_plain(value) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and only_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(only_plain(item) for item in value)
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in (str, int, bool)


def holds_only_plain(value) -> bool:
    """Results themselves hold nothing of numpy or torch."""
    if dataclasses.is_dataclass(value):
        return all(holds_only_plain(getattr(value, f.name)) for f in dataclasses.fields(value))
    if isinstance(value, tuple):
        return all(holds_only_plain(item) for item in value)
    return value is None or type(value) in (str, int, float, bool)


@pytest.mark.parametrize("kind", KINDS)
def test_every_result_is_plain_python(results, kind: str) -> None:
    assert holds_only_plain(results[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_every_result_is_valid_json(results, kind: str) -> None:
    text = to_json(results[kind])
    back = json.loads(text, parse_constant=no_such)
    assert back == to_record(results[kind])
    assert only_plain(back)
    text.encode("utf-8")


def test_json_keeps_exact_figures(results) -> None:
    back = json.loads(to_json(results["fill"]))
    for mask, stored in zip(results["fill"].masks, back["masks"], strict=True):
        for each, row in zip(mask.candidates, stored["candidates"], strict=True):
            assert row["probability"] == each.probability
            assert row["word"] == each.word
            assert row["rank"] == each.rank
    assert back["tokens"]["text"] == results["fill"].tokens.text
    assert back["tokens"]["masks"] == list(results["fill"].tokens.masks)
    assert back["strategy"] == "beam"
    assert len(back["sentences"]) == 5


def test_what_is_here_is_valid_json(models) -> None:
    record = json.loads(to_json(list_models()), parse_constant=no_such)
    assert record["models"][0]["source"] == "embedded"
    assert record["models"][0]["family"] == "BERT"
    assert Path(record["models"][0]["folder"]).is_dir()
    assert record["devices"][0]["name"] == "cpu"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.float64(0.25), 0.25),
        (np.int64(3), 3),
        (np.bool_(True), True),
        ({"a": (np.int32(1), [np.float16(2)])}, {"a": [1, [2.0]]}),
    ],
)
def test_numpys_scalars_become_pythons(value, plain) -> None:
    record = to_record(value)
    assert record == plain
    assert only_plain(record)
    assert json.loads(to_json(value)) == plain


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float32("nan")])
def test_a_number_that_is_none_is_never_written(value) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json({"probability": value})


@pytest.mark.parametrize("kind", KINDS)
def test_csv_reads_back_row_by_row(results, kind: str) -> None:
    rows = to_rows(results[kind])
    assert rows
    back = list(csv.DictReader(io.StringIO(to_csv(results[kind]), newline="")))
    assert len(back) == len(rows)
    for stored, row in zip(back, rows, strict=True):
        assert list(stored) == list(row)
        for name, value in row.items():
            read = stored[name]
            if value is None:
                assert read == ""
            elif isinstance(value, float):
                assert float(read) == value
            elif isinstance(value, str):
                assert read.removeprefix("'") == value.removeprefix("'")
            else:
                assert read == str(value)


def test_the_rows_of_a_filling(results) -> None:
    rows = to_rows(results["fill"])
    assert len(rows) == 24
    assert {row["position"] for row in rows} == set(results["fill"].tokens.masks)
    assert rows[0]["probability"] == results["fill"].masks[0].candidates[0].probability


def test_the_columns_of_the_other_results(results) -> None:
    probed = to_rows(results["probe"])[0]
    assert set(probed) == {"slot", "log_odds", "corrected", "template_1", "template_2"}
    assert {"layer", "entropy_bits", "rank"} <= set(to_rows(results["lens"])[0])
    assert {"direction", "probability"} <= set(to_rows(results["directions"])[0])
    assert {"surface", "bits", "best_word", "best_p"} <= set(to_rows(results["surprise"])[0])
    assert {"rank_1", "probability_2"} <= set(to_rows(results["compare"])[0])
    assert len(to_rows(results["lens"])) == 3 * 4
    assert len(to_rows(results["directions"])) == 4 * 4


def table_of(tokens, *words: str) -> CandidateTable:
    rows = tuple(
        CandidateScore(word, ("a", "##b"), (-1.0, -2.0), -3.0, -1.5, None) for word in words
    )
    return CandidateTable("tiny", tokens, 2, rows, ())


def first_cells(table: CandidateTable) -> list[str]:
    return [row["word"] for row in csv.DictReader(io.StringIO(to_csv(table), newline=""))]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_text_to_a_spreadsheet(tiny_bert, formula: str) -> None:
    tokens = tiny_bert.tokenize("a ___")
    assert first_cells(table_of(tokens, formula, "heron")) == ["'" + formula, "heron"]


def test_signs_of_the_vocabulary_are_harmless_too(tiny_bert) -> None:
    table = score_candidates(tiny_bert, tiny_bert.tokenize("a ___"), ["-", "=", "+", "@", "lake"])
    for row in csv.DictReader(io.StringIO(to_csv(table), newline="")):
        for name in ("word", "pieces"):
            assert row[name] == "lake" or row[name] in ("'-", "'=", "'+", "'@")
        assert float(row["log_probability"]) < 0, "a negative number stays a number"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_any_word_reads_back(tiny_bert, words: list[str]) -> None:
    found = first_cells(table_of(tiny_bert.tokenize("a ___"), *words))
    assert len(found) == len(words)
    for read, word in zip(found, words, strict=True):
        assert read in (word, "'" + word)
        assert not read.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
