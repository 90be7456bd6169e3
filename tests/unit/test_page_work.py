"""What pages ask of the models: in turn, once, and only while the visitor is there."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from bert_core.data.extraction.extract import Extracted, extract_text
from bert_core.model import waiting
from bert_core.model.choice import ModelChoice
from bert_core.model.encoder import Encoder
from pages._server import answers as bodies
from pages._shared import answers, models, pace
from pages._shared.models import documents, encoder, in_turn, jobs
from pages._squad import inputs

PATIENCE = 60  # seconds, of a test that fails


class Gone(BaseException):
    """What Streamlit raises where a page draws after the visitor has clicked on something."""


class Slot:
    """A place on a page whose visitor clicks once it has been drawn on so many times."""

    def __init__(self, clicks_at: int) -> None:
        self.clicks_at, self.drawn = clicks_at, 0

    def empty(self) -> None:
        self.drawn += 1
        if self.drawn >= self.clicks_at:
            raise Gone

    def caption(self, _words: str) -> None:
        self.empty()


@pytest.fixture
def choice(folder_of, monkeypatch: pytest.MonkeyPatch) -> ModelChoice:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(models, "POLL", 0.001)
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.001)
    return ModelChoice(str(folder_of("bert-pretraining")))


def until(holds: Callable[[], bool]) -> None:
    """Return when something holds, which another thread brings about."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end


def asked_and_left(choice: ModelChoice, held: Encoder, clicks_at: int) -> list[object]:
    """Ask for a pass, and click on something else; what the pass brought."""
    answered: list[object] = []
    with pytest.raises(Gone):
        in_turn(
            choice,
            lambda: answered.append(held.trace(held.tokenize("warm [MASK]"), hidden=True)),
            Slot(clicks_at),  # type: ignore[arg-type]
        )
    return answered


def test_who_leaves_a_page_leaves_the_line(choice: ModelChoice) -> None:
    held = encoder(choice)
    with held.line.turn():
        for _ in range(20):
            assert not asked_and_left(choice, held, 3)
        until(lambda: not held.line.waiting)
    assert not held.line.busy


def test_a_click_is_heard_while_nobody_is_ahead(choice: ModelChoice) -> None:
    go = threading.Event()
    try:
        with pytest.raises(Gone):
            in_turn(choice, lambda: go.wait(PATIENCE), Slot(3))  # type: ignore[arg-type]
        assert not go.is_set()
    finally:
        go.set()


def test_home_leaves_the_browser_time_while_no_model_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held: list[object] = []
    monkeypatch.setattr(models, "POLL", 0.001)
    monkeypatch.setattr(models, "DRAWN", 0.02)
    monkeypatch.setattr(models, "loaded", lambda: held)
    slot = Slot(10**9)
    assert models.until_drawn(slot) >= 0.02  # type: ignore[arg-type]
    assert slot.drawn > 0
    monkeypatch.setattr(models, "DRAWN", PATIENCE)
    with pytest.raises(Gone):
        models.until_drawn(Slot(3))  # type: ignore[arg-type]
    held.append("a model")
    unused = Slot(1)
    models.until_drawn(unused)  # type: ignore[arg-type]
    assert unused.drawn == 0


def test_what_is_left_of_an_answer_is_not_computed(choice: ModelChoice) -> None:
    """It was one's turn already: the pass under way ends, the next does not begin."""
    held, inside, go, ended = encoder(choice), threading.Event(), threading.Event(), []

    def compute() -> None:
        with held.line.turn():
            inside.set()
            go.wait(PATIENCE)
        try:
            with held.line.turn():
                ended.append("computed")
        except waiting.Left:
            ended.append("left")

    with pytest.raises(Gone):
        in_turn(choice, compute, Slot(3))  # type: ignore[arg-type]
    assert inside.wait(PATIENCE)
    go.set()
    until(lambda: bool(ended))
    assert ended == ["left"]


def one_trace(source: str) -> None:
    import streamlit as st

    from bert_core import ModelChoice
    from pages._shared.answers import trace_of

    st.text_input("Text")
    st.session_state.setdefault("seen", []).append(
        trace_of(ModelChoice(source), "warm [MASK] bread", None, ())
    )


def test_a_trace_is_shared_and_not_copied(choice: ModelChoice) -> None:
    page = AppTest.from_function(one_trace, kwargs={"source": choice.source}).run().run()
    other = AppTest.from_function(one_trace, kwargs={"source": choice.source}).run()
    first, *more = (*page.session_state["seen"], *other.session_state["seen"])
    assert len(more) == 2
    assert all(each is first for each in more)


def test_the_traces_of_all_visitors_have_a_bound_in_bytes(
    choice: ModelChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = answers._trace(choice, "warm [MASK] bread", None, ())
    few = answers.Recent[answers.Trace](2 * one.size)
    monkeypatch.setattr(answers, "_traces", lambda: few)
    for word in ("warm", "old", "new", "sour"):
        answers._trace(choice, f"{word} [MASK] bread", None, ())
        assert 0 < few.size <= 2 * one.size


def layers_page(source: str) -> None:
    import streamlit as st

    from bert_core import ModelChoice
    from pages._masked import fits, state, why
    from pages._shared import link

    link.arrive("masked_word")
    link.restore("mw", (*state.FIELDS, *state.LISTS))
    st.session_state["mw_text"] = "warm [MASK] bread"
    choice = ModelChoice(source)
    why.panel(choice, fits.answer(choice), 0)


def test_a_page_that_is_drawn_anew_asks_no_model(
    choice: ModelChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for name in ("computing", "_ask"):
        usual = getattr(Encoder, name)

        def counted(*given: Any, _usual: Any = usual, **more: Any) -> Any:
            asked.append("asked")
            return _usual(*given, **more)

        monkeypatch.setattr(Encoder, name, counted)
    page = AppTest.from_function(layers_page, kwargs={"source": choice.source}).run()
    assert not page.exception
    assert asked
    asked.clear()
    page.run()
    assert not page.exception
    assert not asked


def api_page() -> None:
    from bert_core.serving.calls import ROUTES
    from pages._api import example

    route = {each.name: each for each in ROUTES}["tokenize"]
    example.answer(route, several=True)
    example.error(route)


def test_the_api_page_computes_its_examples_once(monkeypatch: pytest.MonkeyPatch) -> None:
    page = AppTest.from_function(api_page, default_timeout=PATIENCE).run()
    assert not page.exception
    shown = [each.value for each in page.code]
    assert '"item": 1' in shown[1]
    anew: list[object] = []
    monkeypatch.setattr(bodies, "answer", lambda *given: anew.append(given) or b"{}")
    page.run()
    assert not anew
    assert [each.value for each in page.code] == shown


class Clock:
    """A clock that goes on when somebody sleeps, and tells whose turn it is meanwhile."""

    def __init__(self) -> None:
        self.slept: list[bool] = []

    def sleep(self, _seconds: float) -> None:
        self.slept.append(jobs().busy)


def attribution_page(source: str) -> None:
    from bert_core import ModelChoice
    from bert_core.analysis.attention.targets import Target
    from pages._shared import attribution
    from pages._shared.models import encoder

    choice = ModelChoice(source)
    tokens = encoder(choice).tokenize("warm [MASK] bread")
    target = Target("masked_word", position=tokens.masks[0], word="bread")
    asked = attribution.Asked(choice, tokens, target, ())
    attribution._computed(asked, "mask", 1, "mw")


def test_who_asks_too_often_keeps_no_long_job_from_beginning(
    choice: ModelChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bert_core.errors import BusyError
    from pages._shared import attribution

    monkeypatch.setattr(attribution, "AT_ONCE", 0)
    page = AppTest.from_function(
        attribution_page, kwargs={"source": choice.source}, default_timeout=PATIENCE
    ).run()
    assert [each.label for each in page.button] == ["Compute the attribution"]
    clock, refusals = Clock(), [BusyError("Too often.", seconds=1)] * 3
    monkeypatch.setattr(pace, "time", clock)
    monkeypatch.setattr(pace, "_too_often", lambda: refusals.pop() if refusals else None)
    page.button("mw_owed_go").click()
    page.session_state["_asked_in_this_run"] = False
    page.run()
    assert not page.exception
    assert clock.slept == [False] * 3


def document_page() -> None:
    import streamlit as st

    from pages._shared import link
    from pages._squad import inputs, state

    link.arrive("question_answering")
    link.restore("qa", state.FIELDS)
    inputs.choose_document()
    inputs.ready_questions()
    inputs.ask()
    opened = state.current()
    st.code(f"{opened.name}: {opened.text}")


@pytest.fixture
def upload(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[AppTest, list[bool]]]:
    """The page that takes a document, and for each time one is read whether it is its turn."""
    read: list[bool] = []

    def reading(content: bytes, name: str) -> Extracted:
        read.append(documents().busy)
        return extract_text(content, name)

    monkeypatch.setattr(inputs, "extract_text", reading)
    page = AppTest.from_function(document_page, default_timeout=PATIENCE).run()
    page.session_state["qa_source"] = "Upload"
    yield page.run(), read
    assert not documents().busy


def test_a_document_is_read_in_turn_and_once(upload: tuple[AppTest, list[bool]]) -> None:
    page, read = upload
    page.file_uploader[0].set_value(("river.txt", b"The river rises in May.", "text/plain")).run()
    assert not page.exception
    assert page.code[0].value == "river.txt: The river rises in May."
    assert read == [True]
    page.text_input[0].set_value("When?").run()
    assert page.session_state["qa_question"] == "When?"
    page.session_state["qa_example"] = "nothing of ours"
    page.run()
    assert page.session_state["qa_example"] == "nothing of ours", "it is opened once"
    assert read == [True]


def test_a_document_that_cannot_be_read_is_said_and_not_read_again(
    upload: tuple[AppTest, list[bool]],
) -> None:
    page, read = upload
    before = page.code[0].value
    page.file_uploader[0].set_value(("blank.txt", b" \n ", "text/plain")).run()
    for _ in range(2):
        assert "has no text" in page.info[0].value
        assert page.code[0].value == before
        page.run()
    assert read == [True]
