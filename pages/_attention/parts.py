"""What the panels on all heads share: which head is open."""

import streamlit as st

from bert_core.views.attention_clicks import Pick
from pages._attention.weights import Seen, place_in


def opened(seen: Seen) -> Pick:
    """The open head; of a measure that joins the heads, the one that was open before."""
    shown = seen.this.view
    layer, head = place_in(shown)
    joined = min(st.session_state["at_head"], seen.table.heads)
    return Pick(shown.layers[layer], shown.heads[head] if shown.heads else joined)
