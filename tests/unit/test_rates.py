"""How often one visitor may ask."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.errors import BusyError
from bert_core.serving import rates
from bert_core.serving.rates import Rates


class Clock:
    """A clock that a test sets."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def refused(counter: Rates, visitor: str = "a", requests: int = 1) -> BusyError | None:
    try:
        counter.spend(visitor, requests)
    except BusyError as error:
        return error
    return None


def test_a_minutes_worth_at_once_then_evenly() -> None:
    clock = Clock()
    counter = Rates(60, clock)
    assert [refused(counter) for _ in range(60)] == [None] * 60
    error = refused(counter)
    assert error is not None
    assert str(error) == "You have asked for more than 60 answers in a minute. Go on in 1 second."
    clock.now += 1
    assert refused(counter) is None
    assert refused(counter) is not None
    clock.now += 3_600
    assert [refused(counter) for _ in range(60)] == [None] * 60, "and no more than a bucket"
    assert refused(counter) is not None


def test_after_the_seconds_that_are_named_it_is_let_in() -> None:
    clock = Clock()
    for per_minute in (1, 7, 120):
        counter = Rates(per_minute, clock)
        counter.spend("a", per_minute)
        error = refused(counter)
        assert error is not None
        clock.now += error.seconds
        assert refused(counter) is None
    counter = Rates(1, clock)
    counter.spend("a")
    assert (
        str(refused(counter))
        == "You have asked for more than 1 answer in a minute. Go on in 60 seconds."
    )


def test_visitors_do_not_pay_for_each_other() -> None:
    counter = Rates(2, Clock())
    counter.spend("a", 2)
    assert refused(counter, "a") is not None
    assert refused(counter, "b") is None


def test_who_is_refused_pays_nothing() -> None:
    clock = Clock()
    counter = Rates(60, clock)
    counter.spend("a", 59)
    assert [refused(counter, requests=2) is None for _ in range(5)] == [False] * 5
    assert refused(counter) is None


def test_more_than_a_bucket_is_a_whole_bucket() -> None:
    counter = Rates(5, Clock())
    assert refused(counter, requests=50) is None
    assert refused(counter) is not None


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked longest ago is forgotten."""
    monkeypatch.setattr(rates, "MOST_VISITORS", 3)
    counter = Rates(1, Clock())
    for visitor in "abcab":
        refused(counter, visitor)
    counter.spend("d")
    assert len(counter) == 3
    assert [refused(counter, visitor) is None for visitor in "abd"] == [False] * 3
    assert refused(counter, "c") is None, "c was forgotten, and begins anew"


def test_threads_together_get_no_more_than_one() -> None:
    counter = Rates(50, Clock())
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: refused(counter) is None, range(400)))
    assert sum(found) == 50


@given(
    st.integers(1, 500),
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 40)), min_size=1, max_size=60),
)
def test_never_more_than_a_bucket_and_what_flowed_in(
    per_minute: int, events: list[tuple[float, int]]
) -> None:
    clock = Clock()
    counter, begun, taken = Rates(per_minute, clock), clock.now, 0
    for pause, requests in events:
        clock.now += pause
        error = refused(counter, requests=requests)
        if error is None:
            taken += min(requests, per_minute)
        else:
            assert error.seconds >= 1
        assert taken <= per_minute * (1 + (clock.now - begun) / 60) + 0.01


def test_a_batch_whose_first_question_was_counted_before_fits_a_full_minute() -> None:
    """More than a minute holds is as many as it holds, whenever the first of them was taken."""
    counter = Rates(5, lambda: 0.0)
    counter.spend("class")
    counter.spend("class", 64, taken=1)
    with pytest.raises(BusyError):
        counter.spend("class")
