"""Layer by layer, and one direction or both."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.directions import EXPLANATION
from bert_core.analysis.lens import UNTRAINED
from bert_core.tasks.masked import FillResult
from bert_core.views import figures, tables
from bert_core.views.snippets import call_snippet, tokens_line
from pages._shared.answers import directions_of, lens_of
from pages._shared.charts import CONFIG
from pages._shared.sentences import shown_errors
from pages._shared.tables import show
from pages._shared.toolbar import exports


def panel(choice: ModelChoice, result: FillResult, mask: int) -> None:
    """The lens and the directions of one mask."""
    position = result.masks[mask].position
    key = (choice, result.tokens.text, result.tokens.pair, st.session_state["mw_masked"])
    cut = tokens_line(*key[1:])
    with shown_errors():
        seen = lens_of(*key, position, 3)
        show(tables.lens(seen), key="mw_lens")
        st.caption(UNTRAINED)
        with st.expander("The path of the final words", icon=":material/timeline:"):
            st.plotly_chart(figures.rank_paths(seen), key="mw_paths",
                            config=CONFIG)  # fmt: skip
        exports(seen, "layer-lens", call_snippet(
            choice, f"bert_core.lens(encoder, trace, {position}, k=3)", cut,
            "trace = bert_core.trace_masks(encoder, tokens)"))  # fmt: skip
    with shown_errors():
        views = directions_of(*key, position, 5)
        show(tables.directions(views), key="mw_directions")
        exports(views, "directions", call_snippet(
            choice, f"bert_core.directions(encoder, tokens, {position}, k=5)", cut))  # fmt: skip
        with st.popover("What this shows", icon=":material/help:", type="tertiary"):
            st.write(EXPLANATION)
