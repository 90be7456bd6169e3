"""API: the same answers as JSON, with lines that can be run."""

import streamlit as st

from bert_core.serving.calls import ROUTES
from pages._api import asking, example, state
from pages._shared import link
from pages._shared.sentences import show_notes, shown_errors

problems = link.restore("api", state.FIELDS)
head, tools = st.columns([3, 2], vertical_alignment="center")
head.title("API", anchor=False)
with tools.container(horizontal=True, horizontal_alignment="right"):
    asking.document()
st.markdown("The same answers as on the pages, as JSON, for programs.")
asking.who_may()
show_notes(problems)
name = st.pills("Route", state.ROUTES, key="api_route", required=True, persist_state="session")
route = {each.name: each for each in ROUTES}.get(name)
st.markdown(route.summary if route else "List the models and devices that are here.")
several = False
if route is not None:
    form = st.segmented_control("In one request", state.FORMS, key="api_form", required=True,
                                persist_state="session")  # fmt: skip
    several = form == state.FORMS[1]
asking.line(route, several=several)
left, right = st.columns(2, gap="large")
with left, shown_errors():
    example.answer(route, several=several)
    if route is not None:
        example.error(route)
if route is not None:
    with right:
        asking.fields(route)
