"""Questions of several callers in one batch: each gets what it would have got alone."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from bert_core.errors import BusyError, InputError, ModelError
from bert_core.model import batching
from bert_core.model.combining import SMALL_PIECES, Ask, companions
from bert_core.model.loading import load
from bert_core.model.waiting import Line, Ticket
from bert_core.tasks.masked import fill
from tests import tiny


class Pieces:
    """What goes through an encoder."""

    def __init__(self, ids: list[int]) -> None:
        self.ids = ids
        self.segments = [0] * len(ids)


def at_once(encoder: Any, questions: Sequence[Callable[[], Any]]) -> list[Future[Any]]:
    """Let all stand in the line before the first has its turn."""
    with ThreadPoolExecutor(len(questions)) as pool, encoder.line.turn():
        found = []
        for number, question in enumerate(questions, start=1):
            found.append(pool.submit(question))
            while encoder.line.waiting < number:
                assert not found[-1].done(), found[-1].exception()
    return found


def asks(encoder: Any, text: str) -> list[Callable[[], Any]]:
    """The kinds of small questions there are, each giving arrays."""
    tokens = encoder.tokenize(text)
    places = tokens.masks

    def logits() -> Any:
        return encoder.trace(tokens, positions=places).logits

    def hidden() -> Any:
        trace = encoder.trace(tokens, positions=places, hidden=True)
        return np.concatenate([trace.logits.ravel(), trace.hidden.ravel()])

    def following() -> Any:
        return encoder.trace(tokens, next_sentence=True).next_sentence

    def many() -> Any:
        batches = encoder.masked_logits([tokens, tokens], [places, ()])
        return np.concatenate([rows.numpy() for _, rows in batches])

    def head() -> Any:
        return np.concatenate(encoder.head_logits("masked_word", [tokens] * 2, [places, [0]]))

    return [logits, hidden, following, many, head]


def test_twenty_callers_get_what_each_gets_alone(
    encoder_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = encoder_of("bert-pretraining")
    texts = ["warm [MASK]", "[MASK] rain on the grey lake", "snow [MASK] snow", "the [MASK] waits"]
    questions = [question for text in texts for question in asks(encoder, text)]
    alone = [question() for question in questions]
    passes = encoder.passes
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(encoder, "on_pass", lambda *batch: told.append(batch))
    found = at_once(encoder, questions)
    for answer, expected in zip(found, alone, strict=True):
        np.testing.assert_allclose(answer.result(), expected, rtol=0, atol=1e-5)
    assert encoder.passes - passes == 20, "each question counts"
    assert sorted(told) == [(4, 4), (16, 24)], "those with hidden states together, and all others"


def test_the_embedded_model_answers_twenty_alike(
    embedded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"{text} {'So it is. ' * (n % 3)}" for n, text in enumerate(tiny.SENTENCES * 4)]
    texts = [text.replace("the", "[MASK]", 1) for text in texts]
    alone = [fill(embedded, text + " [MASK].") for text in texts]
    callers: list[int] = []
    monkeypatch.setattr(embedded, "on_pass", lambda together, _: callers.append(together))
    found = at_once(
        embedded, [lambda text=text: fill(embedded, text + " [MASK].") for text in texts]
    )  # type: ignore[misc]
    for answer, expected in zip(found, alone, strict=True):
        for mask, other in zip(answer.result().masks, expected.masks, strict=True):
            assert [each.id for each in mask.candidates] == [each.id for each in other.candidates]
            np.testing.assert_allclose(
                [each.probability for each in mask.candidates],
                [each.probability for each in other.candidates],
                rtol=0, atol=1e-5,
            )  # fmt: skip
    assert sum(each for each in callers if each > 1) >= 16


def test_one_that_fails_harms_no_other(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    """It asks for a piece that the vocabulary has not; nobody else hears of it."""
    tokens = tiny_bert.tokenize("warm [MASK]")
    good = tiny_bert.trace(tokens, positions=[2]).logits
    questions = [lambda: tiny_bert.trace(tokens, positions=[2]).logits] * 5
    for place in (0, 3, 5):
        bad = [*questions]
        bad.insert(place, lambda: tiny_bert.head_logits("masked_word", [Pieces([1, 10**6])]))
        found = at_once(tiny_bert, bad)
        with pytest.raises(IndexError, match="out of range"):
            found.pop(place).result()
        for each in found:
            np.testing.assert_allclose(each.result(), good, rtol=0, atol=1e-5)
    assert tiny_bert.line.waiting == 0


@pytest.mark.parametrize("place", [4, 77, -1])
def test_a_piece_that_is_not_there_is_refused(tiny_bert, place: int) -> None:  # type: ignore[no-untyped-def]
    """In a batch with a longer text there would be one at that place, of padding."""
    tokens = tiny_bert.tokenize("warm [MASK]")
    assert len(tokens) == 4
    for hidden in (False, True):
        with pytest.raises(InputError, match=f"no position {place}: the text has 4"):
            tiny_bert.trace(tokens, positions=[2, place], hidden=hidden)
    with pytest.raises(InputError, match=f"no piece {place}"):
        list(tiny_bert.masked_logits([tokens] * 2, [[1], [place]]))
    with pytest.raises(InputError, match=f"no piece {place}"):
        tiny_bert.head_logits("masked_word", [tokens], [[place]])


def test_those_who_wait_while_a_model_goes_hear_of_it(folder_of) -> None:  # type: ignore[no-untyped-def]
    from bert_core.model.choice import ModelChoice

    encoder = load(ModelChoice(source=str(folder_of("bert-masked"))))
    tokens = encoder.tokenize("warm [MASK]")
    ask = lambda: encoder.trace(tokens, positions=[2])  # noqa: E731
    found = at_once(encoder, [encoder.release, ask, ask, ask])
    found[0].result()
    for each in found[1:]:
        with pytest.raises(ModelError, match="was unloaded"):
            each.result()


def test_a_long_call_is_not_turned_away_half_way(folder_of, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    import functools

    from bert_core.model.choice import ModelChoice

    monkeypatch.setenv("BERT_EXPLORER_WAITING_VISITORS", "0")
    monkeypatch.setattr(batching, "plan", functools.partial(batching.plan, pieces=8))
    encoder = load(ModelChoice(source=str(folder_of("bert-masked"))))
    tokens = encoder.tokenize("warm [MASK]")
    holds, go, seen = threading.Event(), threading.Event(), []

    def hold() -> None:
        with encoder.line.turn(bounded=False):
            holds.set()
            while not encoder.line.waiting:
                assert not job.done()
            go.set()

    def progress(done: int, _of: int) -> None:
        seen.append(done)
        if done == 2:
            pool.submit(hold)
            assert holds.wait(30)

    with ThreadPoolExecutor(2) as pool:
        with encoder.line.turn():
            with pytest.raises(BusyError):
                encoder.head_logits("masked_word", [tokens] * 6)
        job = Future[None]()
        found = encoder.head_logits("masked_word", [tokens] * 6, on_progress=progress)
    assert go.is_set()
    assert (len(found), seen) == (6, [2, 4, 6])


# ---- what fits together ------------------------------------------------------------------------


def ask(length: int, *, count: int = 1, rows: int = 1, hidden: bool = False) -> Ask:
    """A question of some word pieces."""
    return Ask(
        [Pieces([5] * length)] * count, [[0] * rows] + [[]] * (count - 1), "masked_word", hidden
    )


def fitting(own: Ask, *others: Any) -> list[int]:
    """Which of others go along, by number."""
    tickets = [Ticket(other) for other in others]
    return [tickets.index(each) for each in companions(own, tickets)]


def test_who_came_first_goes_along_first() -> None:
    assert fitting(ask(10), ask(10), ask(12), ask(9)) == [0, 1, 2]
    full = SMALL_PIECES
    assert fitting(ask(full), *[ask(full)] * 9) == list(range(batching.BATCH_PIECES // full - 1))


def test_what_does_not_fit_waits_for_its_turn() -> None:
    assert fitting(ask(10), None, ask(10), ask(SMALL_PIECES + 1), ask(8)) == [1, 3]
    assert fitting(ask(10), ask(10, hidden=True), ask(10)) == [1]
    assert fitting(ask(10, hidden=True), ask(10, hidden=True), ask(10)) == [0]
    assert fitting(ask(64, rows=64), *[ask(64, rows=64)] * 5) == [0, 1, 2], "256 rows in all"
    assert fitting(ask(10), ask(10, rows=65)) == []


def test_no_more_than_half_of_a_batch_is_padding() -> None:
    assert fitting(ask(8), ask(100), ask(9)) == [0], "2 x 100 is less than twice 108"
    assert fitting(ask(8, count=5), ask(100), ask(9)) == [1]


def test_a_large_question_takes_nobody_along() -> None:
    assert fitting(ask(SMALL_PIECES + 1), ask(10)) == []
    assert fitting(ask(100, count=6), ask(10)) == []


def test_one_that_failed_with_others_stays_alone() -> None:
    ticket = Ticket(ask(10))
    ticket.alone = True
    assert companions(ask(10), [ticket]) == []


def test_an_answer_for_somebody_who_left_is_dropped() -> None:
    line, ticket = Line(5), Ticket(ask(10))
    with line.turn():
        line.done(ticket, "nothing")
        assert line.waiting == 0
