"""Attention as CSV, NPZ and JSON: the library's own numbers, whole, and harmless to open."""

import csv
import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bert_core.analysis.attention.attend import AttentionResult, attend
from bert_core.analysis.attention.corpus import head_statistics
from bert_core.errors import InputError
from bert_core.views import attention_files
from bert_core.views.attention_files import (
    attention_csv,
    attention_json,
    attention_npz,
    corpus_csv,
    corpus_record,
    csv_parts,
)
from tests.unit.bertviz_inputs import NASTY, OTHERS, made, nasty_tokens
from tests.unit.made_attention import inputs

TEXT, PAIR = "The herons wait, near the [MASK] lake.", "Our bakery opened late."


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def from_csv(result: AttentionResult) -> np.ndarray:
    """The weights of a CSV, each put in its place by what its line says."""
    weights = np.full(result.weights.shape, np.nan, dtype=np.float32)
    for row in rows_of(attention_csv(result)):
        head = result.heads.index(int(row["head"])) if row["head"] else 0
        place = (
            result.layers.index(int(row["layer"])),
            head,
            result.rows.index(int(row["from"])),
            result.columns.index(int(row["to"])),
        )
        assert math.isnan(weights[place]), "no weight stands there twice"
        weights[place] = np.float32(row["weight"])
    return weights


def from_npz(result: AttentionResult) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(attention_npz(result)), allow_pickle=False) as file:
        return dict(file)


@pytest.mark.parametrize("name", ["bert-pretraining", "distilbert"])
def test_every_form_has_the_numbers_of_the_library(encoder_of, folder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    import transformers

    result = attend(encoder_of(name), TEXT, PAIR)
    model = transformers.AutoModel.from_pretrained(
        folder_of(name), attn_implementation="eager", dtype=torch.float32
    )
    arguments = {"input_ids": torch.tensor([result.tokens.ids])}
    if name.startswith("bert"):
        arguments["token_type_ids"] = torch.tensor([result.tokens.segments])
    with torch.inference_mode():
        expected = torch.cat(model.eval()(**arguments, output_attentions=True).attentions).numpy()
    close = {"rtol": 0, "atol": 1e-6}
    np.testing.assert_allclose(from_csv(result), expected, **close)
    np.testing.assert_allclose(from_npz(result)["weights"], expected, **close)
    np.testing.assert_allclose(json.loads(attention_json(result))["weights"], expected, **close)
    # Head 2.3, as the head of the module explains it.
    (line,) = [
        row
        for row in rows_of(attention_csv(result))
        if (row["layer"], row["head"], row["from"], row["to"]) == ("2", "3", "0", "1")
    ]
    assert float(line["weight"]) == pytest.approx(expected[1][2, 0, 1], abs=1e-6)
    assert line["from_text"] == result.tokens.pieces[0]


SHOWN = {
    "whole": {},
    "part": {"block": "ab", "hide_special": True, "level": "word", "layer": 2},
    "one head": {"layer": 1, "head": 3},
    "renormalised": {"hide_special": True, "renormalise": True},
}


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_nothing_is_lost_on_the_way(shown) -> None:
    result = made(nasty_tokens(), **shown)
    np.testing.assert_array_equal(from_csv(result), result.weights)
    assert len(rows_of(attention_csv(result))) == result.weights.size
    read = from_npz(result)
    assert read["weights"].dtype == np.float32
    for name in ("weights", "layers", "heads", "rows", "columns", "hidden", "outside", "emptied"):
        np.testing.assert_array_equal(read[name], getattr(result, name))
    record = json.loads(attention_json(result))
    np.testing.assert_array_equal(np.float32(record["weights"]), result.weights)
    for name in ("layers", "heads", "rows", "columns"):
        assert record[name] == list(getattr(result, name))
    assert [unit["text"] for unit in record["units"]] == [unit.text for unit in result.units]


@pytest.mark.parametrize("measure", ["rollout", "attribution"])
def test_joined_heads_have_no_number_and_values_keep_their_sign(measure) -> None:
    result = made(nasty_tokens(), measure=measure)
    result = replace(result, weights=-result.weights)
    np.testing.assert_array_equal(from_csv(result), result.weights)
    heads = {row["head"] for row in rows_of(attention_csv(result))}
    assert heads == ({""} if measure == "rollout" else {"1", "2", "3"})
    assert from_npz(result)["heads"].tolist() == list(result.heads)
    assert str(from_npz(result)["measure"]) == measure


@given(inputs, st.sampled_from(["piece", "word"]))
def test_any_input_reads_back(tokens, level) -> None:
    result = made(tokens, level=level, layers=1, heads=1)
    np.testing.assert_array_equal(from_csv(result), result.weights)
    read = from_npz(result)
    assert read["tokens"].tolist() == [unit.text for unit in result.units]
    for unit, span, sequence in zip(result.units, read["spans"], read["sequences"], strict=True):
        if unit.span is None:
            assert (*span, sequence) == (-1, -1, -1)
        else:
            source = str(read["pair"] if sequence else read["text"])
            assert unit.text.removeprefix("##") == source[slice(*span)]


def test_texts_that_would_run_somewhere_are_only_texts() -> None:
    result = made(nasty_tokens())
    texts = {row["from_text"] for row in rows_of(attention_csv(result))}
    assert {NASTY, "'=1+1", "<!--<script>", "'\"`${1}"} <= texts
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in texts)
    assert {NASTY, *OTHERS} <= set(from_npz(result)["tokens"].tolist())
    assert {NASTY, *OTHERS} <= {
        unit["text"] for unit in json.loads(attention_json(result))["units"]
    }


def test_a_file_says_where_it_comes_from_and_how_it_counts(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    result = attend(tiny_bert, TEXT, PAIR, level="word")
    read, record = from_npz(result), json.loads(attention_json(result))
    for about in (str(read["about"]), record["about"]):
        assert "Layers and heads are counted from 1" in about
        assert "counted from 0" in about
    versions = dict(line.split(" ", 1) for line in read["versions"].tolist())
    assert versions == record["versions"]
    assert versions["torch"] == torch.__version__
    assert set(versions) == {"bert_core", "torch", "transformers", "tokenizers", "numpy"}
    assert str(read["model"]) == record["model"] == tiny_bert.label
    assert (str(read["measure"]), str(read["level"]), str(read["block"])) == ("raw", "word", "all")
    assert read["pieces"].tolist() == list(result.tokens.pieces)
    assert read["ids"].tolist() == list(result.tokens.ids)
    assert read["words"].tolist() == [-1 if word is None else word for word in result.tokens.words]
    assert (str(read["text"]), str(read["pair"])) == (TEXT, PAIR)
    assert tuple(read["notes"].tolist()) == tuple(record["notes"]) == result.notes


def test_what_does_not_fit_in_memory_as_text_is_refused(monkeypatch) -> None:
    result = made(nasty_tokens())
    monkeypatch.setattr(attention_files, "MOST_WEIGHTS", result.weights.size)
    assert attention_csv(result)
    assert attention_json(result)
    monkeypatch.setattr(attention_files, "MOST_WEIGHTS", result.weights.size - 1)
    for make in (attention_csv, attention_json):
        with pytest.raises(InputError, match=r"726 weights.*at most 725.*NPZ"):
            make(result)
    parts = list(csv_parts(result))
    assert len(parts) == 2 * 3, "a part for each head"
    assert len(rows_of("".join(parts))) == 726


def test_the_table_of_many_sentences(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    result = head_statistics(tiny_bert, ["The heron waits.", "", "It is late, again."])
    rows = rows_of(corpus_csv(result))
    assert [(row["layer"], row["head"]) for row in rows] == [
        (str(layer), str(head)) for layer in (1, 2) for head in (1, 2, 3, 4)
    ]
    for row in rows:
        at = int(row["layer"]) - 1, int(row["head"]) - 1
        assert row["sentences"] == "2"
        for number, name in enumerate(result.names):
            for kind, values in (("mean", result.mean), ("spread", result.spread)):
                value = values[(number, *at)]
                written = row[f"{name}_{kind}"]
                assert written == ("" if math.isnan(value) else repr(float(value)))
        assert row["a_to_b_mean"] == "", "single texts have no A→B"
        shares = [float(row[f"pattern_{pattern}"]) for pattern in result.patterns]
        assert sum(shares) == pytest.approx(1)
    record = json.loads(json.dumps(corpus_record(result), allow_nan=False))
    assert record["heads"][5]["entropy_mean"] == float(rows[5]["entropy_mean"])
    assert record["heads"][5]["a_to_b_mean"] is None
    assert [bad["row"] for bad in record["bad"]] == [2]
