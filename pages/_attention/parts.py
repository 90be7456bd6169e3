"""What the panels on all heads share: which head is open, and a table of them."""

import streamlit as st

from bert_core.views.attention_clicks import Pick
from bert_core.views.numbers import share
from pages._attention import state
from pages._attention.weights import Seen, place_in
from pages._shared.tables import sheet

WRITTEN = {"entropy, bits": "{:.2f}".format, "distance": "{:.1f}".format}
"""How the figures of a head are written; all others are shares."""
NAMES = ("layer", "head")
HOW = ("Click a column's name to sort by it, a cell to open its head. Where columns are cut off, "
       "the table scrolls sideways.")  # fmt: skip


def opened(seen: Seen) -> Pick:
    """The open head; of a measure that joins the heads, the one that was open before."""
    shown = seen.this.view
    layer, head = place_in(shown)
    joined = min(st.session_state["at_head"], seen.table.heads)
    return Pick(shown.layers[layer], shown.heads[head] if shown.heads else joined)


def head_rows(rows: list[dict[str, object]], *, key: str) -> None:
    """A table with a row for each head; a click opens it."""

    def open_(row: int) -> None:
        layer, head = (int(str(rows[row][name])) for name in NAMES)
        state.open_head(Pick(layer, head))

    written = {name: WRITTEN.get(name.removesuffix(" ±"), share) for name, value in rows[0].items()
               if isinstance(value, float)}  # fmt: skip
    sheet(rows, written, key=key, pinned=NAMES, height=420, on_pick=open_)
