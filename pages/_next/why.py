"""Why: words left out, and heads switched off, one at a time."""

import streamlit as st

from bert_core import ModelChoice, Tokens
from bert_core.analysis.attention.ablation import CAUTION
from bert_core.analysis.attention.leave_one_out import leave_one_out
from bert_core.analysis.attention.targets import Target
from bert_core.model.costs import costly
from bert_core.tasks.next_sentence import NextSentenceResult
from bert_core.views import next_sentences
from bert_core.views.numbers import counted
from pages._shared.long_work import when_asked
from pages._shared.models import encoder_with_progress
from pages._shared.ranking import head_ranking
from pages._shared.sentences import shown_errors
from pages._shared.tables import show

AT_ONCE = 96  # pieces of a pair whose words are left out without asking
TARGET = Target("next_sentence", follows=True)


def panel(choice: ModelChoice, result: NextSentenceResult) -> None:
    """Words of both texts, then the heads, and the way to the attention page."""
    tokens = result.tokens
    with shown_errors():
        _words(choice, tokens)
    left, right = st.columns([3, 2], gap="large")
    with left, shown_errors():
        _heads(choice, tokens)
    with right:
        st.markdown("Where do the heads look?")
        query = {"text": tokens.text, "pair": tokens.pair, "block": "ba",
                 "show": "Switch heads off"}  # fmt: skip
        st.page_link("attention.py", label="This pair on the attention page",
                     icon=":material/grid_view:", query_params=query)  # fmt: skip


def _words(choice: ModelChoice, tokens: Tokens) -> None:
    """Each word masked in turn; a long pair waits for a click, and can be stopped."""
    key = ("next without", choice, tokens)
    encoder, count = encoder_with_progress(choice), len(tokens.content)
    effects = when_asked(
        key,
        lambda bar: leave_one_out(encoder, tokens, TARGET, level="word", on_progress=bar),
        long=len(tokens) > AT_ONCE or costly(encoder, count * len(tokens)),
        label="Leave out each word",
        about=f"{counted(count, 'piece')}: about as many passes.",
        bar="Masked copies",
        widget="nx_words",
    )
    if effects is None:
        return
    for sequence, column in enumerate(st.columns(2, gap="large")):
        with column:
            show(next_sentences.words_left_out(effects, sequence), key=f"nx_words_{sequence}")
    st.caption("Each word was masked in turn. To the right: it speaks for “is next”; to the "
               "left: against it.")  # fmt: skip


def _heads(choice: ModelChoice, tokens: Tokens) -> None:
    result = head_ranking(choice, tokens, TARGET, widget="nx_heads")
    if result is None:
        return
    show(next_sentences.heads(result), key="nx_heads")
    st.caption(f"Each head was switched off in turn. {CAUTION}")
