"""Whatever is in a file: an answer or a sentence, never a traceback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.data import layouts
from bert_core.data.choices import read_choices
from bert_core.data.clean import account, clean_bytes
from bert_core.data.conll import read_tagged
from bert_core.data.dataset import Dataset
from bert_core.data.doctor import examine
from bert_core.data.documents import look_through
from bert_core.data.squad import read_squad
from bert_core.data.texts import read_texts
from bert_core.errors import InputError

READERS: dict[str, Callable[[Path], Dataset[Any]]] = {
    "texts": lambda path: read_texts(path, layouts.GENERIC),
    "numbers": lambda path: read_texts(path, layouts.STSB),
    "headless": lambda path: read_texts(path, layouts.COLA),
    "places": lambda path: read_texts(path, layouts.SST2, {"text": "#1", "label": "#2"}),
    "tags": read_tagged,
    "choices": read_choices,
    "squad": lambda path: read_squad(path, version_2=False),
    "squad2": lambda path: read_squad(path, version_2=True),
}
SUFFIXES = (".tsv", ".csv", ".jsonl", ".json", ".txt")

# Bytes, pieces of the formats in any order, and JSON of any shape under the names that are read.
fragments = st.lists(
    st.sampled_from(
        ["text", "label", "sentence", "sent1", "\t", ",", ";", '"', '""', "\n", "\r", "\r\n", "{",
         "}", "[", "]", ":", '{"text": "a", "label": 1}', '"data"', "Oslo B-LOC", "Oslo I-LOC",
         "-DOCSTART-", "1", "\ufeff", "\0", "\u2028", "\u00a0", "é", "\\ud800", "NaN", "null", " "]
    ),
    max_size=25,
).map("".join)  # fmt: skip
names = st.sampled_from(
    ["data", "title", "paragraphs", "context", "qas", "id", "question", "answers", "text",
     "answer_start", "is_impossible", "label", "words", "tags", "endings", "start", "premise"]
)  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 99) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
contents = (
    st.binary(max_size=200)
    | fragments.map(lambda text: text.encode("utf-8"))
    | fragments.map(lambda text: text.encode("utf-16"))
    | anything.map(lambda value: json.dumps(value).encode())
    | st.lists(anything, max_size=3).map(
        lambda values: "\n".join(json.dumps(value) for value in values).encode()
    )
    | anything.map(lambda value: json.dumps({"data": [{"paragraphs": value}]}).encode())
)


@pytest.mark.parametrize("reader", READERS)
@given(content=contents, suffix=st.sampled_from(SUFFIXES))
def test_readers_never_break_and_count_everything(
    tmp_path_factory: pytest.TempPathFactory, reader: str, content: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(content)
    try:
        found = READERS[reader](path)
    except InputError:
        return
    left_out = found.read - len(found.examples)
    assert left_out >= 0
    assert len(found.problems) >= min(left_out, 1), "nothing is left out without a word"
    assert found.read or any(problem.severity == "blocking" for problem in found.problems)
    rows = [example.row for example in found.examples]
    assert rows == sorted(set(rows))
    report = examine(found, found, lengths=lambda examples: [7] * len(examples), max_seq_length=8)
    assert report.blocking or found.examples
    account(found)
    if found.examples:
        clean_bytes(found)


@given(content=contents)
def test_plain_text_never_breaks(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content)
    found = look_through(path)
    assert found.size == len(content)
    assert found.single <= found.documents <= found.sentences
