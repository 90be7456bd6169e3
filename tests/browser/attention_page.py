"""A page for the browser tests: all heads of a made input, and one of them in detail."""

import streamlit as st

from bert_core.analysis.attention.edges import strongest_edges
from bert_core.analysis.attention.table import head_table
from bert_core.views.attention_clicks import Pick
from bert_core.views.attention_payload import grid_payload, head_notes, head_payload
from pages._shared.components import attention_grid, attention_head
from tests.unit.attention_results import made_result

st.set_page_config(page_title="Attention", layout="wide")

asked = st.query_params
pieces = int(asked.get("pieces", 16))
layers, heads = int(asked.get("layers", 3)), int(asked.get("heads", 4))
result = made_result(layers, heads, pieces, block="ab" if "block" in asked else "all")
weights = result.weights
whole = result.block == "all"
notes = head_notes(head_table(weights, result.tokens)) if whole and heads else ()
if st.toggle("Difference"):
    weights = weights - made_result(layers, heads, pieces, block=result.block, seed=1).weights
units = [unit.text for unit in result.units]
picked: Pick = st.session_state.setdefault("pick", Pick(1, 1))
lines = st.toggle("Lines")
if st.toggle("Components", value=True):
    left, right = st.columns(2)
    with left:
        attention_grid(
            grid_payload(
                weights,
                layers=result.layers,
                heads=result.heads,
                notes=notes,
                scale=asked.get("scale", "shared"),
            ),
            key="grid",
            selected=picked,
            on_pick=lambda pick: st.session_state.update(pick=pick),
        )
    with right:
        one = weights[picked.layer - 1, picked.head - 1]
        attention_head(
            head_payload(
                one,
                units=units,
                rows=result.rows,
                columns=result.columns,
                edges=strongest_edges(one, share=0.8, most=int(asked.get("most", 2_000))),
            ),
            key="head",
            view="lines" if lines else "map",
            locked=st.session_state.get("unit"),
            label=f"Layer {picked.layer}, head {picked.head}",
            badge="made up",
            height=int(asked.get("height", 480)),
            on_lock=lambda lock: st.session_state.update(unit=lock.unit),
        )
unit = st.session_state.get("unit")
st.caption(f"Picked {picked.layer}.{picked.head}; kept {unit};")
