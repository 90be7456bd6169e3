"""Masked word: hide a word and see what BERT would put there, from both sides at once."""

import streamlit as st

from pages._masked import (
    attribution,
    candidates,
    compare,
    exports,
    fits,
    inputs,
    state,
    surprise,
    templates,
    why,
)
from pages._shared import link
from pages._shared.presenting import presenting
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.sidebar import chosen_model

problems = link.restore("mw", (*state.FIELDS, *state.LISTS))
head, tools = st.columns([3, 2], vertical_alignment="center")
head.title("Masked word", anchor=False)
st.markdown("Hide a word and see what BERT would put there, from both sides at once.")
choice = chosen_model()
inputs.ask()
show_notes(problems)
with shown_errors():
    tokens = state.current_tokens(choice)
    inputs.mask_by_click(choice, tokens)
    if not presenting():
        inputs.options(tokens)
    with shown_errors():
        result = fits.answer(choice)
        show_notes(result.notes)
        mask = fits.chosen_mask(result)
        with tools:
            exports.panel(choice, result, mask)
        left, right = st.columns(2, gap="large")
        with left:
            fits.panel(choice, result, mask)
        with right:
            why.panel(choice, result, mask)
        more = st.segmented_control("More", state.PANELS, key="mw_panel", persist_state="session",
                                    label_visibility="collapsed")  # fmt: skip
        if more == "Your words":
            candidates.panel(choice, result.tokens, mask)
        elif more == "Attribution":
            attribution.panel(choice, result, mask)
        elif more == "Templates":
            templates.panel(choice)
        elif more == "Surprise":
            surprise.panel(choice, result.tokens.text, result.tokens.pair)
        elif more == "Compare models":
            compare.panel(choice, result.tokens, mask)
