"""Switch heads off and see the answer move; rank all heads by what each does alone."""

import streamlit as st

from bert_core import ModelChoice, Tokens
from bert_core.analysis.attention.ablation import CAUTION, ablate, parse_heads
from bert_core.analysis.attention.targets import Target
from bert_core.views import attention_tables
from bert_core.views.effect_snippets import effect_snippet
from pages._attention.parts import opened
from pages._attention.targets import asked_target
from pages._attention.weights import Seen
from pages._shared.answers import kept
from pages._shared.components import bars
from pages._shared.models import encoder_with_progress
from pages._shared.ranking import head_ranking
from pages._shared.sentences import escaped, show_notes, shown_errors
from pages._shared.tables import show
from pages._shared.toolbar import exports

ASKED = "Which heads does the answer need? Switch some off, or see what each of them does alone."


def panel(choice: ModelChoice, seen: Seen) -> None:
    """Heads to switch off on the left, the ranking on the right."""
    st.markdown(ASKED)
    encoder, tokens = encoder_with_progress(choice), seen.trace.tokens
    target = asked_target(encoder, tokens)
    if target is None:
        return
    left, right = st.columns(2, gap="large")
    with left, shown_errors():
        _off(choice, seen, target)
    with right, shown_errors():
        _rank(choice, tokens, target)
    st.caption(CAUTION)


def _off(choice: ModelChoice, seen: Seen, target: Target) -> None:
    encoder, tokens, values = encoder_with_progress(choice), seen.trace.tokens, st.session_state
    pick = opened(seen)
    open_head = f"{pick.layer}.{pick.head}"
    st.text_input("Heads that are off", key="at_off", placeholder="5.7, 6.1, or 5 for a layer",
                  persist_state="session",
                  help="Layer and head, counted from 1; a layer alone: all its heads.")  # fmt: skip
    st.button(f"Add the open head, {open_head}", icon=":material/add:", on_click=_add,
              args=(open_head,))  # fmt: skip
    if not values["at_off"].strip():
        st.caption("No head is off. Add the open one, or type some.")
        return
    layers, heads = encoder.checkpoint.layers, encoder.checkpoint.attention_heads
    off = parse_heads(values["at_off"], layers=layers, heads=heads)
    result = kept(("ablate", choice, tokens, off), lambda: ablate(encoder, tokens, off, target))
    show(attention_tables.ablation(result), key="at_ablation")
    st.caption(escaped(attention_tables.followed(result)))
    show_notes(note for note in result.notes if note != CAUTION)
    exports(result, "ablation", effect_snippet(choice, result, values["at_masked"]))


def _add(name: str) -> None:
    held = [part.strip() for part in st.session_state["at_off"].split(",") if part.strip()]
    st.session_state["at_off"] = ", ".join(dict.fromkeys([*held, name]))


def _rank(choice: ModelChoice, tokens: Tokens, target: Target) -> None:
    result = head_ranking(choice, tokens, target, widget="at_rank")
    if result is None:
        return
    table = attention_tables.ranking(result)

    def open_(row: int) -> None:
        name = result.heads[row].name
        st.session_state.update(at_layer=name.layer, at_head=name.head)

    bars(table.rows, key="at_ranking", columns=table.columns, caption=table.caption,
         badge=table.badge, scale=table.scale, clickable=True, on_select=open_)  # fmt: skip
    st.caption(escaped(f"For “{result.label}”. A click opens the head."))
    exports(result, "head-ranking",
            effect_snippet(choice, result, st.session_state["at_masked"]))  # fmt: skip
