"""Is attention an explanation? It is held against what changes when a word is left out."""

import streamlit as st

from bert_core import Encoder, ModelChoice
from bert_core.analysis.attention.agreement import agreement, attention_received
from bert_core.analysis.attention.leave_one_out import LeaveOneOutResult, leave_one_out
from bert_core.analysis.attention.targets import Target
from bert_core.model.costs import costly
from bert_core.views.effect_snippets import effect_snippet
from bert_core.views.numbers import counted
from bert_core.views.two_orders import two_orders, verdict
from pages._attention.targets import asked_target
from pages._attention.weights import Seen
from pages._shared.long_work import when_asked
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import escaped, show_notes
from pages._shared.tables import show
from pages._shared.toolbar import exports

CAVEAT = (
    "If attention explained the answer, the parts of the text that receive the most of it would "
    "be those without which the answer changes most. How far are the two orders the same?"
)
FEW, TALL = 16, 560  # rows that stand as they are, and pixels for more


def panel(choice: ModelChoice, seen: Seen) -> None:
    """The rank agreement of the chosen measure with leave-one-out, and the latter in full."""
    st.markdown(CAVEAT)
    encoder, tokens = encoder_with_progress(choice), seen.trace.tokens
    target, level = asked_target(encoder, tokens), seen.result.level
    if target is None:
        return
    effects = _effects(encoder, seen, target)
    if effects is None:
        return
    rows = tokens.masks[:1] if target.head == "masked_word" else None
    received = attention_received(seen.weighed, effects, rows=rows)
    found = agreement(received, effects.divergence)
    st.markdown(f"**{escaped(verdict(found, level))}**")
    left, right = st.columns([1, 3], gap="large")
    if found.spearman is not None and found.kendall is not None:
        left.metric("Spearman's rho", f"{found.spearman:.2f}", border=True,
                    help="Rank agreement. 1: attention and leave-one-out put the text in the same "
                    "order; 0: in unrelated ones.")  # fmt: skip
        left.metric("Kendall's tau", f"{found.kendall:.2f}", border=True,
                    help=f"Of all pairs of {level}s, the share that both put in the same order, "
                    "less the share that they do not.")  # fmt: skip
    table = two_orders(effects, received)
    with right, st.container(height=TALL if len(table.rows) > FEW else "content", border=False):
        show(table, key="at_left_out")
    looking = "from the mask" if rows else "from all pieces"
    st.caption(escaped(f"Attention is what each {level} receives {looking}, the mean over layers "
                       "and heads. The outcome that is followed is "
                       f"“{effects.label}”."))  # fmt: skip
    show_notes(effects.notes)
    exports(effects, "left-out",
            effect_snippet(choice, effects, st.session_state["at_masked"]))  # fmt: skip


def _effects(encoder: Encoder, seen: Seen, target: Target) -> LeaveOneOutResult | None:
    """What changes without each of them; what takes long waits for a click, and can be stopped."""
    tokens, level = seen.trace.tokens, seen.result.level
    key = ("left out", encoder.choice, tokens, level)
    count = len(tokens.content)
    return when_asked(
        key,
        lambda bar: leave_one_out(encoder, tokens, target, level=level, on_progress=bar),
        long=costly(encoder, count * len(tokens)),
        label="Leave each out",
        about=f"Up to {counted(count, 'copy', 'copies')} of the text, each without one piece or "
        "word, go through the model.",
        bar="Copies",
        widget="at_left_out",
    )
