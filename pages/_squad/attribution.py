"""Attribution: what the start and the end of the answer owe to each piece of its window."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.attention.targets import Target
from bert_core.analysis.question_words import window_tokens
from bert_core.views.snippets import window_lines
from pages._shared import attribution
from pages._shared.models import encoder_with_progress
from pages._squad import state
from pages._squad.reading import Reading


def panel(choice: ModelChoice, reading: Reading) -> None:
    """The given answer, as it stands, is what is followed."""
    result, best = reading.result, reading.result.best
    if best is None:
        st.caption("There is no answer that could be attributed to its text.")
        return
    st.caption("How much each piece of the question and of the answer's window adds to the logits "
               "of this start and this end, or takes from them.")  # fmt: skip
    tokens = window_tokens(encoder_with_progress(choice), reading.trace, best.window)
    target = Target("span", span=(best.start_piece, best.end_piece))
    lines = window_lines(result.question, state.short(result.context), state.layout(), best.window)
    attribution.panel(attribution.Asked(choice, tokens, target, lines), "qa")
