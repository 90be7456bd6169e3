"""Which heads attend alike: a map of their distances."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.attention.distances import HeadDistances, head_distances
from bert_core.analysis.attention.table import HeadTable
from bert_core.views import head_map
from bert_core.views.attention_clicks import Pick
from bert_core.views.numbers import counted
from pages._attention import state
from pages._attention.parts import opened
from pages._attention.weights import Seen
from pages._shared.charts import CONFIG
from pages._shared.components import bars
from pages._shared.long_work import when_asked
from pages._shared.toolbar import Download, files

COSTLY = 4e8
"""Weights to compare from which it takes seconds: pairs of heads times the weights of one."""


def panel(choice: ModelChoice, seen: Seen) -> None:
    """The map on the left, the heads nearest to the open one on the right."""
    found = _distances(choice, seen)
    if found is None:
        return
    tokens, table, here = seen.trace.tokens, seen.table, opened(seen)
    left, right = st.columns([6, 5], gap="large")
    with left:
        _map(found, table, here)
    with right:
        _nearest(found, table, here)
        st.caption(head_map.MEANING)
        st.caption("Of the raw weights between pieces, of this text alone.")
    downloads = (
        Download("CSV", "head-distances.csv", "text/csv",
                 lambda: head_map.distances_csv(found, table.heads)),
        Download("JSON", "head-distances.json", "application/json",
                 lambda: head_map.distances_json(found, table, seen.this.view.model)),
    )  # fmt: skip
    masked = st.session_state["at_masked"]
    files(downloads, head_map.distances_snippet(choice, tokens, masked))


def _distances(choice: ModelChoice, seen: Seen) -> HeadDistances | None:
    """The distances; what takes long waits for a click, and can be stopped."""
    tokens, weights = seen.trace.tokens, seen.trace.attention
    assert weights is not None  # noqa: S101 - it was asked for
    key = ("distances", choice, tokens)
    heads = len(seen.table.rows)
    return when_asked(
        key,
        lambda bar: head_distances(weights, tokens, on_progress=bar),
        long=heads**2 / 2 * min(len(tokens), 128) * len(tokens) > COSTLY,
        label="Draw the map",
        about=f"{counted(heads, 'head')} are compared pair by pair over "
        f"{counted(len(tokens), 'piece')}.",
        bar="Pairs of heads",
        widget="at_map",
    )


def _map(found: HeadDistances, table: HeadTable, here: Pick) -> None:
    def clicked() -> None:
        sent = st.session_state["at_map"]["selection"]["points"]
        pick = head_map.picked_head(sent, table)
        if pick is not None:
            state.open_head(pick)

    names = st.toggle("Name every head", key="at_map_names", persist_state="session",
                      help="Off: of heads that lie on each other, one has its name.")  # fmt: skip
    st.plotly_chart(head_map.map_figure(found, table, here, all_names=names), key="at_map",
                    config=CONFIG, on_select=clicked, selection_mode="points")  # fmt: skip
    st.caption(f"{head_map.kept_words(found)} A click opens a head.")


def _nearest(found: HeadDistances, table: HeadTable, here: Pick) -> None:
    if len(table.rows) < 2:
        st.caption("The model has one head; there is none to compare it with.")
        return
    shown, rows = head_map.nearest(found, table, here)
    bars(shown.rows, key="at_nearest", columns=shown.columns, caption=shown.caption,
         badge=shown.badge, scale=shown.scale, clickable=True,
         on_select=lambda row: state.open_head(Pick(rows[row].layer, rows[row].head)))  # fmt: skip
