"""How often one visitor may ask the pages: what counts, who waits, what is said."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from bert_core.serving.rates import Rates
from pages._shared import pace


class Clock:
    """A clock that goes on when somebody sleeps."""

    now = 1_000.0
    slept = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Three questions a minute, by a clock of this test."""
    made = Clock()
    rates = Rates(3, made)
    monkeypatch.setattr(pace, "_rates", lambda _per_minute: rates)
    monkeypatch.setattr(pace, "time", made)
    return made


def script() -> None:
    import streamlit as st

    from pages._shared import pace
    from pages._shared.answers import kept, newest

    pace.begin()
    text = st.text_input("Text", "a")
    st.write(kept(("one", text), lambda: f"one of {text}"))
    st.write(kept(("two", text), lambda: f"two of {text}"))
    st.write(newest("three", (text,), lambda: f"three of {text}"))


@pytest.fixture
def visit(clock: Clock) -> Callable[[], AppTest]:
    return lambda: AppTest.from_function(script).run()


def ask(page: AppTest, text: str) -> list[str]:
    page.text_input[0].set_value(text).run()
    return [each.value for each in page.markdown]


def test_a_page_counts_once_and_what_is_kept_does_not(
    clock: Clock, visit: Callable[[], AppTest]
) -> None:
    page = visit()
    for text in "bcbc":  # "three" is computed anew for each: four, and one at the beginning
        page.run()
        ask(page, text)
        if text == "c":
            clock.now += 40
    assert clock.slept == 0
    assert not page.toast


def test_who_asks_too_often_is_told_how_long_and_gets_the_answer_then(
    clock: Clock, visit: Callable[[], AppTest]
) -> None:
    page = visit()
    for text in "bc":
        ask(page, text)
    assert clock.slept == 0
    assert ask(page, "d") == ["one of d", "two of d", "three of d"]
    assert clock.slept == pytest.approx(20, abs=1)
    said = page.toast[0].value
    assert said == "You have asked for more than 3 answers in a minute. Go on in 1 second.", (
        "the last it said"
    )
    before = clock.slept
    ask(page, "d")
    assert clock.slept == before
    assert not page.toast


def test_nobody_pays_for_another(clock: Clock, visit: Callable[[], AppTest]) -> None:
    page, other = visit(), visit()
    for text in "bc":
        ask(page, text)
    assert ask(other, "b") == ["one of b", "two of b", "three of b"]
    assert clock.slept == 0
