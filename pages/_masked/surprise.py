"""Surprise: every piece masked in turn, a strip over the text."""

import streamlit as st

from bert_core import ModelChoice, surprise
from bert_core.analysis.surprise import PSEUDO
from bert_core.model.costs import costly
from bert_core.views.numbers import counted, nats
from bert_core.views.snippets import call_snippet, tokens_line
from bert_core.views.tables import surprise_chips
from pages._shared.answers import tokens_of
from pages._shared.components import chips
from pages._shared.long_work import when_asked
from pages._shared.models import encoder
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.toolbar import exports

AT_ONCE = 96


def panel(choice: ModelChoice, text: str, pair: str | None) -> None:
    """The strip and the two sums; a long text waits for a click, and can be stopped."""
    with shown_errors():
        tokens = tokens_of(choice, text, pair, ())
        held, count = encoder(choice), len(tokens.content)
        result = when_asked(
            ("surprise", choice, text, pair),
            lambda bar: surprise(held, tokens, on_progress=bar),
            long=count > AT_ONCE or costly(held, count * len(tokens)),
            label="Compute",
            about=f"{counted(count, 'piece')}: about as many passes of a long text.",
            bar="Masked copies",
            widget="mw_surprise",
        )
        if result is None:
            return
        chips(surprise_chips(result), key="mw_strip", selectable="none", label="Surprise strip")
        st.caption("Each piece is hidden in turn; the fuller its colour, the less it was expected. "
                   "Point at one to see its bits and what was expected instead.")  # fmt: skip
        first, second, third = st.columns(3)
        first.metric("Pseudo-log-likelihood", f"{nats(result.pll)} nats", border=True,
                     help="Every piece masked alone (Salazar et al. 2020).")  # fmt: skip
        second.metric("Within words", f"{nats(result.pll_within_word)} nats", border=True,
                      help="Later pieces of a word masked too (Kauf, Ivanova 2023).")  # fmt: skip
        third.metric("Per piece", f"{nats(result.per_piece)} nats", border=True)
        st.caption(PSEUDO)
        show_notes(result.notes)
        exports(result, "surprise", call_snippet(
            choice, "bert_core.surprise(encoder, tokens)", tokens_line(text, pair)))  # fmt: skip
