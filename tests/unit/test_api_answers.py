"""Answers of the JSON API as bytes."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.serving.refusals import Refused
from pages._server.answers import rendered

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(_VALUES)
def test_an_answer_is_one_piece_of_json(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert rendered(value) == text.encode("utf-8", "backslashreplace")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_is_refused_however_deep_it_lies(number: float) -> None:
    for value in (number, {"a": number}, [[1.0, 2.0], [0.5, number]], np.array([[[0.0, number]]])):
        with pytest.raises(Refused, match="numbers that are none"):
            rendered({"items": [{"found": value}]})


def test_no_list_inside_is_handed_to_the_encoder_with_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Since nobody else runs in the meantime."""
    rows = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    encode, seen = json.JSONEncoder.encode, []

    def look(encoder: json.JSONEncoder, value: object) -> str:
        seen.append(value)
        return encode(encoder, value)

    monkeypatch.setattr(json.JSONEncoder, "encode", look)
    assert json.loads(rendered({"vectors": rows})) == {"vectors": rows.tolist()}
    assert seen[1:] == rows.reshape(6, 4).tolist()
