"""What takes long: it waits for a click, stands in a line of its own, and can be stopped."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from bert_core.model.costs import costly
from bert_core.model.encoder import Encoder
from pages._shared.models import jobs


def script() -> None:
    import streamlit as st

    from pages._shared.long_work import when_asked

    text = st.text_input("Text", "a")
    found = when_asked(
        (text,), lambda bar: f"read {text}", long=True, label="Read it", about="It is long.",
        bar="Texts", widget="it", name="answer",
    )  # fmt: skip
    if found is not None:
        st.write(found)


def labels(page: AppTest) -> list[str]:
    return [each.label for each in page.button]


def test_it_begins_with_a_click_and_is_kept() -> None:
    page = AppTest.from_function(script).run()
    assert labels(page) == ["Read it"]
    assert page.caption[0].value == "It is long. It can be stopped."
    assert not page.markdown
    page.button("it_go").click().run()
    assert page.markdown[0].value == "read a"
    assert labels(page) == []
    page.run()
    assert page.markdown[0].value == "read a", "another run does not ask again"
    page.text_input[0].set_value("b").run()
    assert labels(page) == ["Read it"]


def shifting() -> None:
    import streamlit as st

    from pages._shared.long_work import when_asked

    when_asked(
        ("kept",),
        lambda bar: 1,
        long=st.checkbox("Long"),
        label="Go",
        about="",
        bar="",
        widget="it",
    )
    st.text_input("Below")


def test_what_stands_below_does_not_move_when_it_is_no_longer_long() -> None:
    page = AppTest.from_function(shifting).run()
    short = len(page.main.children)
    page.checkbox[0].check().run()
    assert len(page.main.children) == short


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Somebody else's job computes until this is set."""
    inside, go = threading.Event(), threading.Event()

    def compute() -> None:
        with jobs().turn():
            inside.set()
            go.wait(60)

    other = threading.Thread(target=compute)
    other.start()
    assert inside.wait(60)
    yield go
    go.set()
    other.join(60)


def test_one_computes_at_a_time(held: threading.Event) -> None:
    page = AppTest.from_function(script, default_timeout=60).run()
    asking = threading.Thread(target=lambda: page.button("it_go").click().run())
    asking.start()
    try:
        while not jobs().waiting:
            assert asking.is_alive()
        assert jobs().busy
    finally:
        held.set()
        asking.join(60)
    assert page.markdown[0].value == "read a"
    assert not jobs().busy


def test_what_is_costly_depends_on_the_model(embedded: Encoder) -> None:
    assert not costly(embedded, 1_000)
    assert costly(embedded, 100_000)


def test_what_is_costly_depends_on_the_device(
    embedded: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "choice", replace(embedded.choice, device="cuda:0"))
    assert not costly(embedded, 100_000)
    assert costly(embedded, 10_000_000)
