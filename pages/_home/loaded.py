"""What comes with the app, what it was trained on, and how good it is."""

import streamlit as st

from bert_core.model.facts import ModelFacts, shipped_models


def models() -> None:
    """The shipped models side by side; nothing is loaded for it."""
    shipped = shipped_models()
    for column, facts in zip(st.columns(len(shipped)), shipped, strict=True):
        with column.container(border=True, height="stretch"):
            _card(facts)


def _card(facts: ModelFacts) -> None:
    st.markdown(f"**{facts.title}**, `{facts.name}`")
    st.markdown(facts.about)
    with st.container(horizontal=True):
        for figure in facts.measured:
            st.metric(figure.what, figure.value, width="content")
    st.caption(facts.on)
    st.caption(f"Trained: {facts.trained}")
