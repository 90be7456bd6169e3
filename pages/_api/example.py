"""The example's answer, computed as the API computes it, and what an error looks like."""

import json
from threading import Event

import streamlit as st

from bert_core.serving.calls import ApiRoute
from bert_core.serving.refusals import Refused
from bert_core.views.api_lines import laid_out
from pages._server import answers, problems
from pages._shared.answers import kept

LINES, HEIGHT = 24, 520  # an answer of more lines scrolls in so many pixels


def answer(route: ApiRoute | None, *, several: bool) -> None:
    """What the line above gets."""
    st.subheader("Answer", anchor=False)
    if route is None:
        _show(answers.models())
        return
    body = {"items": [route.example, route.example]} if several else route.example
    with st.spinner("Computing the example"):
        _show(kept(("api", route.name, several), lambda: _computed(route.name, body)))
    if route.name == "embed":
        st.caption("Long lists of numbers are cut here, not in the answer.")


def error(route: ApiRoute) -> None:
    """What a question gets that cannot be answered."""
    st.subheader("When there is no answer", anchor=False)
    first = next(iter(route.example))
    body = {"items": [route.example, {**route.example, first: ""}]}
    st.caption(
        f"A batch of two, the second with an empty `{first}`: problem+json (RFC 9457) names the "
        "item and the field."
    )
    _show(kept(("api problem", route.name), lambda: _refused(route.name, body)))


def _computed(name: str, body: object) -> bytes:
    asked = answers.read(name, json.dumps(body).encode())
    return answers.answer(name, asked, Event())


def _refused(name: str, body: object) -> bytes:
    try:
        return _computed(name, body)
    except Refused as refused:
        return bytes(problems.of(refused).body)


def _show(answer: bytes | memoryview) -> None:
    text = laid_out(json.loads(bytes(answer)))
    with st.container(height=HEIGHT if text.count("\n") > LINES else "content", border=False):
        # Without colours, some of which have too little contrast.
        st.code(text, language=None, wrap_lines=True)
