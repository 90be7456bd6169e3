"""Why two tools disagree: the same logits, decided on by three sets of rules."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.tasks.spans.decoders import DECODERS
from bert_core.views.decoders import RULES_IN_WORDS, compared
from pages._shared.tables import show
from pages._squad.reading import Reading, decided


def panel(choice: ModelChoice, reading: Reading) -> None:
    """One row for each decoder, and what each of them does."""
    key = ("spans", choice, reading.document.text, reading.result.question, reading.trace.layout)
    results = [decided(key, reading.trace, reading.settings, each) for each in DECODERS]
    show(compared(results), key="qa_decoder_table")
    for decoder in DECODERS:
        st.caption(RULES_IN_WORDS[decoder])
