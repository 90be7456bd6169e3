"""Layer by layer, and one direction or both."""

import streamlit as st

from bert_core import ModelChoice, lens
from bert_core.analysis.directions import EXPLANATION
from bert_core.analysis.lens import UNTRAINED
from bert_core.tasks.masked import FillResult
from bert_core.views import figures, tables
from pages._shared.answers import directions_of, trace_of
from pages._shared.models import encoder
from pages._shared.sentences import shown_errors
from pages._shared.tables import show


def panel(choice: ModelChoice, result: FillResult, mask: int) -> None:
    """The lens and the directions of one mask."""
    position = result.masks[mask].position
    key = (choice, result.tokens.text, result.tokens.pair, st.session_state["mw_masked"])
    with shown_errors():
        seen = lens(encoder(choice), trace_of(*key), position, k=3)
        show(tables.lens(seen), key="mw_lens")
        st.caption(UNTRAINED)
        with st.expander("The path of the final words", icon=":material/timeline:"):
            st.plotly_chart(figures.rank_paths(seen), key="mw_paths",
                            config={"displaylogo": False, "showSendToCloud": False})  # fmt: skip
    with shown_errors():
        show(tables.directions(directions_of(*key, position, 5)), key="mw_directions")
        with st.popover("What this shows", icon=":material/help:", type="tertiary"):
            st.write(EXPLANATION)
