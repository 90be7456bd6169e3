"""Attention: where every head of every layer looks, exact, and what it means for the answer."""

import streamlit as st

from pages._attention import (
    ablation,
    corpus,
    exports,
    frames,
    head_map,
    heads,
    inputs,
    meaning,
    other,
    state,
)
from pages._attention.weights import shown_weights
from pages._shared import link
from pages._shared.presenting import presenting
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.sidebar import chosen_model

PANELS = {"Head table": heads.table, "Map of heads": head_map.panel,
          "Switch heads off": ablation.panel, "Is it an explanation?": meaning.panel,
          "Many sentences": corpus.panel, "bertviz": frames.panel}  # fmt: skip

problems = link.restore("at", state.FIELDS)
head, tools = st.columns([3, 2], vertical_alignment="center")
head.title("Attention", anchor=False)
st.markdown("Every layer and every head at once: who looks at whom, with the exact weights.")
choice = chosen_model()
inputs.ask()
show_notes(problems)
with shown_errors():
    tokens = inputs.mask_by_click(choice)
    if not presenting():
        inputs.options(choice, tokens)
    with shown_errors():
        seen = shown_weights(choice, tokens)
        with tools:
            exports.panel(choice, seen)
        left, right = st.columns([6, 5], gap="large")
        with left:
            heads.grid(seen)
        with right:
            heads.detail(seen)
        show_notes(seen.result.notes)
        more = st.segmented_control("More", state.PANELS, key="at_panel", persist_state="session",
                                    label_visibility="collapsed")  # fmt: skip
        if more:
            other.about()
            PANELS[more](choice, seen)
