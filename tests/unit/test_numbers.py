"""Numbers as people read them."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.views import plain
from bert_core.views.numbers import bits, counted, joined, nats, percent, share, signed, typed


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0.0, "<\xa00.1\xa0%"),
        (0.00099999, "<\xa00.1\xa0%"),
        (0.001, "0.1\xa0%"),
        (0.5, "50.0\xa0%"),
        (1.0, "100.0\xa0%"),
    ],
)
def test_percent(probability: float, shown: str) -> None:
    assert percent(probability) == shown


def test_a_terminal_has_spaces_that_can_be_typed() -> None:
    assert plain.percent(0.5) == typed(percent(0.5)) == "50.0 %"
    assert typed(share(0)) == "0 %"


@given(st.floats(0.001, 1))
def test_a_percentage_reads_back(probability: float) -> None:
    assert float(percent(probability).removesuffix("\xa0%")) == pytest.approx(
        probability * 100, abs=0.051
    )


@given(st.floats(-1e6, 1e6))
def test_a_signed_figure_reads_back_with_its_sign(value: float) -> None:
    shown = signed(value)
    assert float(shown.replace("\u2212", "-")) == pytest.approx(value, abs=0.0051)
    assert re.fullmatch(r"0\.00|[+\u2212]\d+\.\d\d", shown)
    if abs(value) > 0.01:
        assert shown.startswith("+" if value > 0 else "\u2212")


def test_nothing_has_no_sign() -> None:
    assert {signed(value) for value in (0.0, -0.0, 0.001, -0.001)} == {"0.00"}


@given(st.floats(-1e6, 0))
def test_a_log_probability_reads_back(value: float) -> None:
    shown = nats(value)
    assert float(shown.replace("\u2212", "-")) == pytest.approx(value, abs=0.0051)
    assert re.fullmatch(r"0\.00|\u2212\d+\.\d\d", shown)
    assert shown != "\u22120.00"


def test_bits() -> None:
    assert bits(math.log2(30522)) == "14.9 bits"


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0 words"), (1, "1 word"), (2, "2 words"), (12345, "12,345 words")]
)
def test_counted(number: int, shown: str) -> None:
    assert counted(number, "word") == shown


def test_an_irregular_plural() -> None:
    assert [counted(n, "entry", "entries") for n in (1, 3)] == ["1 entry", "3 entries"]


@pytest.mark.parametrize(
    ("words", "shown"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), ("abc", "a, b and c")]
)
def test_joined(words, shown: str) -> None:
    assert joined(words) == shown
