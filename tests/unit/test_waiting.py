"""The line at a model: order of arrival, a bound, and leaving while one waits."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from bert_core.errors import BusyError, InputError
from bert_core.model import waiting
from bert_core.model.waiting import Line, admitted, until


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.001)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(30) as made:
        yield made


class Left(Exception):
    """What a page raises in the middle of a run that nobody wants any more."""


def joined(
    pool: ThreadPoolExecutor, line: Line, inside: Callable[[], object], **how: object
) -> Future[None]:
    """Somebody in another thread who stands in the line when this returns."""
    stands = threading.Event()

    def come() -> None:
        with line.turn(on_wait=lambda _ahead: stands.set(), **how):  # type: ignore[arg-type]
            inside()

    found = pool.submit(come)
    assert stands.wait(30)
    return found


def test_turns_come_in_order_of_arrival(pool: ThreadPoolExecutor) -> None:
    line, order = Line(50), []
    with line.turn():
        came = [joined(pool, line, lambda n=n: order.append(n)) for n in range(20)]  # type: ignore[misc]
        assert line.waiting == 20
        assert order == []
    for each in came:
        each.result(30)
    assert order == list(range(20))
    assert line.waiting == 0


def test_who_asks_again_at_once_comes_last(pool: ThreadPoolExecutor) -> None:
    """As a long job does, batch by batch: it does not keep the line for itself."""
    line, order = Line(50), []
    with line.turn():
        other = joined(pool, line, lambda: order.append("short"))
    with line.turn():
        order.append("long")
    other.result(30)
    assert order == ["short", "long"]


def test_one_at_a_time(pool: ThreadPoolExecutor) -> None:
    line, inside, most = Line(50), [], []

    def work() -> None:
        for _ in range(20):
            with line.turn():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    for each in [pool.submit(work) for _ in range(20)]:
        each.result(60)
    assert most == [1] * 400


def test_a_full_line_turns_away_politely(pool: ThreadPoolExecutor) -> None:
    line, told = Line(2), []
    line.on_refused = lambda: told.append(1)
    with line.turn():
        came = [joined(pool, line, lambda: None) for _ in range(2)]
        with pytest.raises(BusyError) as refused, line.turn():
            pytest.fail("nobody may be let in")
        assert str(refused.value) == ("2 others are waiting for this model; try again in a moment.")
        assert isinstance(refused.value, InputError)
        assert (refused.value.field, refused.value.seconds > 0) == ("model", True)
        assert line.waiting == 2, "who was refused stands nowhere"
        came.append(joined(pool, line, lambda: None, bounded=False))
        with pytest.raises(BusyError, match="3 others"), line.turn():
            pytest.fail("nobody may be let in")
        assert line.busy
    for each in came:
        each.result(30)
    assert not line.busy
    assert len(told) == 2, "of everyone who was refused, and of nobody else"
    with line.turn():
        assert line.waiting == 0


def test_nobody_may_wait_where_the_bound_is_nought() -> None:
    line = Line(0)
    with line.turn():
        with pytest.raises(BusyError, match="0 others are waiting"), line.turn():
            pytest.fail("nobody may be let in")
    with line.turn():
        pass


def test_what_was_let_in_as_a_whole_is_not_refused_half_way(pool: ThreadPoolExecutor) -> None:
    line, done = Line(0), threading.Event()

    def job() -> None:
        with admitted():
            joined(pool, line, done.set).result(30)

    with line.turn():
        stands = threading.Event()

        def batch() -> None:
            with admitted(), line.turn(on_wait=lambda _ahead: stands.set()):
                done.set()

        came = pool.submit(batch)
        assert stands.wait(30)
        with pytest.raises(BusyError), line.turn():
            pytest.fail("others are")
    came.result(30)
    assert done.is_set()


def test_a_caller_knows_its_place(pool: ThreadPoolExecutor) -> None:
    line, told = Line(50), []
    with line.turn():
        came = [joined(pool, line, lambda: None) for _ in range(3)]
        seen = threading.Event()

        def tell(ahead: int) -> None:
            told.append(ahead)
            seen.set()

        def come() -> int:
            with line.turn(on_wait=tell):
                return threading.get_ident()

        last = pool.submit(come)
        assert seen.wait(30)
        assert told[0] == 4, "the one inside, and three who wait"
        places = sorted(line.ahead_of(ticket.thread) for ticket in line.others())
        assert places == [1, 2, 3, 4]
        assert line.ahead_of(threading.get_ident()) == 0
    for each in [*came, last]:
        each.result(30)
    assert told == sorted(told, reverse=True), "it only comes nearer"


def test_a_free_line_is_entered_without_a_word() -> None:
    with Line(50).turn(on_wait=lambda _ahead: pytest.fail("nobody is ahead")):
        pass


def test_who_leaves_while_waiting_keeps_nobody_up(pool: ThreadPoolExecutor) -> None:
    line, order = Line(50), []
    stop = threading.Event()

    def tell(_ahead: int) -> None:
        stands.set()
        if stop.is_set():
            raise Left

    def come() -> None:
        with line.turn(on_wait=tell):
            order.append("never")

    with line.turn():
        first = joined(pool, line, lambda: order.append("first"))
        stands = threading.Event()
        leaver = pool.submit(come)
        assert stands.wait(30)
        last = joined(pool, line, lambda: order.append("last"))
        stop.set()
        with pytest.raises(Left):
            leaver.result(30)
        assert line.waiting == 2
    first.result(30)
    last.result(30)
    assert order == ["first", "last"]


def test_whose_block_is_left_gives_up_his_place(pool: ThreadPoolExecutor) -> None:
    line, left, stands = Line(50), threading.Event(), threading.Event()

    def come() -> None:
        with until(left):
            stands.set()
            with line.turn():
                pytest.fail("nobody wants it")

    with line.turn():
        leaver = pool.submit(come)
        assert stands.wait(30)
        last = joined(pool, line, lambda: None)
        left.set()
        with pytest.raises(waiting.Left):
            leaver.result(30)
        assert line.waiting == 1
    last.result(30)
    with pytest.raises(waiting.Left), until(left), line.turn():
        pytest.fail("a free line is not entered either")
    assert not line.busy
    with line.turn():
        pass


def test_an_error_inside_lets_the_next_one_in(pool: ThreadPoolExecutor) -> None:
    line, order = Line(50), []
    came = []

    def fail() -> None:
        with line.turn():
            came.append(joined(pool, line, lambda: order.append("next")))
            raise Left

    with pytest.raises(Left):
        fail()
    came[0].result(30)
    assert order == ["next"]


def test_a_short_question_waits_for_one_batch_of_a_long_job(  # type: ignore[no-untyped-def]
    tiny_bert, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job stands still after its second batch until the question is in the line."""
    import functools

    from bert_core.model import batching

    monkeypatch.setattr(batching, "plan", functools.partial(batching.plan, pieces=8))
    tokens = tiny_bert.tokenize("warm [MASK]")
    told, asked = [], []

    def ask() -> None:
        with tiny_bert.computing():
            asked.append(len(told))

    def progress(done: int, _of: int) -> None:
        told.append(done)
        if done == 4:
            with tiny_bert.line.turn(bounded=False):
                asking = pool.submit(ask)
                while not tiny_bert.line.waiting:
                    assert not asking.done()
            pending.append(asking)

    pending: list[Future[None]] = []
    logits = tiny_bert.head_logits("masked_word", [tokens] * 20, on_progress=progress)
    pending[0].result(30)
    assert len(told) == 10
    assert np.isfinite(logits).all()
    assert asked == [2], "before the third batch"
