"""Does it know which bank? The word read in five ways, and how well each tells the senses apart."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.embeddings.senses import CAUTION, SensesResult
from bert_core.views import embedding_figures
from bert_core.views.embedding_tables import READING_HELP, verdict
from pages._shared.sentences import escaped, show_notes
from pages._words.charts import chart
from pages._words.seen import Seen, five_readings


def panel(choice: ModelChoice, seen: Seen) -> SensesResult | None:
    """The five readings in one figure; without senses, what to do to get it."""
    st.subheader(escaped(f"Does it know which {seen.trace.word}?"), anchor=False,
                 help=f"{READING_HELP} {CAUTION}")  # fmt: skip
    if seen.why_not:
        st.info(escaped(seen.why_not), icon=":material/info:")
        return None
    result = five_readings(choice, seen)
    if result is None:
        return None
    st.markdown(escaped(verdict(result)))
    chart(embedding_figures.readings(result), key="wc_readings")
    show_notes(note for note in result.notes if note != CAUTION)
    return result
