"""Features of files: extract_features' own loop on the library's model; files that are whole."""

import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from bert_core.errors import InputError, RunError
from bert_core.features import extract as extraction
from bert_core.features.extract import extract
from bert_core.features.jsonl import rounded
from bert_core.features.layers import from_end, parse_layers
from bert_core.features.lines import split_pair
from bert_core.settings import PROJECT
from tests import tiny

LINES = (
    "The heron waits near the cold lake every morning.",
    "It is late. ||| The train waits ||| slow",
    "",
    "  Our bakery opens late [MASK] in winter  ",
    "\u0000 ||| a",
    "She writes slow letters to an old garden, " * 9 + "||| " + "and warm bread " * 12,
    "fresh bread " * 60,
    "|||",
    "rain ||| \u0007",
)
LENGTH = 40
LAYERS = (-1, -2, -3)


def write(path: Path, lines: Any = LINES) -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def npz(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def different(count: int) -> list[str]:
    """Lines that no format can make small."""
    chance = random.Random(1)  # noqa: S311 - any words will do
    return [" ".join(chance.choices(tiny.WORDS, k=8)) for _ in range(count)]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    return write(tmp_path / "lines.txt")


# ---- the reference -----------------------------------------------------------------------------


def reference_inputs(tokenizer: Any, line: str) -> tuple[list[str], list[int]]:
    """``read_examples`` and ``convert_examples_to_features``, step by step."""
    line = line.strip()
    found = re.match(r"^(.*) \|\|\| (.*)$", line)
    first, second = (line, None) if found is None else found.groups()
    # Text is text there: the reference splits a typed [MASK] as any other word.
    cut = [
        tokenizer.tokenize(part.replace("[MASK]", "[ MASK ]")) if part else []
        for part in (first, second)
    ]
    if cut[1]:
        while len(cut[0]) + len(cut[1]) > LENGTH - 3:
            cut[0 if len(cut[0]) > len(cut[1]) else 1].pop()
    else:
        cut[0] = cut[0][: LENGTH - 2]
    tokens = ["[CLS]", *cut[0], "[SEP]"]
    segments = [0] * len(tokens)
    if cut[1]:
        tokens += [*cut[1], "[SEP]"]
        segments += [1] * (len(cut[1]) + 1)
    return tokens, segments


def reference_records(folder: Path, lines: Any) -> list[dict[str, Any]]:
    """``main`` of extract_features.py around a direct forward pass, padded to the full length."""
    tokenizer = transformers.BertTokenizer.from_pretrained(folder)
    model = transformers.BertModel.from_pretrained(folder).eval()
    records = []
    for number, line in enumerate(lines):
        tokens, segments = reference_inputs(tokenizer, line)
        filling = [0] * (LENGTH - len(tokens))
        with torch.inference_mode():
            hidden = model(
                input_ids=torch.tensor([tokenizer.convert_tokens_to_ids(tokens) + filling]),
                token_type_ids=torch.tensor([segments + filling]),
                attention_mask=torch.tensor([[1] * len(tokens) + filling]),
                output_hidden_states=True,
            ).hidden_states
        features = [
            {
                "token": token,
                "layers": [
                    {"index": i, "values": [round(float(x), 6) for x in hidden[i][0, place]]}
                    for i in LAYERS
                ],
            }
            for place, token in enumerate(tokens)
        ]
        records.append({"linex_index": number, "features": features})
    return records


def shape_of(record: dict[str, Any]) -> Any:
    """All but the values, with the order of the keys."""
    features = [
        (list(each), each["token"], [(list(layer), layer["index"]) for layer in each["layers"]])
        for each in record["features"]
    ]
    return list(record), record["linex_index"], features


def values_of(record: dict[str, Any]) -> Any:
    return np.array([[layer["values"] for layer in f["layers"]] for f in record["features"]])


@pytest.fixture(scope="module")
def expected(folder_of):  # type: ignore[no-untyped-def]
    return reference_records(folder_of("bert-pretraining"), LINES)


def test_jsonl_is_that_of_the_reference(tiny_bert, text, tmp_path, expected) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "features.jsonl"
    found = extract(tiny_bert, text, out=out, layers=LAYERS, max_length=LENGTH)
    records = [json.loads(line) for line in out.read_text("ascii").splitlines()]
    assert len(records) == len(LINES)
    for ours, theirs in zip(records, expected, strict=True):
        assert shape_of(ours) == shape_of(theirs)
        np.testing.assert_allclose(values_of(ours), values_of(theirs), atol=1e-5)
        flat = values_of(ours).ravel().tolist()
        assert flat == [round(value, 6) for value in flat]
    assert [len(record["features"]) for record in records][2] == 2, "a blank line keeps its place"
    assert found.lines == 9
    assert found.pieces == found.rows == sum(len(record["features"]) for record in expected)
    assert (found.blank, found.pairs, found.cut, found.first_cut) == (1, 3, 2, (6, 7))
    assert found.bytes == out.stat().st_size


def test_npz_and_parquet_hold_the_same(tiny_bert, text, tmp_path, expected) -> None:  # type: ignore[no-untyped-def]
    for name in ("f.npz", "f.parquet"):
        extract(tiny_bert, text, out=tmp_path / name, layers=LAYERS, max_length=LENGTH)
    truth = np.concatenate([values_of(record) for record in expected])
    tokens = [each["token"] for record in expected for each in record["features"]]
    arrays = npz(tmp_path / "f.npz")
    assert arrays["features"].dtype == np.float32
    np.testing.assert_allclose(arrays["features"], truth, atol=1e-5)
    assert arrays["vocabulary"][arrays["ids"]].tolist() == tokens
    assert np.diff(arrays["offsets"]).tolist() == [len(r["features"]) for r in expected]
    assert arrays["layers"].tolist() == list(LAYERS)
    assert (arrays["left_out"] > 0).tolist() == [False] * 5 + [True] * 2 + [False] * 2
    table = pq.read_table(tmp_path / "f.parquet")
    assert table["token"].to_pylist() == tokens
    assert table["linex_index"].to_pylist() == [
        record["linex_index"] for record in expected for _ in record["features"]
    ]
    for place, layer in enumerate(LAYERS):
        column = np.array(table[f"layer_{layer}"].to_pylist())
        np.testing.assert_allclose(column, truth[:, place], atol=1e-5)
    assert table.schema.metadata[b"model"] == tiny_bert.label.encode()


@pytest.mark.parametrize("ending", ["jsonl", "npz", "parquet"])
def test_pooled_lines_have_one_row(tiny_bert, text, tmp_path, ending, expected) -> None:  # type: ignore[no-untyped-def]
    means = np.array([values_of(record).mean(axis=0) for record in expected])
    out = tmp_path / f"f.{ending}"
    found = extract(tiny_bert, text, out=out, layers=LAYERS, max_length=LENGTH, pool="mean")
    assert found.rows == len(LINES)
    if ending == "jsonl":
        records = [json.loads(line) for line in out.read_text().splitlines()]
        assert {each["features"][0]["token"] for each in records} == {"mean"}
        pooled = np.concatenate([values_of(record) for record in records])
    elif ending == "npz":
        pooled = npz(out)["features"]
    else:
        table = pq.read_table(out)
        pooled = np.stack([np.array(table[f"layer_{i}"].to_pylist()) for i in LAYERS], axis=1)
    np.testing.assert_allclose(pooled, means, atol=1e-5)


def test_cls_is_the_first_piece(tiny_bert, text, tmp_path) -> None:  # type: ignore[no-untyped-def]
    for pool in ("none", "cls"):
        extract(
            tiny_bert, text, out=tmp_path / f"{pool}.npz", layers=[-1], max_length=LENGTH, pool=pool
        )
    every, first = (npz(tmp_path / f"{pool}.npz") for pool in ("none", "cls"))
    np.testing.assert_array_equal(every["features"][every["offsets"][:-1]], first["features"])


@pytest.mark.parametrize("name", ["bert-pretraining", "distilbert", "roberta"])
def test_other_families_equal_a_direct_pass(encoder_of, folder_of, tmp_path, name) -> None:  # type: ignore[no-untyped-def]
    texts = [*tiny.SENTENCES, "rain"]
    write(tmp_path / "in.txt", [*texts, "The train waits. ||| It is late."])
    encoder = encoder_of(name)
    extract(encoder, tmp_path / "in.txt", out=tmp_path / "f.npz", layers=[-1, 0])
    arrays = npz(tmp_path / "f.npz")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder_of(name))
    model = transformers.AutoModel.from_pretrained(folder_of(name)).eval()
    pairs = [(text, None) for text in texts] + [("The train waits.", "It is late.")]
    for number, (first, second) in enumerate(pairs):
        inputs = tokenizer(first, second, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**inputs, output_hidden_states=True).hidden_states
        rows = slice(*arrays["offsets"][number : number + 2])
        assert arrays["ids"][rows].tolist() == inputs["input_ids"][0].tolist()
        for place, level in enumerate((-1, 0)):
            ours = arrays["features"][rows, place]
            np.testing.assert_allclose(ours, hidden[level][0].numpy(), atol=1e-5)


# ---- lines, layers, numbers --------------------------------------------------------------------


@given(st.lists(st.text(st.sampled_from("ab |\u00e9\u2028"), max_size=12), min_size=1, max_size=12))
def test_every_line_keeps_its_number(tmp_path_factory, tiny_bert, lines) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.getbasetemp()
    source, out = write(folder / "any.txt", lines), folder / "any.jsonl"
    found = extract(tiny_bert, source, out=out, layers=[-1], pool="cls")
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [record["linex_index"] for record in records] == list(range(len(lines)))
    assert found.blank == sum(not line.strip() for line in lines)


def test_order_does_not_depend_on_buffers(tiny_bert, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    lines = [" ".join(tiny.WORDS[: 1 + (7 * n) % 30]) for n in range(60)]
    source = write(tmp_path / "in.txt", lines)
    extract(tiny_bert, source, out=tmp_path / "one.npz", layers=[-1])
    monkeypatch.setattr(extraction.batching, "BATCH_PIECES", 64)
    monkeypatch.setattr(extraction, "BUFFER_BYTES", 1)
    told: list[tuple[int, int]] = []
    extract(
        tiny_bert, source, out=tmp_path / "many.npz", layers=[-1],
        on_progress=lambda *n: told.append(n),
    )  # fmt: skip
    one, many = (npz(tmp_path / name) for name in ("one.npz", "many.npz"))
    assert one["ids"].tolist() == many["ids"].tolist()
    np.testing.assert_allclose(one["features"], many["features"], atol=1e-5)
    assert len(told) > 5
    assert told[-1] == (len(one["ids"]), len(one["ids"]))


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_rounding_is_that_of_python(values: list[float]) -> None:
    found = rounded(np.array(values, dtype=np.float32))
    assert list(map(repr, found)) == [repr(round(value, 6)) for value in values]


def test_layers_have_one_name() -> None:
    assert from_end((2, 1, 0), 2) == from_end((-1, -2, -3), 2) == (-1, -2, -3)
    with pytest.raises(InputError, match="twice"):
        from_end((2, -1), 2)
    for text in ("", "-1,,2", "1.5", "last"):
        with pytest.raises(InputError, match="is no layer"):
            parse_layers(text)


def test_the_last_bars_part_a_pair() -> None:
    assert split_pair("a ||| b ||| c") == ("a ||| b", "c")
    assert split_pair("a |||b") == ("a |||b",)


# ---- refusals, and files that are whole --------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"layers": [3]}, "There is no layer 3"),
        ({"layers": []}, "No layer is named"),
        ({"max_length": 7}, "reads 8 to 64"),
        ({"max_length": 65}, "reads 8 to 64"),
        ({"pool": "max"}, "pooling is 'max'"),
        ({"out": "f.csv"}, "ends in '.csv'"),
        ({"out": "none/f.npz"}, "There is no folder"),
        ({"out": "lines.npz"}, "is the file that is read"),
    ],
)
def test_what_does_not_fit_is_refused(tiny_bert, tmp_path, options, sentence) -> None:  # type: ignore[no-untyped-def]
    source = write(tmp_path / "lines.npz")
    options = {"layers": [-1], "out": "f.npz"} | options
    with pytest.raises(InputError, match=re.escape(sentence)):
        extract(tiny_bert, source, **options | {"out": tmp_path / options["out"]})
    assert os.listdir(tmp_path) == ["lines.npz"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "no file"), (b"", "is empty"), (b"warm\n\xff\n", "line 2: byte 1")],
)
def test_files_that_are_no_text_are_refused(tiny_bert, tmp_path, content, sentence) -> None:  # type: ignore[no-untyped-def]
    source = tmp_path / "in.txt"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        extract(tiny_bert, source, out=tmp_path / "f.npz", layers=[-1])
    assert not (tmp_path / "f.npz").exists()


def test_a_pipe_is_refused_before_it_is_waited_for(tiny_bert, tmp_path) -> None:  # type: ignore[no-untyped-def]
    pipe = tmp_path / "lines"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="not an ordinary file"):
        extract(tiny_bert, pipe, out=tmp_path / "f.npz", layers=[-1])


@pytest.mark.parametrize("ending", ["jsonl", "npz", "parquet"])
def test_a_write_that_fails_leaves_nothing(tiny_bert, tmp_path, ending) -> None:  # type: ignore[no-untyped-def]
    source = write(tmp_path / "in.txt", different(400))
    out = tmp_path / f"f.{ending}"
    out.write_text("what was there before")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(InputError, match="cannot be written: File too large"):
            extract(tiny_bert, source, out=out, layers=[-1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sorted(os.listdir(tmp_path)) == sorted(["in.txt", out.name])
    assert out.read_text() == "what was there before"


@pytest.mark.parametrize("ending", ["jsonl", "npz", "parquet"])
def test_stopping_leaves_nothing(tiny_bert, text, tmp_path, ending) -> None:  # type: ignore[no-untyped-def]
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        extract(tiny_bert, text, out=tmp_path / f"f.{ending}", layers=[-1], on_progress=stop)
    assert os.listdir(tmp_path) == [text.name]


def test_a_full_disk_is_seen_before_it_is_full(tiny_bert, text, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    told: list[extraction.Estimate] = []
    usage = type("Usage", (), {"free": 1_000})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    passes = tiny_bert.passes
    with pytest.raises(InputError, match="0 MiB free"):
        extract(tiny_bert, text, out=tmp_path / "f.npz", layers=[-1], on_estimate=told.append)
    assert told[0].lines == len(LINES)
    assert tiny_bert.passes == passes


def test_a_file_that_grows_is_noticed(tiny_bert, text, tmp_path) -> None:  # type: ignore[no-untyped-def]
    def grow(_: extraction.Estimate) -> None:
        with text.open("a") as file:
            file.write("snow\n")

    with pytest.raises(RunError, match="it had 9 lines, then 10"):
        extract(tiny_bert, text, out=tmp_path / "f.npz", layers=[-1], on_estimate=grow)
    assert os.listdir(tmp_path) == [text.name]


@pytest.mark.parametrize("ending", ["jsonl", "npz", "parquet"])
def test_the_estimate_is_close(tiny_bert, tmp_path, ending) -> None:  # type: ignore[no-untyped-def]
    source = write(tmp_path / "in.txt", different(200))
    told: list[extraction.Estimate] = []
    found = extract(
        tiny_bert, source, out=tmp_path / f"f.{ending}", layers=[-1, -2], on_estimate=told.append
    )
    assert told[0].bytes == pytest.approx(found.bytes, rel=0.1)
    assert told[0].pieces == found.pieces


KILLED = """
import os, signal, sys
from bert_core.features.extract import extract
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
def kill(done, total):
    os.kill(os.getpid(), signal.SIGKILL)
extract(load(ModelChoice(sys.argv[1])), sys.argv[2], out=sys.argv[3], layers=[-1], on_progress=kill)
"""


def test_a_killed_process_leaves_no_file_of_that_name(folder_of, text, tmp_path) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "f.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder_of("bert-bare")), str(text), str(out)],
        cwd=PROJECT, capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not out.exists()


@pytest.mark.parametrize("ending", ["jsonl", "npz", "parquet"])
def test_memory_does_not_grow_with_the_file(tiny_bert, tmp_path, monkeypatch, ending) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(extraction, "BUFFER_BYTES", 2**16)
    monkeypatch.setattr(extraction.batching, "BATCH_PIECES", 512)
    monkeypatch.setattr("bert_core.data.pretraining.lines._BATCH", 2**11)
    peaks = []
    for lines in (200, 800):
        source = write(tmp_path / f"{lines}.txt", different(lines))
        tracemalloc.start()
        found = extract(tiny_bert, source, out=tmp_path / f"{lines}.{ending}", layers=[-1, -2])
        peaks.append(tracemalloc.get_traced_memory()[1] / 2**20)
        tracemalloc.stop()
    assert found.bytes > 1.5 * 2**20
    assert peaks[1] < 1.25 * peaks[0]
    assert peaks[1] < found.bytes / 2**20
