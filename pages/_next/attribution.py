"""Attribution: what “is next” owes to each piece of both texts."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.attention.targets import Target
from bert_core.tasks.next_sentence import NextSentenceResult
from bert_core.views.snippets import tokens_line
from pages._next.state import OUTCOMES
from pages._shared import attribution


def panel(choice: ModelChoice, result: NextSentenceResult) -> None:
    """The outcome that is followed, then the panel for it."""
    tokens = result.tokens
    st.caption("How much each piece adds to the logit of one of the two outcomes, or takes from "
               "it. What decides is the difference between the two.")  # fmt: skip
    st.segmented_control("Outcome that is followed", OUTCOMES, key="nx_follow", required=True,
                         persist_state="session")  # fmt: skip
    target = Target("next_sentence", follows=st.session_state["nx_follow"] == OUTCOMES[0])
    lines = (tokens_line(tokens.text, tokens.pair, masks=False),)
    attribution.panel(attribution.Asked(choice, tokens, target, lines), "nx")
