"""A page for the browser tests: every shared component, mounted with a number that changes."""

import streamlit as st

from bert_core.analysis.attention.edges import strongest_edges
from bert_core.views.attention_payload import grid_payload, head_payload
from bert_core.views.bars import Bar, Column
from bert_core.views.chips import Chip
from pages._shared.components import attention_grid, attention_head, bars, chips, document
from pages._shared.pictures import picture_buttons
from tests.unit.attention_results import made_result

number = int(st.number_input("Number", value=1, step=1))
chips([Chip(text=f"piece {number}")], key="chips")
bars(
    [Bar((f"row {number}",), 1.0)],
    key="bars",
    columns=(Column("name"), Column("share", "bar")),
)
document(f"A text of its own, {number}.", key="document")
result = made_result(2, 2, 8 + number)
one = result.weights[0, 0]
attention_grid(
    grid_payload(result.weights, layers=result.layers, heads=result.heads),
    key="grid",
    label=f"Grid {number}",
)
attention_head(
    head_payload(
        one,
        units=[unit.text for unit in result.units],
        rows=result.rows,
        columns=result.columns,
        edges=strongest_edges(one, share=0.8),
    ),
    key="head",
    label=f"Head {number}",
)
picture_buttons(
    lambda: "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'/>",
    key="picture",
    name=f"picture-{number}",
    label=f"picture {number}",
)
st.caption(f"The number is {number}.")
