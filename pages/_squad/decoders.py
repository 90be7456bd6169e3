"""Why two tools disagree: the same logits, decided on by three sets of rules."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.tasks.spans.decoders import DECODERS
from bert_core.tasks.squad import decide_answer
from bert_core.views.decoders import RULES_IN_WORDS, compared
from pages._shared.tables import show
from pages._squad.reading import Reading


def panel(_choice: ModelChoice, reading: Reading) -> None:
    """One row for each decoder, and what each of them does."""
    results = [decide_answer(reading.trace, reading.settings, decoder=each) for each in DECODERS]
    show(compared(results), key="qa_decoder_table")
    for decoder in DECODERS:
        st.caption(RULES_IN_WORDS[decoder])
