"""All heads on one grid, one of them in detail, and their table."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.attention.edges import strongest_edges
from bert_core.views.attention_clicks import Lock, Pick
from bert_core.views.attention_payload import grid_payload, head_notes, head_payload
from bert_core.views.attention_pictures import grid_svg, head_svg
from bert_core.views.attention_tables import head_rows
from bert_core.views.numbers import counted
from bert_core.views.snippets import call_snippet, tokens_line
from pages._attention import parts, state
from pages._attention.weights import Seen
from pages._attention.windows import chosen_window
from pages._shared.answers import newest
from pages._shared.components import attention_grid, attention_head
from pages._shared.pictures import picture_buttons
from pages._shared.toolbar import exports

VIEW_NAMES = {"map": "Heat map", "lines": "Lines"}


def grid(seen: Seen) -> None:
    """Every layer and head; a click opens one."""
    result, values = seen.result, st.session_state
    notes = head_notes(seen.patterns) if seen.patterns and result.heads else ()
    scale, window = values["at_scale"], chosen_window(result)
    payload = newest(
        "grid", (*seen.key, scale, window),
        lambda: grid_payload(result.weights, layers=result.layers, heads=result.heads, notes=notes,
                             scale=scale, difference=seen.signed, largest=seen.largest,
                             window=window),
    )  # fmt: skip
    layer, head = seen.place
    chosen = Pick(result.layers[layer], result.heads[head] if result.heads else None)
    attention_grid(payload, key="at_grid", selected=chosen, on_pick=state.open_head)
    picture_buttons(lambda: grid_svg(result, scale=scale, largest=seen.largest, window=window,
                                     notes=notes, selected=seen.place),
                    key="at_grid_picture", name="attention-grid", label="all heads")  # fmt: skip


def detail(seen: Seen) -> None:
    """The open head with its exact values, or its strongest lines."""
    result, values = seen.result, st.session_state
    layer, head = seen.place
    one = result.weights[layer, head]
    with st.container():
        _say_absent(seen)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control("View", state.VIEWS, key="at_view", required=True,
                             persist_state="session", format_func=VIEW_NAMES.__getitem__,
                             label_visibility="collapsed")  # fmt: skip
        if values["at_view"] == "lines":
            st.slider("Share of each row, per cent", 50, 100, key="at_share",
                      persist_state="session")  # fmt: skip
    edges = strongest_edges(one, share=values["at_share"] / 100)
    payload = head_payload(one, units=[unit.text for unit in result.units], rows=result.rows,
                           columns=result.columns, edges=edges, full=seen.full,
                           difference=seen.signed)  # fmt: skip
    name = f"Layer {result.layers[layer]}"
    name += f", head {result.heads[head]}" if result.heads else ", heads joined"
    view, badge = values["at_view"], _pattern(seen, layer, head)
    attention_head(payload, key="at_head_detail", view=view, locked=seen.locked, label=name,
                   badge=badge, on_lock=lambda lock: _lock(seen, lock))  # fmt: skip
    picture_buttons(lambda: head_svg(result, seen.place, view=view, full=seen.full, badge=badge,
                                     share=values["at_share"] / 100),
                    key="at_head_picture", name="attention-head", label=name)  # fmt: skip


def _say_absent(seen: Seen) -> None:
    """A link, or another model, may name a head that this one has not."""
    table, layer, head = seen.table, st.session_state["at_layer"], st.session_state["at_head"]
    if layer > table.layers or head > table.heads:
        size = f"{counted(table.layers, 'layer')} of {counted(table.heads, 'head')}"
        st.caption(f"There is no head {layer}.{head}: this model has {size}. The nearest is open.")


def table(choice: ModelChoice, seen: Seen) -> None:
    """Figures of every head, of the raw weights between pieces; a click opens the head."""
    parts.head_rows(head_rows(seen.table), key="at_table")
    st.caption(f"Of the raw weights between pieces: means over the pieces of the text. {parts.HOW}")
    tokens = seen.trace.tokens
    exports(seen.table, "head-table", call_snippet(
        choice, "head_table(trace_attention(encoder, tokens).attention, tokens)",
        tokens_line(tokens.text, tokens.pair, st.session_state["at_masked"]),
        "from bert_core.analysis.attention.measures import trace_attention",
        "from bert_core.analysis.attention.table import head_table"))  # fmt: skip


def _pattern(seen: Seen, layer: int, head: int) -> str:
    if seen.patterns is None:
        return ""
    number, heads = seen.result.layers[layer], seen.result.heads
    return next(row.pattern for row in seen.patterns.rows
                if (row.layer, row.head) == (number, heads[head]))  # fmt: skip


def _lock(seen: Seen, lock: Lock) -> None:
    st.session_state["at_unit"] = seen.unlocked(lock.unit)
