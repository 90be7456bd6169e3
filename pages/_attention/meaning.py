"""Is attention an explanation? It is held against what changes when a word is left out."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.attention.agreement import attention_agreement
from bert_core.analysis.attention.leave_one_out import leave_one_out
from bert_core.analysis.attention.measures import MEANINGS
from bert_core.views.effect_snippets import effect_snippet
from bert_core.views.question_words import left_out
from pages._attention.targets import target_of
from pages._attention.weights import Seen
from pages._shared.answers import kept
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import escaped, show_notes
from pages._shared.tables import ProgressBar, show
from pages._shared.toolbar import exports


def panel(choice: ModelChoice, seen: Seen) -> None:
    """The rank agreement of the chosen measure with leave-one-out, and the latter in full."""
    st.markdown(MEANINGS[seen.weighed.measure])
    encoder, tokens = encoder_with_progress(choice), seen.trace.tokens
    target, level = target_of(encoder, tokens), seen.result.level
    bar = ProgressBar("Copies")
    effects = kept(
        ("left out", choice, tokens, level),
        lambda: leave_one_out(encoder, tokens, target, level=level, on_progress=bar),
    )
    rows = tokens.masks[:1] if target.head == "masked_word" else None
    found = attention_agreement(seen.weighed, effects, rows=rows)
    left, right = st.columns([1, 2], gap="large")
    if found.spearman is None or found.kendall is None:
        left.caption(escaped(found.why_not or ""))
    else:
        left.metric("Spearman's rank agreement", f"{found.spearman:.2f}", border=True,
                    help="1: attention and leave-one-out put the text in the same order; 0: in "
                    "unrelated ones.")  # fmt: skip
        left.metric("Kendall's tau", f"{found.kendall:.2f}", border=True)
    with right:
        show(left_out(effects), key="at_left_out")
    st.caption(escaped(f"Followed: “{effects.label}”. Attention is what each {level} receives, "
                       "the mean over layers and heads."))  # fmt: skip
    show_notes(effects.notes)
    exports(effects, "left-out",
            effect_snippet(choice, effects, st.session_state["at_masked"]))  # fmt: skip
